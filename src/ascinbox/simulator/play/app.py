"""A `PlayWorld` behind an API that answers as Google's does: tokens, three routes, a bucket, faults."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, unquote

import jwt

from ascinbox.core.clock import Clock, SystemClock
from ascinbox.simulator.asgi import CONNECTION, ConnectionDropped, Receive, Scope, Send
from ascinbox.simulator.play.world import PlayReview, PlayWorld, ServiceAccountKey

PUBLISHER = "https://www.googleapis.com/auth/androidpublisher"
STORAGE = "https://www.googleapis.com/auth/devstorage.read_only"
HOUR_S = 3600.0
_ROUTE = re.compile(r"/androidpublisher/v3/applications/([^/]+)/reviews(?:/([^/]+?))?(:reply)?")
_BUCKET = re.compile(r"/storage/v1/b/([^/]+)/o(?:/(.+))?")


@dataclass(slots=True)
class PlaySettings:
    """What can be changed while it runs."""

    page_limit: int = 100
    paging: str = "token"
    """`token`: pages are named by tokens. `index`: by `startIndex`. `deaf`: always the first page."""
    gets_an_hour: int = 200
    posts_a_day: int = 2000
    reply_limit: int = 350
    token_lasts_s: int = 3600
    latency_s: float = 0.0
    skew_s: float = 0.0
    """How far Google's clock is off the world's."""
    stale_s: float = 0.0
    """For how long reads still show the state before a reply."""


@dataclass(slots=True)
class PlayFault:
    """What happens to the next requests whose path matches instead of, or after, the answer."""

    match: str
    kind: str
    """`status` (with `status`, `reason`, `message`), `drop` (no answer, nothing done), `lose` (done, and the
    answer is lost), `html`."""
    times: int = 1
    method: str = ""
    status: int = 503
    reason: str = "backendError"
    message: str = "The service is currently unavailable."
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that came."""

    method: str
    path: str
    query: str
    at: float


class _Refused(Exception):
    def __init__(self, status: int, grpc: str, message: str, reason: str = "", **more: str) -> None:
        super().__init__(message)
        self.status, self.headers = status, more
        self.document = {
            "error": {
                "code": status,
                "message": message,
                "status": grpc,
                "errors": [
                    {"message": message, "domain": "androidpublisher", "reason": reason or "forbidden"}
                ],
            }
        }


@dataclass(slots=True)
class _Granted:
    account: ServiceAccountKey
    scopes: frozenset[str]
    ends: float


@dataclass(slots=True)
class PlaySimulator:
    """A Google Play. Hand it to a server as it is."""

    world: PlayWorld
    clock: Clock = field(default_factory=SystemClock)
    settings: PlaySettings = field(default_factory=PlaySettings)
    faults: list[PlayFault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    _tokens: dict[str, _Granted] = field(default_factory=dict)
    _gets: dict[str, deque[float]] = field(default_factory=dict)
    _posts: dict[str, deque[float]] = field(default_factory=dict)
    _before: dict[str, tuple[float, str, float]] = field(default_factory=dict)
    """Review id -> when it was answered, and the reply before."""

    def now(self) -> float:
        """Epoch seconds at Google."""
        return self.clock.now().timestamp() + self.settings.skew_s

    def gets(self, package: str) -> int:
        """How many GETs of a package came."""
        return sum(s.method == "GET" and f"/applications/{package}/" in s.path for s in self.seen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii").partition("?")[0]
        query = scope["query_string"].decode("ascii")
        self.seen.append(Seen(scope["method"], path, query, self.now()))
        if self.settings.latency_s:
            await asyncio.sleep(self.settings.latency_s)
        fault = self._fault(scope["method"], path)
        if fault is not None and fault.kind == "drop":
            _drop(scope)
            return
        headers: dict[str, str] = {}
        try:
            if fault is not None and fault.kind == "status":
                more = {"retry-after": fault.retry_after} if fault.retry_after else {}
                raise _Refused(fault.status, "", fault.message, fault.reason, **more)
            status, content = self._answer(scope["method"], path, query, _headers(scope), body)
        except _Refused as refusal:
            status, content, headers = refusal.status, refusal.document, refusal.headers
        if fault is not None and fault.kind == "lose":
            _drop(scope)
            return
        raw, kind = (
            (content, "application/octet-stream")
            if isinstance(content, bytes)
            else (
                json.dumps(content).encode(),
                "application/json; charset=UTF-8",
            )
        )
        if fault is not None and fault.kind == "html":
            status, raw, kind = 200, b"<html>Sign in to the network</html>", "text/html"
        sent = {
            "content-type": kind,
            "content-length": str(len(raw)),
            "date": formatdate(self.now(), usegmt=True),
        }
        pairs = [(k.encode(), v.encode()) for k, v in (sent | headers).items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": raw})

    def _fault(self, method: str, path: str) -> PlayFault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.match in path and fault.method in {"", method}:
                fault.times -= 1
                return fault
        return None

    def _answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any] | bytes]:
        if path == "/token" and method == "POST":
            return self._token(body)
        params = {name: values[-1] for name, values in parse_qs(query).items()}
        if (found := _ROUTE.fullmatch(path)) is not None:
            account = self._let_in(headers, PUBLISHER)
            return 200, self._reviews(
                method, account, *map(_unquoted, found.groups()), params=params, body=body
            )
        if (found := _BUCKET.fullmatch(path)) is not None and method == "GET":
            account = self._let_in(headers, STORAGE)
            return 200, self._files(account, *map(_unquoted, found.groups()), params=params)
        raise _Refused(404, "NOT_FOUND", "The requested URL was not found on this server.", "notFound")

    # --- tokens ---

    def _token(self, body: bytes) -> tuple[int, dict[str, Any]]:
        form = parse_qs(body.decode("ascii", "replace"))
        assertion = form.get("assertion", [""])[0]
        if form.get("grant_type") != ["urn:ietf:params:oauth:grant-type:jwt-bearer"]:
            return 400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"}
        try:
            headers, claims = _unverified(assertion)
        except ValueError:
            return 400, _no_grant("Bad Request")
        account = self.world.accounts.get(str(claims.get("iss")))
        if account is None:
            return 400, _no_grant("Invalid grant: account not found")
        now = self.now()
        try:
            jwt.decode(
                assertion,
                account.key.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError:
            return 400, _no_grant("Invalid JWT Signature.")
        if account.deleted or headers.get("kid") != account.key_id:
            return 400, _no_grant("Invalid JWT Signature.")
        issued, ends = claims.get("iat"), claims.get("exp")
        if (
            not isinstance(issued, int)
            or not isinstance(ends, int)
            or not (issued - 300 <= now < ends and ends - issued <= 3600)
        ):
            return 400, _no_grant(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim."
            )
        if not str(claims.get("aud", "")).endswith("/token"):
            return 400, _no_grant("Invalid JWT: Failed audience check.")
        scopes = frozenset(str(claims.get("scope", "")).split())
        token = "ya29." + secrets.token_urlsafe(24)
        self._tokens[token] = _Granted(account, scopes, now + self.settings.token_lasts_s)
        return 200, {"access_token": token, "expires_in": self.settings.token_lasts_s, "token_type": "Bearer"}

    def _let_in(self, headers: dict[str, str], scope: str) -> ServiceAccountKey:
        granted = self._tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if granted is None or granted.ends <= self.now() or granted.account.deleted:
            raise _Refused(
                401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", "authError"
            )
        if scope not in granted.scopes:
            raise _Refused(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.")
        return granted.account

    # --- reviews ---

    def _reviews(
        self,
        method: str,
        account: ServiceAccountKey,
        package: str,
        review_id: str,
        reply: str,
        *,
        params: dict[str, str],
        body: bytes,
    ) -> dict[str, Any]:
        if not account.api_enabled:
            raise _Refused(
                403,
                "PERMISSION_DENIED",
                "Google Play Android Developer API has not been used in project 7 before or it is disabled. "
                "Enable it by visiting https://console.developers.google.com/apis/api/androidpublisher",
                "accessNotConfigured",
            )
        if package not in self.world.packages:
            raise _Refused(404, "NOT_FOUND", f"Package not found: {package}.", "applicationNotFound")
        if package not in account.packages:
            raise _Refused(
                403, "PERMISSION_DENIED", "The caller does not have permission", "permissionDenied"
            )
        counted, limit, span = (
            (self._gets, self.settings.gets_an_hour, HOUR_S)
            if method == "GET"
            else (self._posts, self.settings.posts_a_day, 24 * HOUR_S)
        )
        self._count(counted.setdefault(package, deque()), limit, span)
        if method == "GET" and not review_id:
            return self._list(package, params)
        review = self.world.packages[package].get(review_id)
        if review is None or not review.body:
            raise _Refused(404, "NOT_FOUND", f"Review not found: {review_id}.", "reviewNotFound")
        if method == "GET" and not reply:
            return self._shown(review).document(translated=params.get("translationLanguage", ""))
        if method == "POST" and reply:
            return self._reply(account, review, body)
        raise _Refused(405, "", "Method not allowed", "methodNotAllowed")

    def _count(self, asked: deque[float], limit: int, span: float) -> None:
        now = self.now()
        while asked and asked[0] <= now - span:
            asked.popleft()
        if len(asked) >= limit:
            raise _Refused(
                429,
                "RESOURCE_EXHAUSTED",
                "Quota exceeded for quota metric 'Reviews' of this app.",
                "rateLimitExceeded",
            )
        asked.append(now)

    def _list(self, package: str, params: dict[str, str]) -> dict[str, Any]:
        listed = self.world.listed(package, self.now())
        most = min(_number(params.get("maxResults"), 10), self.settings.page_limit)
        start = _number(params.get("startIndex"), 0) if self.settings.paging == "index" else 0
        if self.settings.paging == "token" and "token" in params:
            start = self._start_of(params["token"])
        shown = listed[start : start + most]
        answer: dict[str, Any] = {}
        if shown:
            answer["reviews"] = [
                self._shown(review).document(translated=params.get("translationLanguage", ""))
                for review in shown
            ]
            answer["pageInfo"] = {"totalResults": len(listed), "resultPerPage": most, "startIndex": start}
        if self.settings.paging == "token" and start + most < len(listed):
            token = base64.urlsafe_b64encode(f"after={start + most}".encode()).decode()
            answer["tokenPagination"] = {"nextPageToken": token}
        return answer

    def _start_of(self, token: str) -> int:
        try:
            return int(base64.urlsafe_b64decode(token).decode().removeprefix("after="))
        except ValueError:
            raise _Refused(400, "INVALID_ARGUMENT", "Invalid page token.", "badRequest") from None

    def _shown(self, review: PlayReview) -> PlayReview:
        """The review as a read shows it: for a while without the reply that was just taken."""
        at, text, replied = self._before.get(review.id, (0.0, "", 0.0))
        if self.now() - at >= self.settings.stale_s:
            return review
        from dataclasses import replace

        return replace(review, reply=text, replied=replied)

    def _reply(self, account: ServiceAccountKey, review: PlayReview, body: bytes) -> dict[str, Any]:
        if not account.may_reply or review.refuses_replies:
            raise _Refused(
                403, "PERMISSION_DENIED", "The caller does not have permission", "permissionDenied"
            )
        try:
            text = json.loads(body)["replyText"]
        except (ValueError, KeyError, TypeError):
            raise _Refused(400, "INVALID_ARGUMENT", "Reply text is missing.", "badRequest") from None
        text = html.unescape(re.sub(r"<[^<>]*>", "", text)) if isinstance(text, str) else ""
        if not text.strip() or len(text) > self.settings.reply_limit:
            raise _Refused(
                400, "INVALID_ARGUMENT", "The reply text is too long or empty.", "replyTextTooLong"
            )
        now = self.now()
        self._before[review.id] = (now, review.reply, review.replied)
        review.reply, review.replied = text, now
        self.world.replies.append((now, review.id, text))
        stamp = {"seconds": str(int(now)), "nanos": int(now % 1 * 1e9)}
        return {"result": {"replyText": text, "lastEdited": stamp}}

    # --- the bucket ---

    def _files(
        self, account: ServiceAccountKey, bucket: str, name: str, *, params: dict[str, str]
    ) -> dict[str, Any] | bytes:
        if bucket != self.world.bucket:
            raise _Refused(404, "", "The specified bucket does not exist.", "notFound")
        if not account.bulk:
            raise _Refused(
                403,
                "",
                f"{account.email} does not have storage.objects.list access to the bucket.",
                "forbidden",
            )
        files = self.world.monthly_files()
        if not name:
            names = sorted(n for n in files if n.startswith(params.get("prefix", "")))
            items = [{"name": n, "size": str(len(files[n])), "bucket": bucket} for n in names]
            return {"kind": "storage#objects", "items": items} if items else {"kind": "storage#objects"}
        if name not in files:
            raise _Refused(404, "", f"No such object: {bucket}/{name}", "notFound")
        return files[name]


def _drop(scope: Scope) -> None:
    transport = scope.get("extensions", {}).get(CONNECTION)
    if transport is None:
        raise ConnectionDropped("the connection broke off")
    transport.abort()


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _unverified(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
        return jwt.get_unverified_header(assertion), claims
    except jwt.InvalidTokenError as error:
        raise ValueError(str(error)) from None


def _no_grant(why: str) -> dict[str, str]:
    return {"error": "invalid_grant", "error_description": why}


def _unquoted(part: str | None) -> str:
    return unquote(part or "")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
