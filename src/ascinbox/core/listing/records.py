"""What Apple holds of one app's listing, as it was read. Pure.

Texts are kept exactly as Apple gave them, because folders and comparisons need every character; `shown`
makes them harmless and must be used wherever one is put on a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ascinbox.core.listing.fields import ListingField, Scope
from ascinbox.core.listing.states import state_of
from ascinbox.core.text import clean_body

Values = Mapping[str, str]
"""Texts by Apple's attribute; what Apple has as null or does not name is absent."""

FieldKey = tuple[Scope, str, str]
"""Scope, locale ("" for what all share) and Apple's attribute."""
EditKey = tuple[str, Scope, str, str, str]
"""App, scope, part, locale and Apple's attribute."""


def shown(text: str) -> str:
    """The text as a terminal may show it."""
    return clean_body(text)


@dataclass(frozen=True, slots=True)
class ListingLocalization:
    """One language of a version or of the app information."""

    id: str
    locale: str
    values: Values


@dataclass(frozen=True, slots=True)
class ListingPart:
    """An appInfo, or an appStoreVersion: a state, its languages and what all languages share."""

    scope: Scope
    id: str
    state: str
    localizations: tuple[ListingLocalization, ...] = ()
    values: Values = field(default_factory=dict)
    """Copyright of a version, ids of categories of the app information."""
    version: str = ""
    """The version's number as text; "" for the app information."""
    platform: str = ""
    created_at: datetime | None = None

    @property
    def editable(self) -> bool:
        """Whether its texts may be changed now."""
        return state_of(self.scope, self.state).editable

    @property
    def live(self) -> bool:
        """Whether customers see it now."""
        return state_of(self.scope, self.state).live

    @property
    def locales(self) -> tuple[str, ...]:
        """Its languages."""
        return tuple(one.locale for one in self.localizations)

    def localization(self, locale: str) -> ListingLocalization | None:
        """The language, when it has it."""
        return next((one for one in self.localizations if one.locale == locale), None)

    def with_texts(self, texts: Mapping[FieldKey, str]) -> ListingPart:
        """The part with these texts of languages that it has; "" empties a field."""
        shared = {**self.values, **{name: text for (_, locale, name), text in texts.items() if not locale}}
        languages = []
        for one in self.localizations:
            mine = {name: text for (_, locale, name), text in texts.items() if locale == one.locale}
            values = {name: text for name, text in {**one.values, **mine}.items() if text}
            languages.append(replace(one, values=values))
        return replace(
            self,
            localizations=tuple(languages),
            values={name: text for name, text in shared.items() if text},
        )

    def value(self, of: ListingField, locale: str = "") -> str:
        """The text of a field; "" where there is none. `locale` is "" for what all languages share."""
        if not of.localized:
            return self.values.get(of.name, "")
        found = self.localization(locale)
        return found.values.get(of.name, "") if found is not None else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that was read of one app's listing."""

    app_id: str
    name: str
    bundle_id: str
    primary_locale: str
    infos: tuple[ListingPart, ...]
    versions: tuple[ListingPart, ...]
    """Newest first."""
    read_at: datetime | None = None
    notes: tuple[str, ...] = ()
    """What is odd about the answer, a sentence each."""

    def platforms(self) -> tuple[str, ...]:
        """The platforms that have versions, in the order of their newest."""
        return tuple(dict.fromkeys(version.platform for version in self.versions))

    def versions_of(self, platform: str) -> tuple[ListingPart, ...]:
        """The versions of one platform, newest first."""
        return tuple(one for one in self.versions if one.platform == platform)

    def editable_version(self, platform: str = "") -> ListingPart | None:
        """The draft, never the live one. Without a platform: of the first that has one."""
        return next((one for one in self.versions if one.editable and platform in ("", one.platform)), None)

    def live_version(self, platform: str = "") -> ListingPart | None:
        """The version that customers see."""
        return next((one for one in self.versions if one.live and platform in ("", one.platform)), None)

    def editable_info(self) -> ListingPart | None:
        """The app information that can be edited: Apple lists the live one as well, in any order."""
        return next((one for one in self.infos if one.editable), None)

    def live_info(self) -> ListingPart | None:
        """The app information that customers see."""
        return next((one for one in self.infos if one.live), None)

    def with_part(self, part: ListingPart) -> Listing:
        """The listing with this part in the place of the one with its id."""
        infos = tuple(part if one.id == part.id else one for one in self.infos)
        versions = tuple(part if one.id == part.id else one for one in self.versions)
        return replace(self, infos=infos, versions=versions)

    def part(self, part_id: str) -> ListingPart | None:
        """The part with that id."""
        return next((one for one in (*self.infos, *self.versions) if one.id == part_id), None)

    def is_first_version(self, platform: str) -> bool:
        """Whether the app never had another version there: it has no "what's new" then."""
        return len(self.versions_of(platform)) <= 1

    def read_parts(self, platform: str = "") -> Iterator[ListingPart]:
        """What reading means: the editable part, where there is none the live one, else the newest."""
        infos = self.infos[:1]
        info = self.editable_info() or self.live_info() or (infos[0] if infos else None)
        versions = [one for one in self.versions if platform in ("", one.platform)]
        version = self.editable_version(platform) or self.live_version(platform) or next(iter(versions), None)
        yield from (part for part in (info, version) if part is not None)


@dataclass(frozen=True, slots=True)
class ListingEdit:
    """A text that a person wrote, with Apple's text that it was written from."""

    app_id: str
    scope: Scope
    part_id: str
    locale: str
    name: str
    base: str
    text: str
    author: str
    at: datetime
    state: str = ""
    """"", `held` or `refused`."""
    detail: str = ""

    @property
    def key(self) -> EditKey:
        """What names it."""
        return self.app_id, self.scope, self.part_id, self.locale, self.name
