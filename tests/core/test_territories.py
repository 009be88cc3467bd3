"""Codes and names of territories."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.reviews import territories


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DEU"),
        ("deu", "DEU"),
        ("Germany", "DEU"),
        ("  united   states ", "USA"),
        ("turkiye", "TUR"),
        ("Turkey", "TUR"),
        ("XK", "XKS"),
        ("XKX", "XKS"),
        ("UK", "GBR"),
        ("cote d'ivoire", "CIV"),
        ("Curacao", "CUW"),
        ("guinea bissau", "GNB"),
        ("AN", "ANT"),
    ],
)
def test_alpha3_from_codes_and_names(text: str, code: str) -> None:
    assert territories.alpha3(text) == code


@pytest.mark.parametrize("text", ["", "ZZ", "QQQ", "Atlantis", "D", "\x00", "\ud800"])
def test_no_such_territory(text: str) -> None:
    assert territories.alpha3(text) is None


def test_codes_and_names_are_unique_and_lead_back() -> None:
    assert len(territories.CODES) == 233
    assert list(territories.CODES) == sorted(territories.CODES)
    assert {"XKS", "ANT"} <= set(territories.CODES)
    assert len({territories.alpha2(code) for code in territories.CODES}) == 233
    for code in territories.CODES:
        assert len(territories.alpha2(code)) == 2
        assert territories.alpha3(territories.alpha2(code)) == code
        assert territories.alpha3(territories.name(code)) == code
        assert territories.alpha3(code.lower()) == code


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert territories.alpha2("QQX") == "QQ"
    assert territories.name("QQX") == "QQX"
    assert territories.alpha2("") == ""


def test_a_mistyped_name_finds_the_nearest() -> None:
    assert territories.similar("Germny") == "DEU"
    assert territories.similar("xyzzy") is None


@given(st.text(max_size=30))
def test_any_text_may_be_asked_for(text: str) -> None:
    assert territories.alpha3(text) in {None, *territories.CODES}


def test_the_codes_are_apples() -> None:
    description = os.environ.get("ASC_OPENAPI")
    if not description:
        pytest.skip("ASC_OPENAPI does not name Apple's OpenAPI description")
    parameters = json.loads(Path(description).read_text("utf-8"))["paths"]["/v1/apps/{id}/customerReviews"][
        "get"
    ]["parameters"]
    enum = next(p["schema"]["items"]["enum"] for p in parameters if p["name"] == "filter[territory]")
    assert set(territories.CODES) == set(enum)
