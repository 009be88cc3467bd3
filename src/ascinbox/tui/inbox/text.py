"""What the Inbox says, and how it reads what is typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.dates import parse_duration
from ascinbox.core.filters import SortKey
from ascinbox.core.reviews.due_words import NOT_IN_USE
from ascinbox.tui.inbox.rows import Total
from ascinbox.tui.paint import TICK

if TYPE_CHECKING:
    from ascinbox.tui.chrome_text import FrameState
    from ascinbox.tui.inbox.state import InboxState, NextView

SORTS: Mapping[SortKey, str] = {
    SortKey.OLDEST: "oldest first",
    SortKey.NEWEST: "newest first",
    SortKey.RATING: "lowest rating first",
    SortKey.CHANGED: "last changed first",
    SortKey.LONGEST: "longest first",
    SortKey.DUE: "most overdue first",
}
BAR_HELP = "tab completes · enter keeps · esc undoes"
MORNING = time(9, 0)


def many_reviews(count: int) -> str:
    """`4,812 reviews`: what an act on several is asked and told about."""
    return f"{count:,} reviews"


def counts_words(*, waiting: int, selected: int, total: Total, of: Total, left: Total, sync_key: str) -> str:
    """`2 selected · 12 left of 4,812`, and `+4 new (F5 shows)` before it.

    In a list that also has reviews that need nobody: `37 of 4,812 · 12 left`.
    """
    parts = []
    if waiting:
        parts.append(f"+{waiting} new ({sync_key} shows)")
    if selected:
        parts.append(f"{selected:,} selected")
    if total.count or of.count:
        # Where there is no review at all, or nobody knows yet, nothing is left to count.
        every = "" if of.count is None else f" of {of}"
        if left.count == 0 and (total.count or of.count):
            parts.append(f"{total}{every} · {TICK} none left")
        elif left == total:
            parts.append(f"{left} left{every}")
        else:
            parts.append(f"{total}{every}" + (f" · {left} left" if left.count else ""))
    return " · ".join(parts)


def empty_lines(state: InboxState, frame: FrameState, shown: Callable[[str], str]) -> tuple[str, ...]:
    """Why no review is listed and the next key, in place of rows; `shown` gives the key of an action."""
    if frame.preparing:
        return (
            "Invented accounts and reviews are being made: a few seconds.",
            f"Then {shown('tour')} shows you around, and {shown('help')} the keys.",
        )
    if not frame.accounts and frame.member:
        return (
            "Nothing of the team's is here yet: its reviews come by themselves.",
            "If none come, ask an admin whether a worker syncs (ascinbox team status).",
        )
    if not frame.accounts:
        return (f"No account is linked. {shown('add')} links one.",)
    if frame.synced_at is None:
        if frame.syncing:
            return (
                f"The first sync: {frame.syncing}",
                "Reviews appear here by themselves, page by page; nothing has to be pressed.",
            )
        if frame.fetches:
            return (f"Never synced. The first sync begins by itself; {shown('sync')} begins it now.",)
        return (f"Never synced. {shown('sync')}",)
    others = f"{shown('view_next')} other views"
    if state.query.asks_clock and not state.has_clock:
        return (NOT_IN_USE, f"docs/filters.md shows how. {others}")
    if state.query_text and (state.view is None or state.views[state.view].query != state.query_text):
        goes_on = () if state.next_view is None else (_goes_on(state.next_view, shown),)
        return (
            f"No review matches {state.query_text!r} in All ({state.total_all}).",
            f"{shown('filter')} changes the filter, {others}",
            *goes_on,
        )
    if state.next_view is not None:
        following = state.next_view
        return (
            f"{TICK} Nothing is left in {state.view_name}.",
            _goes_on(following, shown),
            f"{others}, {shown('undo')} takes the last act back",
        )
    if state.view_name == "Needs reply":
        snoozed = state.view_counts.get("Snoozed")
        waiting = f" {snoozed} snoozed." if snoozed is not None and snoozed.count else ""
        return (f"{TICK} Nothing needs you.{waiting} {others}",)
    return (f"Nothing in {state.view_name}. {others}",)


def _goes_on(following: NextView, shown: Callable[[str], str]) -> str:
    return f"{shown('open')} goes on with {following.name}: {following.left} left"


def morning(now: datetime, days: int) -> datetime:
    """Nine o'clock, so many days from `now` (aware, local)."""
    return datetime.combine(now.date() + timedelta(days=days), MORNING).astimezone()


def snooze_moment(text: str, now: datetime) -> datetime | None:
    """`2026-12-01`, `5d`, `2w` or `8h` as a moment; None for anything else or a past one."""
    span = parse_duration(text)
    if span is not None:
        return now + span if span > timedelta(0) else None
    try:
        until = datetime.combine(datetime.strptime(text.strip(), "%Y-%m-%d").date(), MORNING).astimezone()
    except ValueError:
        return None
    return until if until > now else None


def tag_changes(text: str, own: Sequence[str]) -> tuple[list[str], list[str]]:
    """What a line of tags adds and takes away, for a review that has `own`."""
    words = [word.lstrip("#") for word in text.split()]
    remove = [word[1:] for word in words if word.startswith("-") and len(word) > 1]
    wanted = [word for word in words if not word.startswith("-") and word]
    folded = {word.casefold() for word in wanted}
    remove += [tag for tag in own if tag.casefold() not in folded and tag not in remove]
    mine = {tag.casefold() for tag in own}
    return [word for word in wanted if word.casefold() not in mine], remove
