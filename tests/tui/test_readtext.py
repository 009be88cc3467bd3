"""What the reading pane says of a review."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ascinbox.core.records import Review, ReviewDetail
from ascinbox.tui.inbox.readtext import ReadingText, heading, narrow_lines, wide_lines
from ascinbox.tui.paint import Line

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
