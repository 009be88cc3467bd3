"""One request as the route files see it, the answer they give, and the endpoint that joins the two."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ascinbox.simulator import problems
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.params import DEFAULT_PAGE, ParameterRules, RequestQuery, cursor_of, offset_of
from ascinbox.simulator.roles import Task

if TYPE_CHECKING:
    from ascinbox.simulator.app import Simulator
    from ascinbox.simulator.world import SimulatedApp, World


# Apple prints its JSON for people; a line a member is what the encoder does at full speed.
_PRETTY = (",\n  ", " : ")
_AS_IT_IS = json.JSONEncoder(separators=_PRETTY, ensure_ascii=False).encode
_ESCAPED = json.JSONEncoder(separators=_PRETTY).encode


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    """Status and bytes."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""
    """Of a report file; it is sent with the headers and in the form of Apple's downloads."""


def report(content: bytes, file_name: str, content_type: str = "application/a-gzip") -> SimulatedAnswer:
    """A report file."""
    return SimulatedAnswer(200, content, content_type, file_name=file_name)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token, role and parameters are already found good."""

    simulator: Simulator
    key: ApiKey
    base: str
    """Scheme and host as the request saw them."""
    path: str
    ids: Mapping[str, str]
    """Path parameters."""
    query: RequestQuery
    body: Any
    """The parsed JSON of a POST, PATCH or DELETE with a body."""
    now: float

    @property
    def world(self) -> World:
        """What exists at Apple."""
        return self.simulator.world

    @property
    def self_url(self) -> str:
        """`links.self` of the document."""
        return self.url_with(self.query.raw)

    def url_with(self, pairs: Sequence[tuple[str, str]], base: str = "") -> str:
        """This path with these parameters, at `base` (the one that was asked when empty)."""
        base = base or self.base
        if not pairs:
            return f"{base}{self.path}"
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe=',-')}" for name, value in pairs)
        return f"{base}{self.path}?{text}"

    def app(self, app_id: str) -> SimulatedApp:
        """An app that this key sees. Raises `Problem` 404."""
        if not self.world.sees(self.key, app_id):
            raise problems.not_found("apps", app_id)
        return self.world.apps[app_id]

    def single(
        self, resource: Any, included: Sequence[Any] | None = None, status: int = 200
    ) -> SimulatedAnswer:
        """A document with one resource."""
        document = {"data": resource}
        if included is not None:
            document["included"] = list(included)
        document["links"] = {"self": self.self_url}
        return SimulatedAnswer(status, dump(document))

    def page(self, total: int) -> PageSlice:
        """Which rows this request asks for, and the links and meta that go with them."""
        limit = self.query.number("limit", DEFAULT_PAGE)
        start = offset_of(self.query)
        links = {"self": self.self_url}
        paging: dict[str, Any] = {"total": total, "limit": limit}
        rest = [pair for pair in self.query.raw if pair[0] != "cursor"]
        if start:
            links["first"] = self.url_with(rest)
        if start + limit < total:
            cursor = cursor_of(start + limit)
            if not any(name == "limit" for name, _ in rest):
                rest.append(("limit", str(limit)))
            # Apple names its own host whatever it was reached by, and has an order of its own.
            pairs = [*reversed(rest[1:]), ("cursor", cursor), *rest[:1]]
            links["next"] = self.url_with(pairs, self.simulator.settings.link_host)
            paging["nextCursor"] = cursor
        return PageSlice(start, start + limit, links, {"paging": paging})

    def listing(
        self, resources: Sequence[Any], page: PageSlice, included: Sequence[Any] | None = None
    ) -> SimulatedAnswer:
        """A document with the resources of a page."""
        document: dict[str, Any] = {"data": list(resources)}
        if included is not None:
            document["included"] = list(included)
        document["links"] = page.links
        document["meta"] = page.meta
        return SimulatedAnswer(200, dump(document))


@dataclass(frozen=True, slots=True)
class PageSlice:
    """A slice of a list with its links and meta."""

    start: int
    end: int
    links: Mapping[str, str]
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One verb of one path. `handler` is called once token, role, parameters and media type are right."""

    method: str
    path: str
    task: Task
    handler: Callable[[Call], SimulatedAnswer]
    rules: ParameterRules = field(default_factory=dict)
    has_body: bool = False


def dump(document: Any) -> bytes:
    """UTF-8 JSON; escaped to ASCII when it holds lone surrogates, which UTF-8 cannot carry."""
    try:
        return _AS_IT_IS(document).encode("utf-8")
    except UnicodeEncodeError:
        return _ESCAPED(document).encode("ascii")
