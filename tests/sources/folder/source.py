"""`StoreSource` over a folder.

`key.txt` holds the secret; `apps.json` a list of {id, name}; `reviews/ID.json` one review each, with `app`,
`rating`, `title`, `body`, `author`, `created` and `reply`. The folder is named by the variable of the row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from ascinbox.core.dates import parse_moment
from ascinbox.core.errors import (
    CredentialError,
    NotFound,
    SourceError,
    Unauthorized,
    UnexpectedAnswer,
    UsageError,
)
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Circumstances, Evidence, HealthState, Verdict
from ascinbox.core.records import App, Budget, Credential, Page, Response, ResponseState, Review
from ascinbox.core.secret import Secret
from ascinbox.core.stores import native_id, unique_id
from ascinbox.core.text import clean_body, clean_line
from ascinbox.sources.base import (
    BudgetLedger,
    Connection,
    CredentialInput,
    Found,
    History,
    Observe,
    RawReviews,
    ReadCredential,
    RequestBudget,
    SourceTools,
    StoreSource,
    Target,
)

T = TypeVar("T")
PAGE = 2
STORE = "folder"


class NoBudget:
    """Files cost no requests."""

    budget = Budget()


@dataclass(frozen=True)
class FolderReviews:
    """A page of reviews as JSON."""

    content: bytes
    app_id: str
    latest: datetime
    store: str = STORE

    def packed(self) -> bytes:
        return self.content

    def parse(self) -> Page[Review]:
        return SOURCE.parse_reviews(self.content, self.app_id, self.latest)


class FolderClient:
    """One key's way to the folder."""

    def __init__(self, folder: Path, secret: Secret, tools: SourceTools) -> None:
        self._folder = folder
        self._secret = secret
        self._tools = tools

    def apps(self, *, urgent: bool = False) -> Iterator[Page[App]]:
        self._let_in()
        listed = json.loads((self._folder / "apps.json").read_text("utf-8"))
        yield Page(tuple(App(item["id"], clean_line(item["name"]), item["id"]) for item in listed))

    def reviews_read(self, app_id: str, read: Callable[[RawReviews], T], *, query: str | None = None) -> T:
        self._let_in()
        start = int(query or 0)
        found = sorted(self._all(app_id), key=lambda item: str(item["created"]), reverse=True)
        more = start + PAGE if start + PAGE < len(found) else None
        page = {"reviews": found[start : start + PAGE], "next": more}
        latest = self._tools.clock.now() + timedelta(days=1)
        return read(FolderReviews(json.dumps(page).encode(), app_id, latest))

    def review(self, review_id: str, app_id: str = "", *, urgent: bool = True) -> Review:
        item = self._read(review_id)
        return _review(item, item["app"], self._tools.clock.now() + timedelta(days=1))

    def publish(self, review_id: str, text: str) -> Response:
        item = self._read(review_id)
        item["reply"] = {"text": text, "modified": self._tools.clock.now().isoformat()}
        self._write(review_id, item)
        answered = self.review(review_id).response
        assert answered is not None
        return answered

    def withdraw(self, response_id: str) -> None:
        item = self._read(response_id)
        if item.get("reply") is None:
            raise NotFound("There is no reply.", status=404)
        self._write(response_id, {**item, "reply": None})

    def close(self) -> None:
        """Nothing is held open."""

    def _let_in(self) -> None:
        if (self._folder / "key.txt").read_text("utf-8") != self._secret.reveal():
            raise Unauthorized("The key does not open the folder.", status=401)

    def _all(self, app_id: str) -> list[dict[str, Any]]:
        files = (self._folder / "reviews").glob("*.json")
        items = [json.loads(file.read_text("utf-8")) | {"id": file.stem} for file in files]
        return [item for item in items if item["app"] == app_id]

    def _file(self, review_id: str) -> Path:
        return self._folder / "reviews" / f"{native_id(review_id)}.json"

    def _read(self, review_id: str) -> dict[str, Any]:
        self._let_in()
        try:
            item: dict[str, Any] = json.loads(self._file(review_id).read_text("utf-8"))
        except FileNotFoundError:
            raise NotFound("There is no such review.", status=404) from None
        return item | {"id": native_id(review_id)}

    def _write(self, review_id: str, item: dict[str, Any]) -> None:
        self._file(review_id).write_text(json.dumps(item), "utf-8")


class FolderProber:
    """Lists the apps; the one answer says everything."""

    def __init__(self, client: Connection, target: Target, tools: SourceTools) -> None:
        self._client = client
        self._target = target
        self._clock = tools.clock

    def run(self) -> Found:
        shown = Evidence(Capability.REVIEWS, self._clock.now(), status=200, request="read apps.json")
        apps = None
        try:
            apps = tuple(app for page in self._client.apps() for app in page.items)
        except SourceError as error:
            shown = Evidence(Capability.REVIEWS, self._clock.now(), status=error.status, detail=error.title)
        found = Found(apps=apps, apps_evidence=shown)
        if Capability.REVIEWS in self._target.features:
            found.evidence[Capability.REVIEWS] = shown
        return found


class FolderSource:
    """See `StoreSource`."""

    def read_credential(self, given: CredentialInput) -> ReadCredential:
        if not given.text.reveal().strip():
            raise CredentialError("The key is empty.")
        return ReadCredential("folder key", given.key_id or "F1", None, given.text, "")

    def checked_reach(self, apps: Sequence[str], bucket: str) -> tuple[tuple[str, ...], str]:
        if apps or bucket:
            raise UsageError("A folder tells its apps.")
        return (), ""

    def budget(self, tools: SourceTools, ledger: BudgetLedger) -> NoBudget:
        return NoBudget()

    def connect(
        self, credential: Credential, secret: Secret, budget: RequestBudget, tools: SourceTools
    ) -> FolderClient:
        if tools.base_url is None:
            raise CredentialError("No folder is named.")
        return FolderClient(Path(tools.base_url), secret, tools)

    def prober(
        self, connection: Connection, target: Target, tools: SourceTools, observe: Observe | None = None
    ) -> FolderProber:
        return FolderProber(connection, target, tools)

    def judge(self, capability: str, evidence: Evidence | None, facts: Circumstances) -> Verdict:
        state, severity, detail, fix = HealthState.NEVER, 3, "It was never checked.", "F5 checks it now."
        if capability not in {"reviews", "reply"}:
            return Verdict(capability, HealthState.NOT_POSSIBLE, "A folder has none.", severity=None)
        if not facts.chosen:
            return Verdict(capability, HealthState.OFF, "It was not chosen.", severity=None)
        if evidence is not None and evidence.status == 401:
            state, severity = HealthState.REJECTED, 2
            detail, fix = "The folder has another key.", "Write the right one."
        elif evidence is not None and evidence.status == 200:
            state, severity, detail, fix = HealthState.OK, 0, "It works.", ""
        elif capability == "reply" and facts.checked:
            state, severity, detail, fix = HealthState.ASSUMED, 0, "Who reads can reply.", ""
        at = evidence.at if evidence is not None else None
        return Verdict(
            capability,
            state,
            detail,
            evidence=evidence.detail if evidence is not None else "",
            fix=fix,
            severity=severity,
            checked_at=at,
            credential=facts.key_id,
        )

    def is_accepted(self, connection: Connection, deadline_s: float) -> bool | None:
        try:
            return bool(list(connection.apps()))
        except Unauthorized:
            return False

    def read_history(self, content: bytes, name: str, latest: datetime) -> History:
        return History((), self.parse_reviews(content, name, latest).items)

    def history_files(
        self, connection: Connection, app_ids: Sequence[str], since: date | None = None
    ) -> Iterator[tuple[str, bytes]]:
        return iter(())

    def parse_reviews(self, packed: bytes, app_id: str, latest: datetime) -> Page[Review]:
        try:
            page = json.loads(packed)
            items = tuple(_review(item, app_id, latest) for item in page["reviews"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnexpectedAnswer("This is no page of reviews.", str(error)) from None
        return Page(items, str(page["next"]) if page["next"] else None)


def _review(item: dict[str, Any], app_id: str, latest: datetime) -> Review:
    reply, identifier = item.get("reply"), unique_id(STORE, item["id"])
    answered = reply and Response(
        identifier,
        clean_body(reply["text"]),
        ResponseState.PUBLISHED,
        parse_moment(reply["modified"], latest=latest),
    )
    return Review(
        id=identifier,
        app_id=app_id,
        rating=item["rating"],
        title=clean_line(item["title"]),
        body=clean_body(item["body"]),
        nickname=clean_line(item["author"]),
        created_at=parse_moment(item["created"], latest=latest),
        territory=None,
        response=answered or None,
    )


SOURCE: StoreSource = FolderSource()
