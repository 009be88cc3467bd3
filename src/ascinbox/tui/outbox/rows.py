"""Rows of the Outbox, and what their signs mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.deliveries.states import DeliveryLine, DeliveryState
from ascinbox.core.outbox.sentences import OutboxItem, seconds_left
from ascinbox.core.outbox.states import Kind, Phase
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.reviews.states import State
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.stores import store_of_review
from ascinbox.core.text import list_cell
from ascinbox.tui.hints import WIDE
from ascinbox.tui.paint import Line, PaintSpan, app_label, clip, line, pad, width_of
from ascinbox.tui.signs import bar_mark, short_stars, star_role, stars, state_sign
from ascinbox.tui.theme import on

if TYPE_CHECKING:
    from ascinbox.workers.replies.composing import DraftItem

_MOMENT = re.compile(r"(?<=until )\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

STATES: Mapping[Phase, State | None] = {
    Phase.QUEUED: State.QUEUED,
    Phase.WAITING: State.WAITING,
    Phase.SENDING: State.QUEUED,
    Phase.UNKNOWN: State.QUEUED,
    Phase.PENDING: State.PENDING,
    Phase.PUBLISHED: State.ANSWERED,
    Phase.HELD: State.HELD,
    Phase.FAILED: State.FAILED,
    Phase.UNDONE: State.DRAFT,
    Phase.WITHDRAWN: None,
    Phase.SUPERSEDED: None,
    Phase.DROPPED: None,
}
"""Which sign of the lists of reviews a reply has; None: it is over and changed nothing."""
DELIVERY_STATES: Mapping[DeliveryState, State | None] = {
    DeliveryState.QUEUED: State.QUEUED,
    DeliveryState.SENDING: State.QUEUED,
    DeliveryState.UNKNOWN: State.QUEUED,
    DeliveryState.SENT: State.ANSWERED,
    DeliveryState.FAILED: State.FAILED,
    DeliveryState.DROPPED: None,
}


@dataclass(frozen=True, slots=True)
class OutboxLook:
    """How rows are painted."""

    now: datetime
    width: int
    me: str = ""
    stores: bool = False
    """Say which store a review is in."""
    ascii: bool = False
    offline: bool = False
    """This program sends nothing, so no time runs out."""

    @property
    def wide(self) -> bool:
        """Room for who wrote it, and for stars one by one."""
        return self.width >= WIDE


def state_words(item: OutboxItem, now: datetime, *, countdown: bool) -> str:
    """`HELD`, `FAILED 422`, `QUEUED 27s`, `at Apple !` when that takes long."""
    row = item.row
    words = phase_words(item)
    if row.kind is Kind.WITHDRAW and row.phase is not Phase.WITHDRAWN:
        words = f"DELETE {words}"
    if row.phase is Phase.FAILED and row.status:
        words += f" {row.status}"
    if countdown and row.phase is Phase.QUEUED and row.send_after > now:
        words += f" {_left(item, now)}"
    return f"{words} !" if item.late else words


def phase_words(item: OutboxItem) -> str:
    """`HELD`, `QUEUED`; what the store has taken and not shown yet is `at Apple`."""
    if item.row.phase is Phase.PENDING:
        return f"at {store_of_review(item.row.review_id).company}"
    return item.row.phase.value.upper()


def _left(item: OutboxItem, now: datetime) -> str:
    return f"{seconds_left(item.row.send_after, now)}s"


def since_words(item: OutboxItem, look: OutboxLook) -> str:
    """How long it has stood there; a narrow list shows the time that is left to take it back."""
    if item.row.phase is Phase.QUEUED and item.row.send_after > look.now and not look.offline:
        return "now" if look.wide else _left(item, look.now)
    return age(item.row.changed_at, look.now)


NOT_HERE = "(review not on this machine)"
"""Of an app, or from a time, that the person left out when joining a team."""


def item_line(item: OutboxItem, look: OutboxLook, *, cursor: bool) -> Line:
    """One reply."""
    row = item.row
    app_cells, review_cells = (11, 46) if look.wide else (10, 28)
    rating = rating_cell(item.rating, look)
    room = review_cells - cell_len(rating) - 1
    about, title = "", NOT_HERE
    if item.app_name:
        place = alpha2(item.territory) if item.territory else "?"
        about = f"{place:2} {in_store(row.review_id, look)}{app_cell(item.app_name, app_cells)} "
        title = list_cell(item.title)
    else:
        rating = " " * cell_len(rating)
    spans = [
        PaintSpan(f"{state_words(item, look.now, countdown=look.wide and not look.offline):16.16} "),
        PaintSpan(f"{pad(since_words(item, look), 6)} {by_cell(item.by, look)}", "dim"),
        PaintSpan(f"{rating} ", star_role(item.rating)),
        PaintSpan(about, "dim"),
        PaintSpan(f"{pad(title, max(0, room - cell_len(about)))}  "),
        PaintSpan(list_cell(row.text) or "(delete the reply)", "dim"),
    ]
    return _row(STATES[row.phase], spans, look, cursor=cursor)


def act_line(item: ActItem, look: OutboxLook, *, cursor: bool) -> Line:
    """One row of Activity that is no reply: what was done, when, by whom, with what."""
    spans = [
        PaintSpan(f"{pad(list_cell(item.act.verb).upper(), 16)} "),
        PaintSpan(f"{pad(age(item.act.at, look.now), 6)} {by_cell(item.act.by, look)}", "dim"),
        PaintSpan(f"{pad(about(item, look, 11 if look.wide else 10), 46 if look.wide else 28)}  "),
        PaintSpan(list_cell(act_words(item)), "dim"),
    ]
    return _row(None, spans, look, cursor=cursor, sign=" ")


def delivery_line(item: DeliveryLine, look: OutboxLook, *, cursor: bool) -> Line:
    """One row of Deliveries: what becomes of a message, to whom, about what."""
    said = f"{short_stars(item.rating, ascii_only=look.ascii)} " if item.review_id else ""
    said += (
        f"{in_store(item.review_id, look)}{app_cell(item.app_name, 11)} {list_cell(item.title or item.said)}"
    )
    what = pad(f"{pad(item.event, 19)} {said}", 60 if look.wide else 38)
    spans = [
        PaintSpan(f"{pad(item.state.value.upper(), 16)} "),
        PaintSpan(f"{pad(age(item.changed_at, look.now), 6)} ", "dim"),
        PaintSpan(f"{pad(list_cell(item.destination), 14 if look.wide else 9)} "),
        PaintSpan(f"{what}  "),
        PaintSpan(list_cell(item.detail), "dim"),
    ]
    return _row(DELIVERY_STATES[item.state], spans, look, cursor=cursor)


def draft_line(row: DraftItem, look: OutboxLook, *, cursor: bool) -> Line:
    """One draft."""
    spans = [
        PaintSpan(f"{'DRAFT':16} "),
        PaintSpan(f"{pad(age(row.saved_at, look.now), 6)} ", "dim"),
        PaintSpan(f"{in_store(row.review_id, look)}{app_cell(row.app_name, 11)} ", "dim"),
        PaintSpan(f"{pad(list_cell(row.title), 17)}  "),
        PaintSpan(list_cell(row.text), "dim"),
    ]
    return _row(State.DRAFT, spans, look, cursor=cursor)


def _row(
    state: State | None, spans: list[PaintSpan], look: OutboxLook, *, cursor: bool, sign: str = "-"
) -> Line:
    """The mark of the cursor, the sign and what of the spans fits; lit from edge to edge under the cursor."""
    surface = "cursor" if cursor else ""
    role = "faint"
    if state is not None:
        sign, role = state_sign(state, ascii_only=look.ascii)
        role = "good" if state is State.ANSWERED else role
    mark = bar_mark(cursor, ascii_only=look.ascii)
    painted = [PaintSpan(mark, on(surface, "focus")), PaintSpan(f"   {sign} ", on(surface, role))]
    left = look.width - 6
    for span in spans:
        text = clip(span.text, left)
        left -= cell_len(text)
        painted.append(PaintSpan(text, on(surface, span.role)))
        if left <= 0:
            break
    if cursor:
        painted.append(PaintSpan(" " * max(0, look.width - width_of(tuple(painted))), surface))
    return line(*painted)


def in_store(review_id: str, look: OutboxLook) -> str:
    """`GP `, where it has to be said which store a review is in."""
    return f"{store_of_review(review_id).short:2} " if look.stores and review_id else ""


def app_cell(name: str, cells: int) -> str:
    """An app's name in so many cells."""
    return pad(app_label(list_cell(name), cells), cells)


def by_cell(by: str, look: OutboxLook) -> str:
    """Who it was; empty where there is no room."""
    return pad("you" if by in ("", look.me) else list_cell(by), 5) + " " if look.wide else ""


def about(item: ActItem, look: OutboxLook, app_cells: int) -> str:
    """Which review, or what else, an act was about."""
    if item.app_name:
        place = alpha2(item.territory) if item.territory else "?"
        app = app_cell(item.app_name, app_cells)
        where = in_store(item.review_id, look)
        rating = rating_cell(item.rating, look)
        return f"{rating} {place:2} {where}{app} {list_cell(item.title)}"
    if len(item.act.review_ids) == 1:
        return item.review_id
    return f"{len(item.act.review_ids):,} reviews" if item.act.review_ids else list_cell(item.act.subject)


def rating_cell(rating: int | None, look: OutboxLook) -> str:
    """One by one where there is room for five stars."""
    return stars(rating) if look.wide and not look.ascii else short_stars(rating, ascii_only=look.ascii)


def act_words(item: ActItem) -> str:
    """With what it was done; moments, which are kept in UTC, by this machine's clock."""
    return _MOMENT.sub(
        lambda found: f"{datetime.fromisoformat(found[0]).astimezone():%d %b %H:%M}", item.act.words
    )


def states_help(*, team: bool, ascii_only: bool) -> list[str]:
    """What the signs mean, in lines."""

    def sign(state: State) -> str:
        return state_sign(state, ascii_only=ascii_only)[0]

    draft, queued, pending, public = (
        sign(one) for one in (State.DRAFT, State.QUEUED, State.PENDING, State.ANSWERED)
    )
    lines = [
        f" {draft} draft -> {queued} queued (undo window) -> sending -> {pending} at the store"
        f" (App Store: usually < 24 h) -> {public} public",
        f" {sign(State.HELD)} held: the review changed, vanished or got another answer since you wrote -> you"
        " decide",
        f" {sign(State.FAILED)} failed: see the reason",
    ]
    if team:
        waiting = sign(State.WAITING)
        lines.append(f" {waiting} waiting: a publisher reads it, then publishes it as it is or sends it back")
    return lines
