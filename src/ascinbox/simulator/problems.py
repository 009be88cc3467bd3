"""Errors as Apple words them: one exception that becomes a document with `errors[]`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(eq=False)
class Problem(Exception):
    """A refusal. `status` is the HTTP status; the rest fills one entry of `errors[]`."""

    status: int
    code: str
    title: str
    detail: str
    parameter: str = ""
    pointer: str = ""
    see: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    more: tuple[Problem, ...] = ()
    """Further entries of the same answer."""

    def document(self, serial: int) -> bytes:
        """The error document; `serial` makes the ids that Apple's support would ask for."""
        entries = [one._entry(serial + place) for place, one in enumerate((self, *self.more))]
        return json.dumps({"errors": entries}, separators=(",", ":")).encode()

    def _entry(self, serial: int) -> dict[str, object]:
        entry: dict[str, object] = {
            "id": str(UUID(int=(serial * 0x9E3779B97F4A7C15F39CC0605CEDC835) % (1 << 128))),
            "status": str(self.status),
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
        }
        if self.parameter:
            entry["source"] = {"parameter": self.parameter}
        elif self.pointer:
            entry["source"] = {"pointer": self.pointer}
        if self.see:
            entry["links"] = {"see": self.see}
        return entry


def unauthorized() -> Problem:
    """401 for every fault of a token: Apple never tells which."""
    return Problem(
        401,
        "NOT_AUTHORIZED",
        "Authentication credentials are missing or invalid.",
        "Provide a properly configured and signed bearer token, and make sure that it has not expired.",
    )


def forbidden(kind: str = "role") -> Problem:
    """403 in one of the forms seen in the field: role, membership, agreement, scope."""
    match kind:
        case "agreement":
            return Problem(
                403,
                "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED",
                "A required agreement is missing or has expired.",
                "This request requires an in-effect agreement that has not been signed or has expired.",
                see="/agreements",
            )
        case "scope":
            return Problem(
                403,
                "FORBIDDEN.REQUEST_DOES_NOT_MATCH_SCOPE",
                "The request does not match the scope of the token.",
                "The scope of the provided token does not cover this request.",
            )
        case "membership":
            detail = "Team ID is not associated with an active membership."
        case _:
            detail = "The API key in use does not allow this request"
    return Problem(403, "FORBIDDEN_ERROR", "This request is forbidden for security reasons", detail)


def not_found(kind: str, resource_id: str) -> Problem:
    """404 for what does not exist or is not visible to this key."""
    return Problem(
        404,
        "NOT_FOUND",
        "The specified resource does not exist",
        f"There is no resource of type '{kind}' with id '{resource_id}'",
    )


def no_route(path: str) -> Problem:
    """404 for a path that this server does not have."""
    return Problem(
        404, "NOT_FOUND", "The specified resource does not exist", f"The path '{path}' does not exist"
    )


def bad_method(method: str, allowed: str) -> Problem:
    """405, with the verbs that the path has."""
    return Problem(
        405,
        "METHOD_NOT_ALLOWED",
        "The request method is not valid for the resource path.",
        f"The method '{method}' is not allowed for this path.",
        headers={"Allow": allowed},
    )


def parameter_illegal(name: str) -> Problem:
    """400 for a query parameter that the route does not have."""
    return Problem(
        400,
        "PARAMETER_ERROR.ILLEGAL",
        "A parameter is not allowed",
        f"The parameter '{name}' can not be used with this request",
        parameter=name,
    )


def parameter_invalid(name: str, value: str) -> Problem:
    """400 for a value that the parameter does not take."""
    return Problem(
        400,
        "PARAMETER_ERROR.INVALID",
        "A parameter has an invalid value",
        f"'{value}' is not a valid value for the parameter '{name}'",
        parameter=name,
    )


def parameter_required(name: str) -> Problem:
    """400 for a parameter that the route needs."""
    return Problem(
        400,
        "PARAMETER_ERROR.REQUIRED",
        "A required parameter is missing",
        f"The parameter '{name}' is required but was not provided",
        parameter=name,
    )


def entity(code: str, title: str, detail: str, pointer: str) -> Problem:
    """409 for a body that Apple refuses; `code` is appended to `ENTITY_ERROR`."""
    return Problem(409, f"ENTITY_ERROR{code}", title, detail, pointer=pointer)


def not_json() -> Problem:
    """400 for a body that cannot be read."""
    return Problem(
        400, "ENTITY_INVALID", "JSON processing failed", "The request entity is not a valid JSON document"
    )


def unsupported_media_type(given: str) -> Problem:
    """415 for a body that does not say it is JSON."""
    return Problem(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "The request entity has an unsupported media type",
        f"The Content-Type '{given}' is not supported; use 'application/json'",
    )


def rate_limited(retry_after: str | None = None) -> Problem:
    """429; Apple does not document `Retry-After`, so it is sent only when asked for."""
    return Problem(
        429,
        "RATE_LIMIT_EXCEEDED",
        "The request rate limit has been reached.",
        "The request rate limit has been reached. Try again later.",
        headers={} if retry_after is None else {"Retry-After": retry_after},
    )


def server_error(status: int = 500) -> Problem:
    """5xx with Apple's document."""
    return Problem(
        status,
        "UNEXPECTED_ERROR",
        "An unexpected error occurred.",
        "An unexpected error occurred on the server side. If this issue continues, contact us.",
    )
