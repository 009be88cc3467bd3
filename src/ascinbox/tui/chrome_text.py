"""What tab bar and status line say, in a given width. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.outbox.sentences import seconds_left, unsent_words
from ascinbox.core.text import list_cell
from ascinbox.tui.paint import Line, PaintSpan, clip, line, ticked
from ascinbox.tui.places import PLACES

if TYPE_CHECKING:
    from ascinbox.tui.actions import Keymap


class Tab(NamedTuple):
    """One of the top screens in the tab bar."""

    id: str
    key: str
    title: str


def tabs_of(keymap: Keymap) -> tuple[Tab, ...]:
    """The tabs with the keys that lead to them."""
    return tuple(Tab(place.id, keymap.shown(f"go_{place.id}"), place.title) for place in PLACES)


@dataclass(frozen=True, slots=True)
class FrameState:
    """What the frame tells on every screen."""

    demo: bool = False
    preparing: bool = False
    """The demo's accounts and reviews are still being made."""
    counts: Mapping[str, str] = field(default_factory=dict)
    """Screen id to the number behind its name: `37`, `!2`."""
    accounts: int | None = None
    """None: nobody has looked yet."""
    several_stores: bool | None = None
    """Whether accounts of more than one store are linked; None: nobody has looked yet."""
    synced_at: datetime | None = None
    overdue: bool = False
    """Two regular syncs were missed."""
    syncing: str = ""
    """What is being fetched now, in a few words."""
    unfetched: frozenset[str] = frozenset()
    """Data sets that were chosen and of which no sync has ended yet."""
    fetches: bool = False
    """Syncs run by themselves."""
    budget: tuple[int, int] | None = None
    """Requests left and allowed in the rolling hour, of the key that has fewest left."""
    queued: int = 0
    undo_until: datetime | None = None
    """Until when this person's youngest queued reply can be taken back."""
    undo_window_s: float = 0.0
    """How long it could be in all."""
    undo_for: str = ""
    """Whom it is for."""
    due_since: datetime | None = None
    """Since when the first of them is for a worker of the team to send; None for a person alone."""
    to_approve: int = 0
    """Replies that wait for a publisher, where this person may be one."""
    online: bool | None = None
    health: tuple[str, ...] = ()
    """A few words per account, for wide terminals."""
    away: str = ""
    """Why the team does not take this member's program, in a clause; empty where it does, or is not there."""
    member: bool = False
    """A member of a team: the team's workers hold the keys and link the accounts."""
    hands_over: bool = False
    """What this person writes waits for somebody else to publish it."""
    no_writing: str = ""
    """Why this person changes nothing that the team sees, as a sentence; empty when they may."""
    no_approving: str = ""
    """Why this person publishes nothing that others wrote; empty when they may."""
    to_settle: int = 0
    """Own acts that met a change by a teammate and wait for a choice."""


def tab_line(tabs: Sequence[Tab], active: str, state: FrameState, right: str, width: int) -> Line:
    """`[1 Inbox 37]  2 Outbox 2 ...      DEMO`; narrow terminals see the other tabs as their numbers."""
    tail = " · ".join(filter(None, (right, "DEMO" if state.demo else "")))
    for name, gap in ((_full, 1), (_full, 0), (_short, 1), (_key_only, 1), (_key_only, 0)):
        labels = [
            (tab.id == active, name(tab, state.counts.get(tab.id, ""), tab.id == active)) for tab in tabs
        ]
        used = 1 + sum(cell_len(label) + 2 + gap for _, label in labels) - gap
        if used + (cell_len(tail) + 1 if tail else 0) <= width:
            break
    spans: list[str | PaintSpan] = [" "]
    for number, (chosen, label) in enumerate(labels):
        spans.append(PaintSpan(f"[{label}]" if chosen else f" {label} ", "tab" if chosen else "text"))
        if number < len(labels) - 1:
            spans.append(" " * gap)
    room = width - used
    if room > cell_len(tail) + 1:
        room -= 1
    if tail and room > cell_len(tail):
        spans.append(" " * (room - cell_len(tail)))
        if state.demo:
            spans += [*ticked(tail.removesuffix("DEMO"), "dim"), PaintSpan("DEMO", "demo")]
        else:
            spans += ticked(tail, "dim")
    elif state.demo and room > 4:
        spans += [" " * (room - 4), PaintSpan("DEMO", "demo")]
    return line(*spans)


def tab_at(bar: Line, column: int) -> int | None:
    """Number of the tab that stands at a cell of such a line; None: none does, or what follows the tabs."""
    number = -1
    end = 0
    for span in bar:
        number += bool(span.text.strip())
        end += cell_len(span.text)
        if column < end:
            return number if span.text.strip() else None
    return None


def _full(tab: Tab, count: str, _active: bool) -> str:
    return " ".join(filter(None, (tab.key, tab.title, count)))


def _short(tab: Tab, count: str, active: bool) -> str:
    return _full(tab, count, True) if active else " ".join(filter(None, (tab.key, tab.title[:3], count)))


def _key_only(tab: Tab, count: str, active: bool) -> str:
    alarm = count if count.startswith("!") else ""
    return _full(tab, count, True) if active else tab.key + alarm


def status_line(
    state: FrameState,
    now: datetime,
    shown: Callable[[str], str],
    width: int,
    extra: Sequence[str] = (),
    word: str = "",
) -> Line:
    """`synced 2m ago · api 3121/3500 h · 1 queued          3 acct`, less when narrow.

    `shown` gives the key of an action; `word` stands at the right end instead of the number of accounts.
    """
    parts = [*_status_parts(state, now, shown), *extra]
    right = word or (f"{state.accounts} acct" if state.accounts else "")
    budget = _budget(state)
    while len(parts) > 1 and _needs(parts, right) > width:
        if extra:
            parts.pop()
        elif budget in parts:
            parts.remove(budget)
        elif right and not word and state.online is False:
            # That no network is there explains more than how many accounts there are.
            right = ""
        else:
            parts.pop(1)
    return ends(" " + " · ".join(parts), right, width, "warn" if _worrying(state) else "dim")


def ends(left: str, right: str, width: int, role: str = "dim") -> Line:
    """A status line from what stands at its left and right end; one blank at the edge."""
    room = width - 1
    if cell_len(left) + cell_len(right) + 2 > room:
        return line(PaintSpan(clip(left, room), role))
    return line(
        PaintSpan(left, role), " " * (room - cell_len(left) - cell_len(right)), PaintSpan(right, "dim")
    )


def _needs(parts: Sequence[str], right: str) -> int:
    return sum(cell_len(part) + 3 for part in parts) + cell_len(right) + 2


def _worrying(state: FrameState) -> bool:
    return state.overdue or state.online is False


def _status_parts(state: FrameState, now: datetime, shown: Callable[[str], str]) -> list[str]:
    parts = [part for part in (_freshness(state, now, shown),) if part]
    if state.budget is not None:
        parts.append(_budget(state))
    drains = drain_words(state, now, shown("undo"))
    if drains and state.online is False:
        # Nothing leaves now, so no bar drains.
        whom = f"{', last' if state.queued > 1 else ''} to {clip(list_cell(state.undo_for), 14)}"
        parts.append(f"{state.queued} queued{whom if state.undo_for else ''} · {shown('undo')} takes it back")
    elif drains:
        parts.insert(0, drains)
    elif state.queued:
        unsent = unsent_words(state.due_since, now)
        parts.append(f"{state.queued} queued{unsent and f', {unsent}'}")
    if state.to_approve:
        parts.append(f"{state.to_approve} to approve")
    if state.to_settle:
        parts.append(f"{state.to_settle} to settle ({shown('differences')})")
    return parts


def _budget(state: FrameState) -> str:
    return "" if state.budget is None else "api {}/{} h".format(*state.budget)


DRAIN_CELLS = 6


def drain_words(state: FrameState, now: datetime, undo_key: str) -> str:
    """`▰▰▰▰▱▱ reply to maxi_b leaves in 19 s · u takes it back`; empty when nothing can be taken back."""
    if state.undo_until is None or state.undo_until <= now:
        return ""
    left = seconds_left(state.undo_until, now)
    window = max(state.undo_window_s, left, 1)
    full = min(DRAIN_CELLS, math.ceil(DRAIN_CELLS * left / window))
    whom = f" to {clip(list_cell(state.undo_for), 20)}" if state.undo_for else ""
    what = f"reply{whom}" if state.queued < 2 else f"last of {state.queued} replies{whom}"
    return f"{'▰' * full}{'▱' * (DRAIN_CELLS - full)} {what} leaves in {left} s · {undo_key} takes it back"


def _freshness(state: FrameState, now: datetime, shown: Callable[[str], str]) -> str:
    if state.preparing:
        return state.syncing or "making the demo's accounts and reviews"
    if state.online is False:
        why = state.away or "offline"
        if state.synced_at is None:
            return f"{why}, no data yet"
        local = state.synced_at.astimezone()
        same_day = local.date() == now.astimezone().date()
        return f"{why}, data from " + local.strftime("%H:%M" if same_day else "%d %b %H:%M")
    if state.syncing:
        return state.syncing
    if state.accounts is None:
        return ""
    if state.synced_at is None:
        if not state.accounts:
            return (
                "nothing of the team's is here yet" if state.member else f"no account linked: {shown('add')}"
            )
        return f"never synced: {shown('sync')}"
    return f"{'! ' if state.overdue else ''}synced {age(state.synced_at, now)} ago"
