"""What may be edited in which state; which part is the draft."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ascinbox.core.listing.fields import FIELDS, TABLE, Scope
from ascinbox.core.listing.records import Listing, ListingPart
from ascinbox.core.listing.states import INFO_STATES, VERSION_STATES, why_not_editable

OPENAPI = os.environ.get("ASC_OPENAPI", "")
NOTES = TABLE[Scope.VERSION, "whatsNew"]
PROMOTION = TABLE[Scope.VERSION, "promotionalText"]
NAME = TABLE[Scope.INFO, "name"]


def part(scope: Scope, state: str, number: str = "", platform: str = "IOS") -> ListingPart:
    return ListingPart(scope, f"{state}-{number}", state, version=number, platform=platform)


LISTING = Listing(
    "1",
    "Tide Clock",
    "example.tide",
    "en-US",
    (part(Scope.INFO, "READY_FOR_DISTRIBUTION"), part(Scope.INFO, "PREPARE_FOR_SUBMISSION")),
    (
        part(Scope.VERSION, "PREPARE_FOR_SUBMISSION", "5.3"),
        part(Scope.VERSION, "READY_FOR_DISTRIBUTION", "9.1", "MAC_OS"),
        part(Scope.VERSION, "READY_FOR_DISTRIBUTION", "5.2"),
    ),
)


def test_the_draft_is_chosen_and_never_the_live_one() -> None:
    info, version = LISTING.read_parts()
    assert (info.state, version.version) == ("PREPARE_FOR_SUBMISSION", "5.3")
    assert LISTING.editable_version("MAC_OS") is None
    assert [one.version for one in LISTING.read_parts("MAC_OS") if one.scope is Scope.VERSION] == ["9.1"]


def test_the_live_version_takes_its_promotional_text_only() -> None:
    assert not why_not_editable(PROMOTION, "READY_FOR_DISTRIBUTION")
    assert "only its promotional text" in why_not_editable(NOTES, "READY_FOR_DISTRIBUTION")
    assert "in App Review" in why_not_editable(PROMOTION, "IN_REVIEW")
    assert not why_not_editable(NOTES, "WAITING_FOR_REVIEW")
    assert "app information" in why_not_editable(NAME, "READY_FOR_DISTRIBUTION")


def test_a_state_that_nobody_knows_may_not_be_edited() -> None:
    assert "some new thing" in why_not_editable(NOTES, "SOME_NEW_THING")


@pytest.mark.skipif(not OPENAPI, reason="ASC_OPENAPI does not name Apple's OpenAPI description")
def test_fields_and_states_are_apples() -> None:
    schemas = json.loads(Path(OPENAPI).read_text("utf-8"))["components"]["schemas"]
    assert set(VERSION_STATES) == set(schemas["AppVersionState"]["enum"])
    info = schemas["AppInfo"]["properties"]
    assert set(INFO_STATES) == set(info["attributes"]["properties"]["state"]["enum"])
    names = {
        (Scope.INFO, True): schemas["AppInfoLocalization"]["properties"]["attributes"]["properties"],
        (Scope.VERSION, True): schemas["AppStoreVersionLocalization"]["properties"]["attributes"][
            "properties"
        ],
        (Scope.INFO, False): info["relationships"]["properties"],
        (Scope.VERSION, False): schemas["AppStoreVersion"]["properties"]["attributes"]["properties"],
    }
    assert all(field.name in names[field.scope, field.localized] for field in FIELDS)
