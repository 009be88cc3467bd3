"""The reading pane's lines: one review whole, with what was before, our reply, notes and tags. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.records import EarlierText, Response, ResponseState, ReviewDetail, Waiting
from ascinbox.core.reviews.due_words import due_role, due_words
from ascinbox.core.reviews.language_decision import FoundLanguage, LanguageSource
from ascinbox.core.reviews.states import State
from ascinbox.core.reviews.territories import alpha2, name
from ascinbox.core.stores import store_of_review
from ascinbox.core.team import TeamNote
from ascinbox.core.text import list_cell
from ascinbox.tui.chips import chip_lines
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, rule, wrap
from ascinbox.tui.signs import SIGNS, star_role, stars

LINES_AT_ONCE = 120
"""Lines of one text that are laid out before somebody scrolls that far."""


@dataclass(frozen=True, slots=True)
class ShownTranslation:
    """A translation as it stands under its original, or a word in its place while it is waited for."""

    review_id: str
    original: str
    """What it is of: a text that changed has none yet."""
    by: str
    title: str = ""
    body: str = ""
    word: str = ""

    @classmethod
    def made(cls, detail: ReviewDetail, by: str, title: str, body: str) -> ShownTranslation:
        """The translation of a review, or of the reply to it."""
        return cls(detail.review.id, f"{detail.review.title}\0{detail.review.body}", by, title, body)

    @classmethod
    def waiting(cls, detail: ReviewDetail, by: str, word: str) -> ShownTranslation:
        """In the place of one that was asked for."""
        return replace(cls.made(detail, by, "", ""), word=word)

    def is_of(self, detail: ReviewDetail) -> bool:
        """Whether the review still says what was translated."""
        return self.original == f"{detail.review.title}\0{detail.review.body}"

    @property
    def mark(self) -> str:
        """`~ by llama3.2`."""
        return f"~ by {list_cell(self.by)}" + (f": {self.word}" if self.word else "")


@dataclass(frozen=True, slots=True)
class ReadingText:
    """A review and what only the screen knows about it."""

    detail: ReviewDetail
    position: str = ""
    """`1/37`."""
    translation: ShownTranslation | None = None
    alike: str = ""
    """How many reviews of this app have the same words, and in a second line how many need somebody."""
    store: str = ""
    """Where it was written, where that needs saying."""


def language_words(found: FoundLanguage) -> str:
    """`lang~de`; `lang de` where a person said so; nothing where it is unclear."""
    if found.code is None:
        return ""
    return f"lang{' ' if found.source is LanguageSource.PERSON else '~'}{found.code}"


def heading(reading: ReadingText, now: datetime, width: int, *, focused: bool = False) -> Line:
    """The pane's upper edge at narrow sizes: `─ ★☆☆☆☆ title · app · Germany · 13d · who ─── 1/37 ─`."""
    review = reading.detail.review
    room = width - cell_len(reading.position) - 8
    text = ""
    for country in _countries(review.territory):
        facts = [
            _app_words(reading.detail), reading.store, country, age(review.created_at, now), review.nickname,
        ]  # fmt: skip
        text = _joined([title_of(reading), *facts])
        if cell_len(text) <= room:
            break
    return rule(text, reading.position, width, "focus" if focused else "strong")


def _countries(territory: str | None) -> tuple[str, ...]:
    """What a storefront may be called, the longest first: `Germany`, `DE`."""
    return (name(territory), alpha2(territory)) if territory else ("",)


def _joined(facts: Sequence[str]) -> str:
    return " · ".join(list_cell(fact) for fact in facts if fact)


def _app_words(detail: ReviewDetail) -> str:
    """`Tide Clock 5.2`: the app and the version that the review is about, as far as it is known."""
    return f"{detail.app_name} {detail.app_version}" if detail.app_version else detail.app_name


def title_of(reading: ReadingText) -> str:
    """`★☆☆☆☆ Stürzt beim Start ab`."""
    review = reading.detail.review
    return f"{stars(review.rating)} {list_cell(review.title)}".rstrip()


def narrow_lines(
    reading: ReadingText, now: datetime, width: int, *, whole: bool, limit: int, ascii_only: bool = False
) -> list[Line]:
    """Everything under the heading. `whole`: texts in full; otherwise earlier text and reply on one line."""
    detail = reading.detail
    lines: list[Line] = []
    if detail.removed_at is not None:
        lines += _paragraph(
            f"removed at {store_of_review(detail.review.id).company} {age(detail.removed_at, now)} ago.",
            width,
            "warn",
        )
    if detail.changed_at is not None and detail.earlier is not None:
        lines += _paragraph(_changed_words(detail, detail.earlier, now), width, "warn")
    lines += _due(detail, now, width)
    if detail.writer:
        lines += _paragraph(_writes_words(detail), width, "warn")
    lines += _paragraph(detail.review.body, width, "text", limit)
    lines += _translation(reading.translation, width, limit)
    parts: list[list[Line]] = []
    if detail.waiting is not None:
        parts.append(_quoted(_waiting_words(detail.waiting, now), detail.waiting.text, width, "warn", whole))
    if detail.draft:
        parts.append(_quoted("your draft", detail.draft, width, "accent", whole))
    if detail.review.response is not None:
        title = _reply_words(detail, detail.review.response, now)
        parts.append(_quoted(title, detail.review.response.text, width, "good", whole))
    if whole and detail.earlier is not None:
        parts.append(_earlier(detail.earlier, width))
    if detail.note or detail.thread:
        parts.append(_notes(detail, now, width))
    parts += _marks(detail, now, width, ascii_only=ascii_only)
    for number, part in enumerate(parts):
        lines += [BLANK, *part] if whole or number == 0 else part
    return lines


def wide_lines(
    reading: ReadingText,
    now: datetime,
    width: int,
    limit: int,
    *,
    focused: bool = False,
    ascii_only: bool = False,
) -> list[Line]:
    """The pane at wide sizes, heading included. `focused`: the keys scroll it."""
    detail = reading.detail
    review = detail.review
    facts, left = _heading_facts(reading, now, width - 2)
    lines = [
        line(
            PaintSpan(f" {stars(review.rating)}", star_role(review.rating)),
            PaintSpan("  " + clip(list_cell(review.title), width - 10), "focus" if focused else "strong"),
        ),
        (PaintSpan(" " + clip(facts, width - 2), "dim"),),
        _ends(_status_words(detail, now), left, reading.position, width),
        BLANK,
        *_paragraph(review.body, width, "text", limit),
        *_translation(reading.translation, width, limit),
    ]
    if detail.writer:
        lines.insert(3, (PaintSpan(" " + clip(_writes_words(detail), width - 2), "warn"),))
    lines[3:3] = _due(detail, now, width)
    if detail.earlier is not None:
        lines += [BLANK, *_earlier(detail.earlier, width)]
    if detail.waiting is not None:
        lines += [BLANK, *_section(_waiting_words(detail.waiting, now), detail.waiting.text, width)]
    if detail.draft:
        lines += [BLANK, *_section("your draft", detail.draft, width)]
    if review.response is not None:
        lines += [BLANK, *_section(_reply_words(detail, review.response, now), review.response.text, width)]
    if detail.note or detail.thread:
        lines += [BLANK, *_notes(detail, now, width)]
    for part in _marks(detail, now, width, ascii_only=ascii_only):
        lines += [BLANK, *part]
    if reading.alike:
        # Counted later than all else is known: nothing stands below it that it would move.
        lines += [BLANK, *_labelled("similar", _alike(reading.alike, width - LABEL_CELLS - 2), width)]
    return lines


def _alike(words: str, room: int) -> list[Line]:
    """Their count, and what is to do with them: in one line where that fits."""
    one = words.replace("\n", ", ")
    return [(PaintSpan(part),) for part in ([one] if cell_len(one) <= room else words.split("\n"))]


def _heading_facts(reading: ReadingText, now: datetime, room: int) -> tuple[str, list[str]]:
    """`maxi_b · Tide Clock 5.2 · Germany · 13d`, and the facts that the line below says for want of room."""
    review = reading.detail.review
    more = [fact for fact in (language_words(reading.detail.language), reading.store) if fact]
    text = ""
    for country in _countries(review.territory):
        facts = [review.nickname, _app_words(reading.detail), country, age(review.created_at, now)]
        for kept in range(len(more), -1, -1):
            text = _joined([*facts, *more[:kept]])
            if cell_len(text) <= room:
                return text, more[kept:]
    return text, more


LABEL_CELLS = 8
"""`before`, `notes`, `similar`, `tags`, and a blank at either end; what belongs to them stands behind."""


def _labelled(label: str, content: Sequence[Line], width: int) -> list[Line]:
    """Lines behind a label. They are at most `width - LABEL_CELLS` wide and are cut there."""
    head = f" {label:<{LABEL_CELLS - 1}}"
    labelled: list[Line] = []
    for number, one in enumerate(content):
        start = PaintSpan(head if number == 0 else " " * LABEL_CELLS, "dim")
        labelled.append(line(start, PaintSpan(" "), *_cut(one, width - LABEL_CELLS - 2)))
    return labelled


def _cut(one: Line, room: int) -> list[PaintSpan]:
    spans: list[PaintSpan] = []
    for span in one:
        text = clip(span.text, room)
        if text:
            spans.append(PaintSpan(text, span.role))
        room -= cell_len(text)
    return spans


def _notes(detail: ReviewDetail, now: datetime, width: int) -> list[Line]:
    """`notes   anna 3d ticket 4411, in 5.2.1`: internal, never sent."""
    room = width - LABEL_CELLS - 2
    own: list[Line] = [(PaintSpan(part),) for part in wrap(detail.note, room)] if detail.note else []
    return _labelled("notes", [*own, *thread_lines(detail.thread, now, room)], width)


def thread_lines(thread: Sequence[TeamNote], now: datetime, width: int) -> list[Line]:
    """A thread of notes, the first one first: who, how long ago, what; `@name` stands out."""
    lines: list[Line] = []
    for note in thread:
        head = f"{list_cell(note.author)} {age(note.at, now)}  "
        indent = " " * min(cell_len(head), max(1, width // 3))
        for number, part in enumerate(wrap(note.body, max(8, width - cell_len(indent)), LINES_AT_ONCE)):
            start = PaintSpan(head, "accent") if number == 0 else PaintSpan(indent)
            if number == 0 and cell_len(head) > cell_len(indent):
                lines.append((start,))
                start = PaintSpan(indent)
            lines.append((start, *_with_mentions(part)))
    return lines


_MENTION = re.compile(r"(?<![\w@])@\w[\w.@-]*")


def _with_mentions(text: str) -> list[PaintSpan]:
    spans: list[PaintSpan] = []
    at = 0
    for found in _MENTION.finditer(text):
        if found.start() > at:
            spans.append(PaintSpan(text[at : found.start()]))
        spans.append(PaintSpan(found[0], "strong"))
        at = found.end()
    if at < len(text):
        spans.append(PaintSpan(text[at:]))
    return spans


def _due(detail: ReviewDetail, now: datetime, width: int) -> list[Line]:
    """`overdue 2h: to be answered by Mon 30 Nov 17:00`, where a clock runs; shorter where it has to be."""
    if detail.due_at is None:
        return []
    by, left = detail.due_at.astimezone(), due_words(detail.due_at, now)
    moment = f"{by:%a} {by.day} {by:%b %H:%M}"
    forms = (f"{left}: to be answered by {moment}", f"{left}: answer by {moment}", f"{left}: by {moment}")
    words = next((form for form in forms if cell_len(form) <= width - 2), forms[-1])
    return [(PaintSpan(" " + clip(words, width - 2), due_role(detail.due_at, now)),)]


def _writes_words(detail: ReviewDetail) -> str:
    since = detail.writes_since
    when = f" since {since.astimezone():%H:%M}" if since is not None else ""
    return f"{list_cell(detail.writer)} writes a reply here{when}"


def _waiting_words(waiting: Waiting, now: datetime) -> str:
    return f"{list_cell(waiting.by)}'s reply · waits for a publisher · {age(waiting.at, now)}"


def _paragraph(text: str, width: int, role: str, limit: int = LINES_AT_ONCE) -> list[Line]:
    return [(PaintSpan(" " + part, role),) if part else BLANK for part in wrap(text, width - 2, limit)]


def _section(title: str, text: str, width: int) -> list[Line]:
    return [(PaintSpan(" " + clip(title, width - 2), "strong"),), *_paragraph(text, width, "text")]


def _quoted(title: str, text: str, width: int, role: str, whole: bool) -> list[Line]:
    if whole:
        return [(PaintSpan(" " + clip(title, width - 2), role),), *_paragraph(text, width, "text")]
    flat = list_cell(text)
    room = width - 2 - cell_len(title) - 4
    return [(PaintSpan(f' {title}: "{clip(flat, max(room, 8))}"', role),)]


def _earlier(earlier: EarlierText, width: int) -> list[Line]:
    """`before  ★★☆☆☆ Lädt sehr langsam`, and the text below."""
    room = width - LABEL_CELLS - 2
    title = line(
        PaintSpan(stars(earlier.rating), star_role(earlier.rating)),
        PaintSpan(f" {list_cell(earlier.title)}", "strong"),
    )
    body: list[Line] = [(PaintSpan(part, "dim"),) for part in wrap(earlier.body, room, LINES_AT_ONCE)]
    return _labelled("before", [title, *body], width)


def whose_reply(detail: ReviewDetail) -> str:
    """`our reply`, `paul's reply`, `somebody else's reply`; `the reply` where a team does not know whose."""
    if detail.answered_elsewhere:
        return "somebody else's reply"
    if not detail.response_by:
        return "the reply" if detail.response_by == "" else "our reply"
    return f"{list_cell(detail.response_by)}'s reply"


def _reply_words(detail: ReviewDetail, response: Response, now: datetime) -> str:
    """`our reply · public · 10d`."""
    where = {
        ResponseState.PUBLISHED: "public",
        ResponseState.PENDING_PUBLISH: f"at {store_of_review(detail.review.id).company}",
    }
    known = next((words for state, words in where.items() if state == response.state), response.state)
    facts = [whose_reply(detail), known, age(response.modified_at, now) if response.modified_at else ""]
    return _joined(facts)


def _change_words(detail: ReviewDetail, earlier: EarlierText, now: datetime) -> str:
    """`↻ changed 3d ago, was ★★☆☆☆`."""
    sign = SIGNS[State.CHANGED].glyph
    return f"{sign} changed {age(detail.changed_at, now)} ago, was {stars(earlier.rating)}"


def _changed_words(detail: ReviewDetail, earlier: EarlierText, now: datetime) -> str:
    words = f'{_change_words(detail, earlier, now)} "{earlier.title}".'
    if detail.review.response is not None:
        whose = whose_reply(detail)
        words += f" {whose[:1].upper()}{whose[1:]} below answers the old text."
    return words


def _translation(shown: ShownTranslation | None, width: int, limit: int) -> list[Line]:
    """What stands under the original: the mark, then title and text."""
    if shown is None:
        return []
    lines: list[Line] = [BLANK, (PaintSpan(" " + clip(shown.mark, width - 2), "accent"),)]
    if shown.title:
        lines += _paragraph(shown.title, width, "strong")
    return lines + (_paragraph(shown.body, width, "text", limit) if shown.body else [])


def _status_words(detail: ReviewDetail, now: datetime) -> str:
    if detail.removed_at is not None:
        return f"removed at {store_of_review(detail.review.id).company} {age(detail.removed_at, now)} ago"
    if detail.changed_at is not None and detail.earlier is not None:
        return _change_words(detail, detail.earlier, now)
    if detail.snoozed_until is not None:
        return "snoozed until " + detail.snoozed_until.astimezone().strftime("%d %b %H:%M")
    return ""


def _marks(detail: ReviewDetail, now: datetime, width: int, *, ascii_only: bool) -> list[list[Line]]:
    """Tags as chips, then `snoozed until 02 Dec 09:00 · assigned to anna · flagged`; each where it is."""
    parts: list[list[Line]] = []
    if detail.tags:
        tags = chip_lines(map(list_cell, detail.tags), width - LABEL_CELLS - 2, ascii_only=ascii_only)
        parts.append(_labelled("tags", tags, width))
    facts: list[str] = []
    if detail.snoozed_until is not None and detail.snoozed_until > now:
        facts.append("snoozed until " + detail.snoozed_until.astimezone().strftime("%d %b %H:%M"))
    if detail.assignee:
        facts.append(f"assigned to {detail.assignee}")
    if detail.flagged:
        facts.append("flagged")
    if facts:
        parts.append(_paragraph(_joined(facts), width, "dim"))
    return parts


def _ends(left: str, facts: Sequence[str], right: str, width: int) -> Line:
    """What needs to be seen, as many facts as have room, and at the right end the place in the list."""
    room = width - 3 - cell_len(right)
    left = clip(left, room - 1)
    fitting = (_joined(facts[:count]) for count in range(len(facts), -1, -1))
    lead = " · " if left else ""
    fits = next((one for one in fitting if cell_len(left + lead + one) < room), "")
    quiet = lead + fits if fits else ""
    rest = PaintSpan(" " * (room - cell_len(left) - cell_len(quiet)) + right, "dim")
    return line(PaintSpan(" "), PaintSpan(left, "warn"), PaintSpan(quiet + rest.text, "dim"))


def texts_of(reading: ReadingText) -> Sequence[str]:
    """The review as plain text, for the clipboard."""
    review = reading.detail.review
    return [title_of(reading), review.body]
