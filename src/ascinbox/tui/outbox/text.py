"""The Outbox in lines: rows, and what one reply's state means and offers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.deliveries.states import WAITING, DeliveryLine
from ascinbox.core.outbox.sentences import OutboxItem, RowChoice, taken_back_words
from ascinbox.core.outbox.states import Kind, Phase, Why
from ascinbox.core.records import Response
from ascinbox.core.replies.checks import measure
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.reviews.states import State
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.stores import STORES, StoreInfo, store_of_review
from ascinbox.core.text import list_cell
from ascinbox.core.word_diff import DiffKind, DiffPiece, alike, words_diff
from ascinbox.tui.actions import Keymap
from ascinbox.tui.hints import WIDE
from ascinbox.tui.outbox.rows import (
    NOT_HERE,
    STATES,
    OutboxLook,
    about,
    act_words,
    in_store,
    phase_words,
)
from ascinbox.tui.paint import (
    BLANK,
    Line,
    PaintSpan,
    clip,
    line,
    pad,
    rule,
    width_of,
    wrap,
)
from ascinbox.tui.signs import stars
from ascinbox.tui.word_diff import diff_lines

if TYPE_CHECKING:
    from ascinbox.workers.replies.composing import DraftItem

_RULE_CELLS = 7
"""What a rule needs beside its two texts: lines and blanks."""

ACTION_OF = {
    RowChoice.UNDO: "undo",
    RowChoice.SEND_NOW: "publish",
    RowChoice.EDIT: "reply",
    RowChoice.SEND: "publish",
    RowChoice.KEEP: "done",
    RowChoice.COPY: "copy",
    RowChoice.APPROVE: "publish",
    RowChoice.SEND_BACK: "send_back",
}
"""Which key does what may be done with a row."""


def columns_line(width: int, *, deliveries: bool = False) -> str:
    """The column titles."""
    if deliveries:
        to = pad("To", 14 if width >= WIDE else 9)
        return clip(
            f"    S State            Since  {to} {pad('What', 62 if width >= WIDE else 40)}Answer", width
        )
    if width >= WIDE:
        return f"    S State            Since  By    {pad('Review', 48)}Reply"
    return clip("    S State            Since  Review                        Reply", width)


def delivery_detail(item: DeliveryLine, now: datetime, width: int, keymap: Keymap) -> list[Line]:
    """Heading and body under the list for a delivery."""
    title = f"{item.state.value.upper()} · {list_cell(item.event)} to {list_cell(item.destination)}"
    lines = [rule(title, clip(list_cell(item.app_name), width // 2), width)]
    said = [f"Rule {list_cell(item.rule)}" if item.rule else "A test message"]
    said.append(f"{item.attempts} tries" if item.attempts != 1 else "1 try")
    if item.state in WAITING:
        left = max(0, int((item.next_at - now).total_seconds()))
        said.append(f"next in {left // 60} min" if left >= 90 else f"next in {left} s")
    lines.append((PaintSpan(f"   {clip(' · '.join(said), width - 4)}", "dim"),))
    for text in (item.title or item.said, item.detail):
        lines += [(PaintSpan(f"   {part}"),) for part in wrap(list_cell(text), width - 4, 6)] if text else []
    if item.can_go_again:
        key = keymap.shown("publish")
        lines += [BLANK, line(PaintSpan(f"   {key}  ", "accent"), PaintSpan("send it now"))]
    return lines


def act_detail(item: ActItem, now: datetime, width: int, me: str) -> list[Line]:
    """Heading and body under the list for what is no reply."""
    who = "you" if item.act.by in ("", me) else list_cell(item.act.by)
    subject = clip(about(item, OutboxLook(now, width, me), 11), width // 2)
    lines = [rule(f"{list_cell(item.act.verb).upper()} · by {who}", subject, width)]
    return lines + [(PaintSpan(f"   {part}"),) for part in wrap(act_words(item), width - 4, 12)]


def draft_detail(item: DraftItem, look: OutboxLook) -> list[Line]:
    """Heading and body under the list for a draft."""
    app = f"{in_store(item.review_id, look)}{list_cell(item.app_name)}"
    lines = [rule(f"DRAFT · {measure(item.text)} characters", app, look.width)]
    return lines + [
        (PaintSpan(f"   {part}"),) if part else BLANK for part in wrap(item.text, look.width - 4, 40)
    ]


def detail_lines(
    item: OutboxItem,
    now: datetime,
    width: int,
    keymap: Keymap,
    *,
    stores: bool = False,
    offline: bool = False,
) -> list[Line]:
    """Heading and body under the list: where the reply stands, what can be done, the texts.

    What waits for a person says first what can be done; elsewhere the text comes first. `stores`: it has to
    be said which store the review is in. `offline`: this program sends nothing.
    """
    row = item.row
    place = alpha2(item.territory) if item.territory else "?"
    where = in_store(row.review_id, OutboxLook(now, width, stores=stores))
    right = f"{stars(item.rating)} {place} {where}{list_cell(item.app_name)}"
    if width >= WIDE:
        right += f" · {list_cell(item.title)}"
    if not item.app_name:
        right = NOT_HERE
    right = clip(right, width // 2)
    waits = offline and row.phase is Phase.QUEUED
    sentence = _offline_words(row.kind) if waits else item.sentence_at(now)
    title = f"{phase_words(item)} · {sentence}"
    lines = [rule(title, right, width)]
    if row.phase is Phase.FAILED:
        return [*lines, *_failed(item, width, keymap)]
    if cell_len(title) + cell_len(right) + _RULE_CELLS > width:
        # A sentence that the rule cuts off is said in full below it.
        lines += [(PaintSpan(f" {part}"),) for part in wrap(sentence, width - 2, 3)]
    if row.phase is Phase.HELD:
        lines += [*_offers(item, width, keymap), BLANK]
        if row.theirs is not None:
            return [*lines, *_two_texts(item, row.theirs, now, width)]
        if row.why is Why.REVIEW_CHANGED:
            return [*lines, *_changed(item, width)]
        return [*lines, *_text(_whose(item), row.text, width)]
    if row.why is Why.ALTERED and row.theirs is not None:
        pieces = words_diff(row.text, row.theirs.text)
        lines += _compared(f"What {_store(item).company} made of it", pieces, row.theirs.text, width)
    offers = _offers(item, width, keymap, without=(RowChoice.SEND_NOW,) if waits else ())
    return [*lines, *_text(_whose(item), row.text, width), BLANK, *offers]


def _text(title: str, text: str, width: int, most: int = 40) -> list[Line]:
    if not text:
        return [(PaintSpan(clip(f" {title}: nothing", width), "dim"),)]
    return _titled(
        title, [(PaintSpan(part),) if part else BLANK for part in wrap(text, width - 4, most)], width
    )


def _store(item: OutboxItem) -> StoreInfo:
    return store_of_review(item.row.review_id)


def _whose(item: OutboxItem) -> str:
    return "Yours" if item.standing.is_mine(item.row.by) else f"{list_cell(item.row.by)}'s text"


def _yours(item: OutboxItem) -> str:
    mine = item.standing.is_mine(item.row.by)
    whose = "Yours" if mine else f"{list_cell(item.row.by)}'s"
    return f"{whose:<7} {measure(item.row.text)} characters"


def _theirs(item: OutboxItem, now: datetime) -> str:
    theirs = item.row.theirs
    when = age(theirs.modified_at, now) if theirs is not None else "?"
    return f"Theirs  written {when} ago, not sent by this ascinbox"


def _two_texts(item: OutboxItem, theirs: Response, now: datetime, width: int) -> list[Line]:
    """Theirs and ours; where one is the other with changes, the words that only one has are marked."""
    pieces = words_diff(theirs.text, item.row.text)
    if width < WIDE:
        return [
            *_one_of_two(_theirs(item, now), theirs.text, pieces, DiffKind.REMOVED, width, 4),
            *_one_of_two(_yours(item), item.row.text, pieces, DiffKind.ADDED, width, 5),
        ]
    half = (width - 2) // 2
    left = _one_of_two(_theirs(item, now), theirs.text, pieces, DiffKind.REMOVED, half, 12)
    right = _one_of_two(_yours(item), item.row.text, pieces, DiffKind.ADDED, half, 12)
    lines: list[Line] = []
    for one, two in zip_longest(left, right, fillvalue=BLANK):
        lines.append(line(*one, " " * (half - width_of(one)), PaintSpan("│", "rule"), *two))
    return lines


def _one_of_two(
    title: str, text: str, pieces: Sequence[DiffPiece], only: DiffKind, width: int, most: int
) -> list[Line]:
    """A text of two that were compared; `only`: the words that the other one lacks."""
    if not alike(pieces):
        return _text(title, text, width, most)
    own = [piece for piece in pieces if piece.kind in {DiffKind.SAME, only}]
    return _titled(title, diff_lines(own, width - 4)[:most], width)


def _compared(title: str, pieces: Sequence[DiffPiece], after: str, width: int, most: int = 12) -> list[Line]:
    """How one text became the other; where they have little in common, the second one."""
    if not alike(pieces):
        return _text(title, after, width, most)
    return _titled(title, diff_lines(pieces, width - 4)[:most], width)


def _titled(title: str, lines: Sequence[Line], width: int) -> list[Line]:
    head: Line = (PaintSpan(f" {clip(title, width - 2)}", "strong"),)
    return [head, *(line("   ", *one) if one else BLANK for one in lines)]


def _changed(item: OutboxItem, width: int) -> list[Line]:
    """The review as it was answered and as it is now, and what was meant as an answer."""
    now_title = f"Now     {stars(item.rating)} {list_cell(item.title)}"
    if item.earlier is None:
        lines = _text(now_title, item.review_body, width, 4)
    else:
        before = f"Before  {stars(item.earlier.rating)} {list_cell(item.earlier.title)}"
        pieces = words_diff(item.earlier.body, item.review_body)
        if alike(pieces):
            lines = [(PaintSpan(f" {clip(before, width - 2)}", "dim"),)]
            lines += _compared(now_title, pieces, item.review_body, width, 8)
        else:
            lines = _text(before, item.earlier.body, width, 3)
            lines += _text(now_title, item.review_body, width, 4)
    return [*lines, *_text(_yours(item), item.row.text, width, 4)]


def _failed(item: OutboxItem, width: int, keymap: Keymap) -> list[Line]:
    words = (
        f"{_store(item).company} did not accept it. Its own words, in full; the text is kept until it is "
        f"sent or dropped."
    )
    lines = [*_offers(item, width, keymap), BLANK]
    lines += [(PaintSpan(f" {part}", "dim"),) for part in wrap(words, width - 2)]
    lines += [
        (PaintSpan(f"   {part}", "bad"),)
        for part in wrap(item.row.detail or "no words were given", width - 4, 8)
    ]
    return [*lines, *_text(_yours(item), item.row.text, width, 6)]


_OFFERS = {
    RowChoice.UNDO: "take it back as a draft",
    RowChoice.SEND_NOW: "publish now, without waiting",
    RowChoice.EDIT: "edit yours first",
    RowChoice.KEEP: "drop yours, mark done",
    RowChoice.COPY: "copy yours",
    RowChoice.APPROVE: "read it once more, then publish it",
    RowChoice.SEND_BACK: "send it back to its author, with a note",
}

_OF_OTHERS = {
    RowChoice.UNDO: "take it back: a draft of {whose} again",
    RowChoice.EDIT: "edit {whose} text first",
    RowChoice.KEEP: "drop {whose} text, mark done",
    RowChoice.COPY: "copy the text",
}

_DELETION_OFFERS = {
    RowChoice.UNDO: "delete nothing; the reply stays at {who}",
    RowChoice.SEND_NOW: "delete now, without waiting",
    RowChoice.KEEP: "delete nothing, mark done",
}


_DONE_WORDS = {
    RowChoice.SEND_NOW: "it goes out now",
    RowChoice.SEND: "it goes out again",
    RowChoice.EDIT: "a draft again",
    RowChoice.KEEP: "dropped; the review is done",
    RowChoice.COPY: "copied",
}


def _offline_words(kind: Kind) -> str:
    what = "the deletion" if kind is Kind.WITHDRAW else "it"
    return f"{what} waits: offline (started with --offline)"


_SENDS = (RowChoice.SEND_NOW, RowChoice.SEND)


def done_words(item: OutboxItem, choice: RowChoice, *, offline: bool = False) -> str:
    """What a key did with this row. `offline`: this program sends nothing."""
    if offline and choice in _SENDS:
        return _offline_words(item.row.kind)
    if choice is not RowChoice.UNDO:
        return _DONE_WORDS[choice]
    approvers = {item.approver} - {"", item.standing.me}
    return taken_back_words([item.row], item.standing, approvers)


def publish_hint(item: OutboxItem) -> str:
    """What the key that publishes does with this row, as short as the hint line has it."""
    if RowChoice.APPROVE in item.choices:
        return "read, publish"
    if RowChoice.SEND in item.choices:
        if item.row.why is Why.ANSWERED_ELSEWHERE:
            return "replace theirs"
        return "send anyway" if item.row.why is Why.REVIEW_CHANGED else "send again"
    return "delete now" if item.row.kind is Kind.WITHDRAW else "publish now"


def offer_words(item: OutboxItem, choice: RowChoice) -> str:
    """What a key does with this row."""
    if choice is RowChoice.SEND:
        if item.row.why is Why.ANSWERED_ELSEWHERE:
            store = _store(item)
            return f"replace theirs ({store.company} {store.keeps_one})"
        return "send it anyway" if item.row.why is Why.REVIEW_CHANGED else "send it again"
    if choice is RowChoice.KEEP and item.row.theirs is not None:
        return "keep theirs, mark done"
    if choice in _OF_OTHERS and item.row.kind is Kind.PUBLISH and not item.standing.is_mine(item.row.by):
        return _OF_OTHERS[choice].format(whose=f"{list_cell(item.row.by)}'s")
    if item.row.kind is Kind.WITHDRAW and choice in _DELETION_OFFERS:
        return _DELETION_OFFERS[choice].format(who=_store(item).company)
    return _OFFERS[choice]


def _offers(item: OutboxItem, width: int, keymap: Keymap, without: Sequence[RowChoice] = ()) -> list[Line]:
    lines: list[Line] = []
    for choice in item.choices:
        if choice in without:
            continue
        key = keymap.shown(ACTION_OF[choice])
        first, *rest = wrap(offer_words(item, choice), max(10, width - 10)) or [""]
        lines.append(line(PaintSpan(f"   {key}  ", "accent"), PaintSpan(first)))
        lines += [(PaintSpan(f"      {part}"),) for part in rest]
    return lines


def counts_words(items: Sequence[OutboxItem]) -> str:
    """`1 queued · 1 held · 1 failed · 2 at Apple (usually < 24 h)`."""
    counts = {
        "queued": sum(STATES[i.row.phase] is State.QUEUED for i in items),
        "waiting": sum(i.row.phase is Phase.WAITING for i in items),
        "held": sum(i.row.phase is Phase.HELD for i in items),
        "failed": sum(i.row.phase is Phase.FAILED for i in items),
    }
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    for store in STORES:
        pending = sum(i.row.phase is Phase.PENDING and _store(i) is store for i in items)
        if pending:
            parts.append(f"{pending} at {store.company} (usually < 24 h)")
    return " · ".join(parts) or "nothing is on its way"
