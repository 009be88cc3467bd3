"""The listing through services that keep to JSON:API, not to Apple's habits: all of it is read and sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from ascinbox.core.listing.changes import ListingChange
from ascinbox.core.listing.fields import TABLE, Scope
from ascinbox.core.records import App
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.apple.listing import AppleListing
from ascinbox.workers.listing.push import ListingPush
from tests.sources.apple.scripted_server import StepClock

BASE = "http://127.0.0.1:1"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
APP = App("1588402217", "Tide Clock", "example.tide", "en-US")
NOTES = TABLE[Scope.VERSION, "whatsNew"]
NAME = TABLE[Scope.INFO, "name"]
KIND = {
    "info": "appInfos",
    "live": "appStoreVersions",
    "draft": "appStoreVersions",
    "old": "appStoreVersions",
}
LANGUAGES = {"appInfos": "appInfoLocalizations", "appStoreVersions": "appStoreVersionLocalizations"}
OWNER = {"appInfos": "appInfo", "appStoreVersions": "appStoreVersion"}
STATES = {
    "info": "PREPARE_FOR_SUBMISSION",
    "live": "READY_FOR_DISTRIBUTION",
    "draft": "PREPARE_FOR_SUBMISSION",
    "old": "REPLACED_WITH_NEW_VERSION",
}

Json = dict[str, Any]


@dataclass
class StandIn:
    """Another service in Apple's place, with manners of its own."""

    manners: frozenset[str]
    texts: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Attributes by part and locale."""
    asked: list[str] = field(default_factory=list)
    parts: tuple[str, ...] = ("old", "live", "draft")

    def __post_init__(self) -> None:
        for part in KIND:
            self.texts[part] = {
                locale: {"locale": locale, "name": f"Tide {locale}", "whatsNew": None, "keywords": "tide"}
                for locale in ("de-DE", "en-US", "ja")
            }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        way = request.url.path.split("/")[2:]
        match request.method, way:
            case "GET", ["apps", _, "appInfos"]:
                return self._list(["info"], request)
            case "GET", ["apps", _, "appStoreVersions"]:
                wanted = [p for p in self.parts if p != "old" or "no filter" in self.manners]
                return self._list(wanted, request)
            case "GET", [_, part, _]:
                return self._languages(part, request)
            case "GET", [_, name]:
                part, _, locale = name.partition(".")
                return httpx.Response(200, json={"data": self._language(part, locale)})
            case "PATCH", [_, name]:
                part, _, locale = name.partition(".")
                given = json.loads(request.content)["data"]["attributes"]
                self.texts[part][locale] |= given
                return self._written(part, locale, 200)
            case "POST", [_]:
                data = json.loads(request.content)["data"]
                (owner,) = data["relationships"].values()
                part, locale = owner["data"]["id"], data["attributes"]["locale"]
                self.texts[part][locale] = dict(data["attributes"])
                return self._written(part, locale, 201)
        raise AssertionError(request.url.path)

    def _written(self, part: str, locale: str, status: int) -> httpx.Response:
        if "204" in self.manners and status == 200:
            return httpx.Response(204)
        if "empty body" in self.manners:
            return httpx.Response(status)
        return httpx.Response(status, json={"data": self._language(part, locale)})

    def _language(self, part: str, locale: str) -> Json:
        kind = LANGUAGES[KIND[part]]
        values = self.texts[part][locale]
        if "nulls" in self.manners:
            values = {**dict.fromkeys(("description", "supportUrl", "subtitle", "promotionalText")), **values}
        found: Json = {"type": kind, "id": f"{part}.{locale}", "attributes": values}
        owner = {"type": KIND[part], "id": part}
        if "named by the part" in self.manners:
            pass
        elif "links only" in self.manners:
            found["relationships"] = {OWNER[KIND[part]]: {"links": {"related": f"{BASE}/v1/somewhere"}}}
        else:
            found["relationships"] = {OWNER[KIND[part]]: {"data": owner}}
        return found

    def _part(self, part: str) -> Json:
        kind = KIND[part]
        numbers = {"old": "5.1", "live": "5.2", "draft": "5.3"}
        state = {"state": STATES[part]} if part == "info" else {"appVersionState": STATES[part]}
        said = {**state, "versionString": numbers.get(part), "platform": "IOS"}
        if "nulls" in self.manners:
            said |= {"copyright": None, "createdDate": None, "earliestReleaseDate": None}
        found: Json = {"type": kind, "id": part, "attributes": said}
        link = {"links": {"related": f"{BASE}/v1/{kind}/{part}/{LANGUAGES[kind]}"}}
        if "named by the language" in self.manners:
            return found
        named = [{"type": LANGUAGES[kind], "id": f"{part}.{one}"} for one in self.texts[part]]
        found["relationships"] = {
            LANGUAGES[kind]: link if "links only" in self.manners else {**link, "data": named},
            "app": {"data": None} if "nulls" in self.manners else link,
        }
        return found

    def _paged(self, items: list[Json], request: httpx.Request, more: Mapping[str, Any]) -> httpx.Response:
        if "pages" not in self.manners:
            return httpx.Response(200, json={"data": items, "links": {"self": str(request.url)}, **more})
        at = int(request.url.params.get("cursor", "0"))
        links = {"self": str(request.url)}
        if at + 1 < len(items):
            links["next"] = f"{BASE}{request.url.path}?cursor={at + 1}"
        return httpx.Response(200, json={"data": items[at : at + 1], "links": links, **more})

    def _list(self, parts: list[str], request: httpx.Request) -> httpx.Response:
        named = {} if "no included" in self.manners else {"included": self._included(parts)}
        return self._paged([self._part(part) for part in parts], request, named)

    def _included(self, parts: list[str]) -> list[Json]:
        return [self._language(part, locale) for part in parts for locale in self.texts[part]]

    def _languages(self, part: str, request: httpx.Request) -> httpx.Response:
        return self._paged([self._language(part, locale) for locale in self.texts[part]], request, {})


MANNERS = (
    (),
    ("links only",),
    ("links only", "no included"),
    ("links only", "pages"),
    ("named by the part",),
    ("named by the language",),
    ("named by the part", "pages"),
    ("nulls",),
    ("no filter",),
    ("no filter", "links only", "pages", "nulls"),
    ("204",),
    ("empty body",),
    ("empty body", "links only", "nulls", "no filter"),
)

Connect = Callable[..., AppleClient]


@pytest.fixture(params=MANNERS, ids=lambda manners: ", ".join(manners) or "as Apple")
def stand_in(request: pytest.FixtureRequest) -> StandIn:
    return StandIn(frozenset(request.param))


def gateway(stand_in: StandIn, connect: Connect) -> AppleListing:
    return AppleListing(connect(BASE, transport=httpx.MockTransport(stand_in)))


def test_everything_is_read_and_the_draft_is_chosen(stand_in: StandIn, connect: Connect) -> None:
    listing = gateway(stand_in, connect).read(APP, NOW)
    draft, live, info = listing.editable_version(), listing.live_version(), listing.editable_info()
    assert draft is not None
    assert live is not None
    assert info is not None
    assert (draft.id, draft.version, live.version) == ("draft", "5.3", "5.2")
    for part in (draft, live, info):
        assert sorted(part.locales) == ["de-DE", "en-US", "ja"]
    assert draft.value(TABLE[Scope.VERSION, "keywords"], "ja") == "tide"
    assert draft.value(NOTES, "ja") == ""
    assert info.value(NAME, "de-DE") == "Tide de-DE"
    assert not listing.is_first_version("IOS")


def test_changes_are_sent_held_and_added(stand_in: StandIn, connect: Connect, clock: StepClock) -> None:
    way = gateway(stand_in, connect)
    draft = way.read(APP, NOW).editable_version()
    assert draft is not None
    stand_in.texts["draft"]["ja"]["whatsNew"] = "同僚の文です。"
    changes = [
        ListingChange(Scope.VERSION, locale, "whatsNew", "", "", f"News of {locale}.")
        for locale in ("de-DE", "ja", "sv")
    ]
    results = ListingPush(way, draft, clock).run(changes)
    assert {one.locale: str(one.state) for one in results} == {
        "de-DE": "changed",
        "ja": "held",
        "sv": "changed",
    }
    assert stand_in.texts["draft"]["de-DE"]["whatsNew"] == "News of de-DE."
    assert stand_in.texts["draft"]["ja"]["whatsNew"] == "同僚の文です。"
    assert stand_in.texts["draft"]["sv"]["whatsNew"] == "News of sv."
    assert stand_in.asked.count("POST /v1/appStoreVersionLocalizations") == 1
