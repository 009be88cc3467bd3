"""What the reading pane says of a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ascinbox.core.records import EarlierText, Response, Review, ReviewDetail
from ascinbox.core.reviews.language_decision import FoundLanguage, LanguageSource
from ascinbox.core.team import TeamNote
from ascinbox.tui.inbox.readtext import ReadingText, heading, narrow_lines, wide_lines
from ascinbox.tui.paint import Line, width_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def words(line: Line) -> str:
    return "".join(span.text for span in line)


@pytest.mark.parametrize(("version", "shown"), [("5.2", "Tide Clock 5.2 ·"), (None, "Tide Clock ·")])
def test_the_version_stands_beside_the_app(version: str | None, shown: str) -> None:
    review = Review("r1", "42", 1, "Crash", "It ends at once.", "maxi", NOW, "DEU")
    reading = ReadingText(ReviewDetail(review, "North", "Tide Clock", "N", app_version=version))
    assert shown in words(heading(reading, NOW, 100))
    assert any(shown in words(line) for line in wide_lines(reading, NOW, 60, 10))


def test_the_store_stands_beside_the_app_where_it_needs_saying() -> None:
    review = Review("play:com.a.b:1", "com.a.b", 1, "", "It ends at once.", "maxi", NOW, None)
    detail = ReviewDetail(review, "North", "Tide Clock", "N", app_version="5.2")
    told = ReadingText(detail, store="Google Play")
    assert "Tide Clock 5.2 · Google Play ·" in words(heading(told, NOW, 100))
    assert any(
        "Tide Clock 5.2 · " in words(line) and words(line).endswith("Google Play")
        for line in wide_lines(told, NOW, 70, 10)
    )
    assert "Google Play" not in words(heading(ReadingText(detail), NOW, 100))


@pytest.mark.parametrize("width", [32, 36, 44, 60])
def test_by_when_it_is_to_be_answered_is_never_cut(width: int) -> None:
    due = NOW + timedelta(hours=3)
    reading = ReadingText(replace(FULL, due_at=due))
    local = due.astimezone()
    moment = f"{local:%a} {local.day} {local:%b %H:%M}"
    assert any(line.startswith(" due 3h: ") and line.endswith(moment) for line in shown(reading, width))


@pytest.mark.parametrize(
    ("hours", "shown", "role"),
    [(-2, "overdue 2h: to be answered by ", "bad"), (3, "due 3h: to be answered by ", "warn")],
)
def test_by_when_it_is_to_be_answered_stands_in_the_pane(hours: int, shown: str, role: str) -> None:
    review = Review("r1", "42", 1, "Crash", "It ends at once.", "maxi", NOW, "DEU")
    due = NOW + timedelta(hours=hours)
    reading = ReadingText(ReviewDetail(review, "North", "Tide Clock", "N", due_at=due))
    without = ReadingText(ReviewDetail(review, "North", "Tide Clock", "N"))
    local = due.astimezone()
    for lines, none in (
        (wide_lines(reading, NOW, 60, 10), wide_lines(without, NOW, 60, 10)),
        (
            narrow_lines(reading, NOW, 60, whole=True, limit=10),
            narrow_lines(without, NOW, 60, whole=True, limit=10),
        ),
    ):
        (line,) = (line for line in lines if "to be answered" in words(line))
        assert words(line) == f" {shown}{local:%a} {local.day} {local:%b %H:%M}"
        assert line[0].role == role
        assert [other for other in lines if other is not line] == none


FULL = ReviewDetail(
    Review(
        "r1", "42", 1, "Stürzt ab", "Seit dem Update.", "maxi_b", NOW - timedelta(days=13), "DEU",
        response=Response("x", "Danke.", "PUBLISHED", NOW - timedelta(days=10)),
    ),
    "North", "Tide Clock", "C", app_version="5.2",
    tags=("crash", "iCloud"),
    note="ticket 4411",
    assignee="anna",
    flagged=True,
    draft="Hallo",
    changed_at=NOW - timedelta(days=3),
    earlier=EarlierText(2, "Lädt sehr langsam", "Dauert ewig, bis die Karte da ist.", NOW),
    language=FoundLanguage("de", None, LanguageSource.PERSON),
    thread=(TeamNote("r1", "anna", "out in 5.2.1", NOW - timedelta(hours=2), "1"),),
)  # fmt: skip


def shown(reading: ReadingText, width: int, *, wide: bool = True, ascii_only: bool = False) -> list[str]:
    lines = (
        wide_lines(reading, NOW, width, 10, ascii_only=ascii_only)
        if wide
        else narrow_lines(reading, NOW, width, whole=True, limit=10, ascii_only=ascii_only)
    )
    assert all(width_of(line) <= width for line in lines)
    return [words(line).rstrip() for line in lines]


def test_what_belongs_to_a_review_stands_behind_quiet_labels() -> None:
    assert shown(ReadingText(FULL, "1/37", alike='6 say "crash"'), 60) == [
        " ★☆☆☆☆  Stürzt ab",
        " maxi_b · Tide Clock 5.2 · Germany · 13d · lang de",
        " ↻ changed 3d ago, was ★★☆☆☆                          1/37",
        "",
        " Seit dem Update.",
        "",
        " before  ★★☆☆☆ Lädt sehr langsam",
        "         Dauert ewig, bis die Karte da ist.",
        "",
        " your draft",
        " Hallo",
        "",
        " our reply · public · 10d",
        " Danke.",
        "",
        " notes   ticket 4411",
        "         anna 2h  out in 5.2.1",
        "",
        " tags     crash   iCloud",
        "",
        " assigned to anna · flagged",
        "",
        ' similar 6 say "crash"',
    ]


def test_no_heading_shouts() -> None:
    for wide in (True, False):
        for line in shown(ReadingText(FULL), 60, wide=wide):
            assert line == line.upper() or not any(
                word.isupper() and len(word) > 3 for word in line.split()
            ), line


@pytest.mark.parametrize("width", [20, 33, 40, 60, 92])
@pytest.mark.parametrize("wide", [True, False])
def test_every_line_fits(width: int, *, wide: bool) -> None:
    assert shown(ReadingText(FULL, "1/37", store="App Store Connect", alike="x" * 90), width, wide=wide)


@pytest.mark.parametrize(
    ("width", "first", "second"),
    [
        (80, " maxi_b · Tide Clock 5.2 · Germany · 13d · lang de · App Store Connect", ""),
        (60, " maxi_b · Tide Clock 5.2 · Germany · 13d · lang de", ""),
        (44, " maxi_b · Tide Clock 5.2 · Germany · 13d", ""),
        (38, " maxi_b · Tide Clock 5.2 · DE · 13d", ""),
        (24, " maxi_b · Tide Clock 5…", ""),
    ],
)
def test_a_country_has_its_name_where_there_is_room(width: int, first: str, second: str) -> None:
    lines = shown(ReadingText(FULL, "1/37", store="App Store Connect"), width)
    assert lines[1] == first
    assert second in lines[2]


def test_of_what_has_no_room_the_first_facts_stay_whole() -> None:
    reading = ReadingText(replace(FULL, changed_at=None), "1/37", store="App Store Connect")
    assert shown(reading, 44)[2] == " lang de · App Store Connect          1/37"
    assert shown(reading, 30)[2] == " lang de                1/37"


def test_the_heading_of_a_narrow_pane_names_the_country_where_it_fits() -> None:
    reading = ReadingText(FULL, "1/37")
    assert "Tide Clock 5.2 · Germany · 13d · maxi_b ─" in words(heading(reading, NOW, 80))
    assert "Tide Clock 5.2 · DE · 13d · maxi_b ─" in words(heading(reading, NOW, 64))


@pytest.mark.parametrize(
    ("facts", "state", "shown_as"),
    [
        ({}, "PUBLISHED", "our reply · public"),
        ({}, "PENDING_PUBLISH", "our reply · at Apple"),
        ({}, "ODD", "our reply · ODD"),
        ({"response_by": "paul"}, "PUBLISHED", "paul's reply · public"),
        ({"response_by": ""}, "PUBLISHED", "the reply · public"),
        ({"answered_elsewhere": True}, "PUBLISHED", "somebody else's reply · public"),
    ],
)
def test_a_reply_says_whose_it_is_and_who_sees_it(facts: dict[str, Any], state: str, shown_as: str) -> None:
    review = replace(FULL.review, response=Response("x", "Danke.", state, NOW - timedelta(days=10)))
    detail = replace(FULL, review=review, **facts)
    assert f" {shown_as} · 10d" in shown(ReadingText(detail), 60)
    assert any(line.startswith(f" {shown_as}") for line in shown(ReadingText(detail), 60, wide=False))


def test_tags_are_chips_and_in_brackets_in_ascii() -> None:
    (line,) = (one for one in wide_lines(ReadingText(FULL), NOW, 60, 10) if "crash" in words(one))
    assert [span.text for span in line if span.role == "chip"] == [" crash ", " iCloud "]
    assert " tags    [crash] [iCloud]" in shown(ReadingText(FULL), 60, ascii_only=True)
    many = replace(FULL, tags=tuple(f"tag-{n}" for n in range(12)))
    lines = shown(ReadingText(many), 40, ascii_only=True)
    assert sum("[tag-" in line for line in lines) == 4
