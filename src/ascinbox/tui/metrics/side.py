"""What stands beside or under the table about one app: storefronts, replies, ratings, Apple's digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest

from rich.cells import cell_len

from ascinbox.core.listing.platforms import platform_name
from ascinbox.core.metrics.overview import AppDetail, change
from ascinbox.core.metrics.table import Value
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.reviews.territories import name as territory_name
from ascinbox.tui.metrics.cells import TableCell
from ascinbox.tui.metrics.text import TableLook, sparkline
from ascinbox.tui.paint import BLANK, Line, clip, line, pad, rule, text_of, width_of, wrap
from ascinbox.tui.paint import PaintSpan as Piece

SIDE_WIDTH = 46
LARGEST_BAR = 48


def beside(
    left: Sequence[Line], right: Sequence[Line], width: int, height: int, *, ascii_only: bool
) -> list[Line]:
    """Two columns of lines with a bar between; the left one is `width` wide."""
    bar = "| " if ascii_only else "│ "
    lines = []
    for number in range(height):
        one = left[number] if number < len(left) else BLANK
        other = right[number] if number < len(right) else BLANK
        gap = " " * max(0, width - cell_len(text_of(one)))
        lines.append(line(*one, gap, Piece(bar, "rule"), *other))
    return lines


def side_panel(detail: AppDetail, look: TableLook) -> list[Line]:
    """The column beside the plot: storefronts, replies, ratings."""
    half = (look.width - 2) // 2
    replies, ratings = _replies_short(detail, half), _ratings_short(detail, look, half)
    beneath = [
        line(*one, " " * (look.width - half - width_of(one)), *other)
        for one, other in zip_longest(replies, ratings, fillvalue=BLANK)
    ]
    return [*_places(detail, look), BLANK, *beneath]


def ratings_panel(detail: AppDetail, look: TableLook, height: int) -> list[Line]:
    """Ratings of one app in full: distribution, weeks, replies and Apple's digests."""
    half = look.width // 2 - 1
    bars = [line(" ", *one) for one in _distribution(detail, look, half - 2)]
    left = [*bars, *_weeks(detail, look, half)]
    right = _replies(detail, look.width - half - 3)
    both = beside(left, right, half, max(len(left), len(right)), ascii_only=look.ascii)
    head = rule(f"{detail.app.name} · ratings", _mean_words(detail), look.width)
    return [head, *both, *digest_lines(detail, look.width)][:height]


def _places(detail: AppDetail, look: TableLook) -> list[Line]:
    width = look.width
    head = f"{'TOP COUNTRIES (b)':<{width - 17}} {'Units':>8}{'+/-':>8}"
    lines = [line(Piece(clip(head, width), "strong"))]
    for place in detail.places:
        told = change(place.compared, place.before)
        percent = "" if told is None else f"{told * 100:+.1f}%"
        name = f"{alpha2(place.territory)} {territory_name(place.territory)}"
        lines.append(
            line(
                f"{pad(name, width - 17)} {place.units:>8,}",
                Piece(f"{percent:>8}", TableCell(percent, 8, is_change=True).role),
            )
        )
    if not detail.places:
        lines.append(line(Piece("no sales published for these days", "dim")))
    if detail.other_places:
        lines.append(
            line(Piece(f"{pad(f'{detail.other_places} more', width - 17)} {detail.other_units:>8,}", "dim"))
        )
    return lines


def _replies(detail: AppDetail, width: int) -> list[Line]:
    now = detail.reviews
    rows = (
        ("needs reply now", f"{detail.needs_reply:,}"),
        ("replied", f"{_count(now, 'replied')} of {_count(now, 'reviews')}{_share(now, 'reply_rate')}"),
        ("median time to reply", _hours(now.get("median_reply_hours"))),
        ("replied within 24 h", _percent(now.get("replied_in_a_day"))),
        ("rating went up after reply", str(_count(now, "raised"))),
        ("rating went down", str(_count(now, "lowered"))),
    )
    return _reply_lines(rows, width)


def _replies_short(detail: AppDetail, width: int) -> list[Line]:
    now = detail.reviews
    rows = (
        ("needs reply", f"{detail.needs_reply:,}"),
        ("replied", f"{_count(now, 'replied')} of {_count(now, 'reviews')}"),
        ("median", _hours(now.get("median_reply_hours"))),
        ("within 24 h", _percent(now.get("replied_in_a_day"))),
        ("stars up, down", f"{_count(now, 'raised')}, {_count(now, 'lowered')}"),
    )
    return _reply_lines(rows, width)


def _reply_lines(rows: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """The heading, then words at the left and values at the right edge."""
    lines = [line(Piece("REPLIES", "strong"))]
    for words, value in rows:
        room = max(1, width - cell_len(words))
        lines.append(line(Piece(words, "dim"), clip(f"{value:>{room}}", room)))
    return lines


def _ratings_short(detail: AppDetail, look: TableLook, width: int) -> list[Line]:
    weeks = sparkline(detail.trend, max(1, len(detail.trend)), ascii_only=look.ascii)
    return [
        line(Piece(clip(f"RATINGS {_mean_words(detail).removeprefix('mean ')}", width), "strong")),
        *_distribution(detail, look, width),
        line(Piece(clip(f"weeks {weeks}", width), "dim")),
    ]


def _distribution(detail: AppDetail, look: TableLook, width: int) -> list[Line]:
    stars = _stars(detail.reviews)
    most = max(stars.values(), default=0) or 1
    counts = max(cell_len(f"{most:,}"), 2)
    room = max(1, min(LARGEST_BAR, width - counts - 4))
    full, star_sign = ("#", "*") if look.ascii else ("█", "★")
    lines = []
    for star in range(5, 0, -1):
        bar = full * round(stars[star] / most * room)
        role = "bad" if star < 3 else "warn" if star == 3 else "accent"
        lines.append(
            line(
                f"{star}{star_sign} ", Piece(pad(bar, room), role), Piece(f" {stars[star]:>{counts},}", "dim")
            )
        )
    return lines


def _weeks(detail: AppDetail, look: TableLook, width: int) -> list[Line]:
    known = ["?" if mean is None else f"{mean:.1f}" for mean in detail.trend]
    if not known:
        return []
    shape = sparkline(detail.trend, max(1, min(len(detail.trend), width - 8)), ascii_only=look.ascii)
    return [line(Piece(clip(f" weeks {shape}  {' '.join(known[-5:])}", width), "dim"))]


def digest_lines(detail: AppDetail, width: int) -> list[Line]:
    """Apple's digests, the newest first, each under a heading of its own."""
    lines: list[Line] = []
    for digest in detail.summaries:
        told = f" {digest.created_at:%d %b %Y}" if digest.created_at else ""
        where = " ".join(
            part for part in (digest.territory, digest.locale, platform_name(digest.platform)) if part
        )
        lines.append(line(Piece(clip(f" APPLE'S SUMMARY {where}{told}", width), "strong")))
        lines += [line(f" {part}") for part in wrap(digest.text, width - 1, limit=12)]
    return lines


def _mean_words(detail: AppDetail) -> str:
    now = detail.reviews.get("average")
    if not isinstance(now, int | Decimal):
        return "no ratings"
    one, other = detail.reviews_compared.get("average"), detail.reviews_before.get("average")
    difference = ""
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        difference = f" ({Decimal(one) - Decimal(other):+.2f})"
    return f"mean {now:.2f}{difference}"


def _stars(figures: Mapping[str, Value]) -> dict[int, int]:
    counted = figures.get("stars")
    known = counted if isinstance(counted, Mapping) else {}
    return {star: int(known.get(str(star), 0)) for star in range(1, 6)}


def _count(figures: Mapping[str, Value], name: str) -> int:
    value = figures.get(name)
    return int(value) if isinstance(value, int | Decimal) else 0


def _share(figures: Mapping[str, Value], name: str) -> str:
    value = figures.get(name)
    return f" ({Decimal(value) * 100:.0f}%)" if isinstance(value, int | Decimal) else ""


def _percent(value: Value) -> str:
    return f"{Decimal(value) * 100:.0f}%" if isinstance(value, int | Decimal) else "-"


def _hours(value: Value) -> str:
    if not isinstance(value, int | Decimal):
        return "-"
    return f"{round(value)}h" if value < 48 else f"{round(value / 24)}d"
