"""Reads and changes the texts of an app's page: app information, versions and their languages.

An app is read with two requests. A change names only the fields that it changes, never the locale: Apple
refuses one in a PATCH. Every write is sent once; what became of a lost one is seen by reading, since writing
the same text again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ascinbox.core.dates import parse_moment
from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.listing.fields import FieldKind, Scope, in_scope
from ascinbox.core.listing.records import Listing, ListingLocalization, ListingPart
from ascinbox.core.listing.states import VERSION_STATES
from ascinbox.core.text import clean_line
from ascinbox.sources.apple.paging import next_query, total_of
from ascinbox.sources.apple.resources import Json, all_linked, attributes, identity, linked
from ascinbox.sources.http.origin import segment

if TYPE_CHECKING:
    from datetime import datetime

    from ascinbox.core.records import App
    from ascinbox.sources.apple.client import AppleClient, Params

INCLUDED_LANGUAGES = 50
"""Languages that come with their version; Apple's maximum, and as many as the App Store has."""
LANGUAGE_PAGE = 200
VERSION_PAGE = 50
LONGEST_TEXT = 64_000
"""Characters of a text that are kept; Apple's longest field has 4,000."""
MOST_PAGES = 20

_PARTS = {Scope.INFO: "appInfos", Scope.VERSION: "appStoreVersions"}
_LANGUAGES = {Scope.INFO: "appInfoLocalizations", Scope.VERSION: "appStoreVersionLocalizations"}
_OWNER = {Scope.INFO: "appInfo", Scope.VERSION: "appStoreVersion"}
_CATEGORIES = tuple(f.name for f in in_scope(Scope.INFO, localized=False))
_CURRENT = tuple(state for state, meaning in VERSION_STATES.items() if not meaning.past)


class AppleListing:
    """The listing through one key. Methods raise what the client's do."""

    def __init__(self, client: AppleClient) -> None:
        self._client = client

    # --- reading ---

    def read(self, app: App, now: datetime) -> Listing:
        """Everything about one app's texts: two requests, one more for each part of which not all languages
        come with it. Versions that newer ones replaced are left out."""
        infos_path = f"/v1/apps/{segment(app.id)}/appInfos"
        languages = _LANGUAGES[Scope.INFO]
        infos = self._pages(
            infos_path,
            {
                "include": ("app", languages, *_CATEGORIES),
                f"limit[{languages}]": INCLUDED_LANGUAGES,
                "limit": LANGUAGE_PAGE,
            },
        )
        languages = _LANGUAGES[Scope.VERSION]
        versions = self._pages(
            f"/v1/apps/{segment(app.id)}/appStoreVersions",
            {
                "include": (languages,),
                f"limit[{languages}]": INCLUDED_LANGUAGES,
                "filter[appVersionState]": _CURRENT,
                "limit": VERSION_PAGE,
            },
        )
        notes: list[str] = []
        said = next((attributes(item) for item in _included(infos, "apps") if item.get("id") == app.id), {})
        return Listing(
            app_id=app.id,
            name=clean_line(said.get("name")) or app.name,
            bundle_id=clean_line(said.get("bundleId")) or app.bundle_id,
            primary_locale=clean_line(said.get("primaryLocale")) or app.primary_locale,
            infos=tuple(self._parts(Scope.INFO, infos, notes)),
            versions=tuple(self._parts(Scope.VERSION, versions, notes)),
            read_at=now,
            notes=tuple(notes),
        )

    def localization(self, scope: Scope, localization_id: str) -> ListingLocalization:
        """One language as Apple has it now. NotFound when it was removed."""
        kind = _LANGUAGES[scope]
        document = self._client.get(f"/v1/{kind}/{segment(localization_id)}", urgent=True)
        return _localization(scope, _resource(document, kind))

    def localizations(self, scope: Scope, part_id: str) -> tuple[ListingLocalization, ...]:
        """Every language of a part as Apple has it now."""
        kind = _LANGUAGES[scope]
        path = f"/v1/{_PARTS[scope]}/{segment(part_id)}/{kind}"
        documents = self._pages(path, {"limit": LANGUAGE_PAGE})
        items = [item for document in documents for item in _items(document, kind)]
        total = total_of(documents[0])
        if total is not None and len(items) < total:
            raise UnexpectedAnswer(
                f"Apple sent {len(items)} of {total} languages.", "The list ended early.", "Try it again."
            )
        return tuple(_localization(scope, item) for item in items)

    def shared_values(self, scope: Scope, part_id: str) -> Mapping[str, str]:
        """What all languages of a part share, as Apple has it now."""
        kind = _PARTS[scope]
        params: Params = {"include": _CATEGORIES} if scope is Scope.INFO else {}
        document = self._client.get(f"/v1/{kind}/{segment(part_id)}", params, urgent=True)
        return _shared(scope, _resource(document, kind))

    # --- writing ---

    def update_localization(
        self, scope: Scope, localization_id: str, values: Mapping[str, str | None]
    ) -> None:
        """Changes these fields of one language and no other; None empties a field. Open outcomes as in
        `AppleClient.publish`."""
        kind = _LANGUAGES[scope]
        data = {"type": kind, "id": localization_id, "attributes": dict(values)}
        self._client.patch(f"/v1/{kind}/{segment(localization_id)}", {"data": data})

    def update_shared(self, scope: Scope, part_id: str, values: Mapping[str, str]) -> None:
        """Changes what all languages share: the copyright of a version, categories of the app information."""
        kind = _PARTS[scope]
        data: dict[str, Any] = {"type": kind, "id": part_id}
        if scope is Scope.INFO:
            data["relationships"] = {
                name: {"data": {"type": "appCategories", "id": value}} for name, value in values.items()
            }
        else:
            data["attributes"] = dict(values)
        self._client.patch(f"/v1/{kind}/{segment(part_id)}", {"data": data})

    def add_localization(
        self, scope: Scope, part_id: str, locale: str, values: Mapping[str, str]
    ) -> ListingLocalization:
        """Adds a language. Apple wants the name with one of the app information."""
        kind, owner = _LANGUAGES[scope], _OWNER[scope]
        data = {
            "type": kind,
            "attributes": {"locale": locale, **values},
            "relationships": {owner: {"data": {"type": _PARTS[scope], "id": part_id}}},
        }
        document = self._client.post(f"/v1/{kind}", {"data": data})
        return _localization(scope, _resource(document, kind))

    def remove_localization(self, scope: Scope, localization_id: str) -> None:
        """Removes a language with all its texts. NotFound when there is none."""
        self._client.delete(f"/v1/{_LANGUAGES[scope]}/{segment(localization_id)}")

    def add_version(self, app_id: str, platform: str, version: str) -> ListingPart:
        """Makes the draft of a new version."""
        kind = _PARTS[Scope.VERSION]
        data = {
            "type": kind,
            "attributes": {"platform": platform, "versionString": version},
            "relationships": {"app": {"data": {"type": "apps", "id": app_id}}},
        }
        item = _resource(self._client.post(f"/v1/{kind}", {"data": data}), kind)
        return _part(Scope.VERSION, item, ())

    # --- documents ---

    def _pages(self, path: str, params: Params) -> list[Json]:
        documents = [self._client.get(path, params, urgent=True)]
        while (query := next_query(documents[-1])) is not None and len(documents) < MOST_PAGES:
            documents.append(self._client.get(path, query=query, urgent=True))
        return documents

    def _parts(self, scope: Scope, documents: Sequence[Json], notes: list[str]) -> Iterator[ListingPart]:
        kind, languages = _PARTS[scope], _LANGUAGES[scope]
        included = {
            identifier: item
            for item in _included(documents, languages)
            if (identifier := identity(item, languages)) is not None
        }
        items = [item for document in documents for item in _items(document, kind)]
        for item in items:
            found = _languages_of(scope, item, included, alone=len(items) == 1)
            if found is None:
                yield _part(scope, item, self.localizations(scope, item["id"]))
                continue
            known = [_localization(scope, one) for one in found]
            once = {one.locale: one for one in known if one.locale}
            if len(once) < len(known):
                notes.append(f"Apple names a language of {kind} {item['id']} twice or without its locale.")
            yield _part(scope, item, tuple(once.values()))


def _languages_of(
    scope: Scope, part: Json, included: Mapping[str, Json], *, alone: bool
) -> list[Json] | None:
    """The languages that came with a part; either side may name the other. None: not all of them came."""
    relation, owner, kind = _LANGUAGES[scope], _OWNER[scope], _PARTS[scope]
    named = all_linked(part, relation, relation)
    theirs = [identifier for identifier, item in included.items() if linked(item, owner, kind) == part["id"]]
    ids = dict.fromkeys([*named, *theirs])
    if not ids and alone:
        ids = dict.fromkeys(included)
    if any(identifier not in included for identifier in ids):
        return None
    relationships = part.get("relationships")
    related = relationships.get(relation) if isinstance(relationships, dict) else None
    total = total_of(related) if isinstance(related, dict) else None
    if total is not None:
        return [included[i] for i in ids] if len(ids) >= total else None
    told = isinstance(related, dict) and "data" in related
    return [included[i] for i in ids] if ids or told else None


def _items(document: Json, kind: str) -> list[Json]:
    data = document.get("data")
    if not isinstance(data, list):
        raise UnexpectedAnswer(f"Apple's list of {kind} is no list.", "", "Try it again.")
    return [item for item in data if identity(item, kind) is not None]


def _included(documents: Sequence[Json], kind: str) -> Iterator[Json]:
    for document in documents:
        included = document.get("included")
        for item in included if isinstance(included, list) else ():
            if identity(item, kind) is not None:
                yield item


def _resource(document: Json, kind: str) -> Json:
    item = document.get("data")
    if not isinstance(item, dict) or identity(item, kind) is None:
        raise UnexpectedAnswer(f"Apple's answer is no {kind}.", "", "Try it again.")
    return item


def _part(scope: Scope, item: Json, localizations: tuple[ListingLocalization, ...]) -> ListingPart:
    said = attributes(item)
    return ListingPart(
        scope=scope,
        id=item["id"],
        state=clean_line(said.get("appVersionState" if scope is Scope.VERSION else "state")),
        localizations=localizations,
        values=_shared(scope, item),
        version=clean_line(said.get("versionString")),
        platform=clean_line(said.get("platform")),
        created_at=parse_moment(said.get("createdDate")),
    )


def _localization(scope: Scope, item: Json) -> ListingLocalization:
    said = attributes(item)
    values = {field.name: _text(said.get(field.name)) for field in in_scope(scope)}
    return ListingLocalization(
        id=item["id"],
        locale=clean_line(said.get("locale")),
        values={name: text for name, text in values.items() if text},
    )


def _shared(scope: Scope, item: Json) -> Mapping[str, str]:
    said = attributes(item)
    read: dict[FieldKind, Callable[[str], str | None]] = {
        FieldKind.CATEGORY: lambda name: linked(item, name, "appCategories"),
        FieldKind.LINE: lambda name: _text(said.get(name)),
    }
    values = {field.name: read[field.kind](field.name) for field in in_scope(scope, localized=False)}
    return {name: text for name, text in values.items() if text}


def _text(value: object) -> str:
    """Exactly Apple's text; only halves of characters, which no file can hold, are replaced."""
    if not isinstance(value, str):
        return ""
    return value[:LONGEST_TEXT].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
