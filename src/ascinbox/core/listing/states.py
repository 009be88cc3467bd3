"""States of versions and of app information: in words, and what may be edited in each. Pure.

States: `AppVersionState` and `AppInfo.state` of Apple's OpenAPI description. What may be edited in which is
from Apple's help pages, and where those are silent from what other tools saw Apple refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from ascinbox.core.listing.fields import ListingField, Scope


@dataclass(frozen=True, slots=True)
class ListingState:
    """What one state means for the texts."""

    words: str
    editable: bool = False
    """Whether the texts may be changed."""
    languages: bool = False
    """Whether languages may be added and removed."""
    live: bool = False
    """Whether customers see it now."""
    past: bool = False
    """Whether a newer one took its place."""


_EDITABLE = {"editable": True, "languages": True}

VERSION_STATES: MappingProxyType[str, ListingState] = MappingProxyType(
    {
        "PREPARE_FOR_SUBMISSION": ListingState("being prepared", **_EDITABLE),
        "DEVELOPER_REJECTED": ListingState("taken back by you", **_EDITABLE),
        "REJECTED": ListingState("rejected by App Review", **_EDITABLE),
        "METADATA_REJECTED": ListingState("texts rejected by App Review", **_EDITABLE),
        "INVALID_BINARY": ListingState("build is invalid", **_EDITABLE),
        "WAITING_FOR_REVIEW": ListingState("waits for App Review", editable=True),
        "READY_FOR_REVIEW": ListingState("ready to be submitted", editable=True),
        "WAITING_FOR_EXPORT_COMPLIANCE": ListingState("waits for export compliance"),
        "IN_REVIEW": ListingState("in App Review"),
        "ACCEPTED": ListingState("accepted"),
        "PENDING_APPLE_RELEASE": ListingState("waits for its release by Apple"),
        "PENDING_DEVELOPER_RELEASE": ListingState("waits for its release by you"),
        "PROCESSING_FOR_DISTRIBUTION": ListingState("being processed for the App Store"),
        "READY_FOR_DISTRIBUTION": ListingState("in the App Store", live=True),
        "REPLACED_WITH_NEW_VERSION": ListingState("replaced by a newer version", past=True),
    }
)

INFO_STATES: MappingProxyType[str, ListingState] = MappingProxyType(
    {
        "PREPARE_FOR_SUBMISSION": ListingState("being prepared", **_EDITABLE),
        "DEVELOPER_REJECTED": ListingState("taken back by you", **_EDITABLE),
        "REJECTED": ListingState("rejected by App Review", **_EDITABLE),
        "WAITING_FOR_REVIEW": ListingState("waits for App Review", editable=True),
        "READY_FOR_REVIEW": ListingState("ready to be submitted", editable=True),
        "IN_REVIEW": ListingState("in App Review"),
        "ACCEPTED": ListingState("accepted"),
        "PENDING_RELEASE": ListingState("waits for its release"),
        "READY_FOR_DISTRIBUTION": ListingState("in the App Store", live=True),
        "REPLACED_WITH_NEW_INFO": ListingState("replaced by newer information", past=True),
    }
)


def state_of(scope: Scope, state: str) -> ListingState:
    """What a state means; one that is not known may not be edited and is shown as Apple writes it."""
    table = VERSION_STATES if scope is Scope.VERSION else INFO_STATES
    return table.get(state) or ListingState(state.replace("_", " ").lower() or "state unknown")


def why_not_editable(field: ListingField, state: str) -> str:
    """Why this field cannot be changed in that state now; "" where it can."""
    meaning = state_of(field.scope, state)
    if meaning.editable or (field.live and meaning.live):
        return ""
    what = "The version" if field.scope is Scope.VERSION else "The app information"
    if meaning.live:
        rest = "only its promotional text can be changed" if field.scope is Scope.VERSION else "it is fixed"
        return f"{what} is {meaning.words}: {rest} until there is a new version."
    return f"{what} is not editable now: it is {meaning.words}."
