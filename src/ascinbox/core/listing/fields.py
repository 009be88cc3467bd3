"""The one table of the listing's fields: Apple's name, fastlane's file, limits. Pure.

Names and types: AppInfoLocalization, AppStoreVersionLocalization, AppStoreVersion and AppInfo of Apple's
OpenAPI description. Apple's description holds no limits: they are from Apple's page "Platform version
information" and from what its web form refuses. Files: deliver's `upload_metadata.rb` of fastlane.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Scope(StrEnum):
    """Which of Apple's resources a field belongs to."""

    INFO = "info"
    """The app information: name and subtitle, the same for every version."""
    VERSION = "version"
    """One version of one platform."""


class FieldKind(StrEnum):
    """What a field holds, which says how it is checked and edited."""

    LINE = "line"
    TEXT = "text"
    KEYWORDS = "keywords"
    URL = "url"
    CATEGORY = "category"
    """The id of an AppCategory, such as `UTILITIES`."""


@dataclass(frozen=True, slots=True)
class ListingField:
    """One field of the listing."""

    name: str
    """Apple's attribute (or relationship, for categories)."""
    scope: Scope
    title: str
    """In a column or a sentence."""
    file: str
    """The name of its file in fastlane's folder, without `.txt`; "" where fastlane has none."""
    kind: FieldKind = FieldKind.TEXT
    least: int = 0
    """Characters it has at least, when it has any."""
    most: int = 0
    """Characters it may have; 0: no limit is known."""
    localized: bool = True
    live: bool = False
    """Whether it may be changed on the version that is in the store."""
    required: bool = False
    """Whether Apple refuses to review a language without it."""

    @property
    def key(self) -> tuple[Scope, str]:
        """What names it among all fields."""
        return self.scope, self.name


_INFO, _VERSION = Scope.INFO, Scope.VERSION

FIELDS: tuple[ListingField, ...] = (
    ListingField("name", _INFO, "Name", "name", FieldKind.LINE, 2, 30, required=True),
    ListingField("subtitle", _INFO, "Subtitle", "subtitle", FieldKind.LINE, most=30),
    ListingField("promotionalText", _VERSION, "Promotional text", "promotional_text", most=170, live=True),
    ListingField("description", _VERSION, "Description", "description", least=10, most=4000, required=True),
    ListingField("keywords", _VERSION, "Keywords", "keywords", FieldKind.KEYWORDS, most=100, required=True),
    ListingField("whatsNew", _VERSION, "What's new", "release_notes", least=4, most=4000),
    ListingField(
        "supportUrl", _VERSION, "Support URL", "support_url", FieldKind.URL, most=2048, required=True
    ),
    ListingField("marketingUrl", _VERSION, "Marketing URL", "marketing_url", FieldKind.URL, most=2048),
    ListingField("privacyPolicyUrl", _INFO, "Privacy policy URL", "privacy_url", FieldKind.URL, most=2048),
    ListingField("privacyChoicesUrl", _INFO, "Privacy choices URL", "", FieldKind.URL, most=2048),
    ListingField("privacyPolicyText", _INFO, "Privacy policy (Apple TV)", "apple_tv_privacy_policy"),
    ListingField("copyright", _VERSION, "Copyright", "copyright", FieldKind.LINE, localized=False),
    ListingField(
        "primaryCategory", _INFO, "Primary category", "primary_category", FieldKind.CATEGORY, localized=False
    ),
    ListingField(
        "secondaryCategory",
        _INFO,
        "Secondary category",
        "secondary_category",
        FieldKind.CATEGORY,
        localized=False,
    ),
    ListingField(
        "primarySubcategoryOne",
        _INFO,
        "Primary subcategory 1",
        "primary_first_sub_category",
        FieldKind.CATEGORY,
        localized=False,
    ),
    ListingField(
        "primarySubcategoryTwo",
        _INFO,
        "Primary subcategory 2",
        "primary_second_sub_category",
        FieldKind.CATEGORY,
        localized=False,
    ),
    ListingField(
        "secondarySubcategoryOne",
        _INFO,
        "Secondary subcategory 1",
        "secondary_first_sub_category",
        FieldKind.CATEGORY,
        localized=False,
    ),
    ListingField(
        "secondarySubcategoryTwo",
        _INFO,
        "Secondary subcategory 2",
        "secondary_second_sub_category",
        FieldKind.CATEGORY,
        localized=False,
    ),
)
"""In the order in which they are shown."""

LANGUAGE = "locale"
"""Apple's attribute of a language itself: what adding one without any text changes."""
_LANGUAGE_ITSELF = tuple(
    ListingField(LANGUAGE, scope, "Language", "", FieldKind.LINE, localized=True) for scope in Scope
)
TABLE: MappingProxyType[tuple[Scope, str], ListingField] = MappingProxyType(
    {f.key: f for f in (*FIELDS, *_LANGUAGE_ITSELF)}
)
LOCALIZED: tuple[ListingField, ...] = tuple(f for f in FIELDS if f.localized)
"""What each language has of its own."""
BY_FILE: MappingProxyType[str, ListingField] = MappingProxyType({f.file: f for f in FIELDS if f.file})
"""Fields by fastlane's file name, without `.txt`."""


def field_of(scope: str, name: str) -> ListingField:
    """The row of a field; KeyError for a name that Apple does not have there."""
    return TABLE[Scope(scope), name]


def in_scope(scope: Scope, *, localized: bool = True) -> tuple[ListingField, ...]:
    """The fields of one resource, in the order in which they are shown."""
    return tuple(f for f in FIELDS if f.scope is scope and f.localized is localized)


LOCALES: tuple[str, ...] = tuple(
    "ar-SA bn-BD ca cs da de-DE el en-AU en-CA en-GB en-US es-ES es-MX fi fr-CA fr-FR gu-IN he hi hr hu id "
    "it ja kn-IN ko ml-IN mr-IN ms nl-NL no or-IN pa-IN pl pt-BR pt-PT ro ru sk sl-SI sv ta-IN te-IN th tr "
    "uk ur-PK vi zh-Hans zh-Hant".split()
)
"""Languages of the App Store. No request lists them: from fastlane's `languages.rb`."""

_BY_FOLDED = {locale.casefold(): locale for locale in LOCALES}


def known_locale(text: str) -> str | None:
    """The locale as Apple writes it, whatever its case; None for one that the App Store does not have."""
    return _BY_FOLDED.get(text.strip().casefold())
