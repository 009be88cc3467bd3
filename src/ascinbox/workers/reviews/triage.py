"""Marks reviews: done, snoozed, assigned, tagged, flagged, read, noted; all local, all undoable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypeVar

from ascinbox.core.errors import UsageError
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.reviews.language import LANGUAGES, code_of
from ascinbox.core.team import TeamNote, login_of, why_not_assigned
from ascinbox.core.text import clean_body, clean_line
from ascinbox.store.queue.port import LongAct

if TYPE_CHECKING:
    from ascinbox.store.queue.port import Queue, Undone
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")
Ids = Iterable[str]
FEW = 500
"""An act on more reviews than this is done in parts: do not call it on the store's own thread."""
BETWEEN_PARTS_S = 0.03
"""Another program that waits to write tries again every few hundredths of a second."""


class Triage:
    """The service `workspace.triage`. Every verb gives the ids of the reviews that it really changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._store = workspace.store
        self._me = workspace.me
        self._clock = workspace.clock

    def done(self, ids: Ids, done: bool = True) -> tuple[str, ...]:
        """Done without a reply, or not done after all. A customer's change brings it back."""
        return self._mark(dict.fromkeys(ids, MarkChange(done=done)))

    def snooze(self, ids: Ids, until: datetime | None) -> tuple[str, ...]:
        """Out of sight until then; None wakes at once."""
        return self._mark(dict.fromkeys(ids, MarkChange(snooze=until, wake=until is None)))

    def assign(self, ids: Ids, assignee: str) -> tuple[str, ...]:
        """To somebody; `me` is the person at the keyboard, an empty name nobody.

        Raises UsageError on a team for who is not on it.
        """
        return self._mark(dict.fromkeys(ids, MarkChange(assign=self._name(assignee))))

    def tag(self, ids: Ids, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
        """Adds and removes tags."""
        return self._mark(dict.fromkeys(ids, MarkChange(tag=_tags(add), untag=_tags(remove))))

    def flag(self, ids: Ids, flagged: bool = True) -> tuple[str, ...]:
        """Sets or takes off the flag."""
        return self._mark(dict.fromkeys(ids, MarkChange(flag=flagged)))

    def read(self, ids: Ids, read: bool = True) -> tuple[str, ...]:
        """Marks as read or unread."""
        return self._mark(dict.fromkeys(ids, MarkChange(read=read)))

    def language(self, ids: Ids, word: str) -> tuple[str, ...]:
        """What language they are in, where detection is wrong or found none; `auto` detects it again.

        Raises UsageError for no language.
        """
        return self._mark(dict.fromkeys(ids, MarkChange(language=chosen_language(word))))

    def note(self, review_id: str, text: str) -> tuple[str, ...]:
        """Replaces the internal note, which is never sent; an empty text removes it."""
        note = clean_body(text).strip()
        return self._store.call(lambda s: s.queue.note(review_id, note))

    def add_note(self, review_id: str, text: str) -> TeamNote:
        """Adds a note to the review's thread; it is never sent to a store. Raises UsageError when empty."""
        body = clean_body(text).strip()
        if not body:
            raise UsageError("A note needs words.")
        note = TeamNote.new(review_id, self._me, body, self._clock.now())
        self._store.call(lambda s: s.queue.add_note(note))
        return note

    def opened(self, ids: Ids) -> tuple[str, ...]:
        """The person has looked at them: no longer new."""
        return self._store.call(lambda s: s.queue.opened(ids))

    def undo(self) -> Undone | None:
        """Takes the last act back, of this session or an earlier one; None when there is none left."""
        act = LongAct()
        first = self.undo_part(act)
        return None if first is None else replace(first, review_ids=self.undo_rest(first.review_ids, act))

    def undo_part(self, act: LongAct) -> Undone | None:
        """One part of `undo`. There is more to do unless the `act` is ended then."""
        undone: Undone | None = self._store.call(_timed, act, lambda queue: queue.undo_last(act))
        return undone

    def undo_rest(self, first: tuple[str, ...], act: LongAct) -> tuple[str, ...]:
        """The parts that follow the first; the reviews of all of them."""
        ids = list(first)
        while not act.ended:
            sleep(BETWEEN_PARTS_S)
            if (more := self.undo_part(act)) is not None:
                ids += more.review_ids
        return tuple(ids)

    def last_act(self) -> Undone | None:
        """What `undo` would take back."""
        act: Undone | None = self._store.call(lambda s: s.triage.last_act())
        return act

    def last_act_at(self) -> datetime | None:
        """When a person last did what can be taken back; what rules did since does not count."""
        return self._store.call(lambda s: s.triage.last_act_at())

    def mark(self, changes: Mapping[str, MarkChange]) -> tuple[str, ...]:
        """Several marks, for each review its own, as one act that is undone as one. Raises as `assign`."""
        return self._mark({review_id: self._cleaned(change) for review_id, change in changes.items()})

    def _mark(self, changes: Mapping[str, MarkChange]) -> tuple[str, ...]:
        """One act; between the parts of a long one others write."""
        if len(changes) <= FEW or not self._store.call(lambda s: s.queue.in_parts()):
            return self._store.call(lambda s: s.queue.mark(changes))
        act = LongAct()
        rest = iter(changes.items())
        changed: list[str] = []
        while not act.ended and (part := dict(islice(rest, act.part))):
            changed += self._store.call(_timed, act, lambda queue, part=part: queue.mark(part, act))
            sleep(BETWEEN_PARTS_S)
        return tuple(changed)

    def _cleaned(self, change: MarkChange) -> MarkChange:
        return replace(
            change,
            assign=None if change.assign is None else self._name(change.assign),
            tag=_tags(change.tag),
            untag=_tags(change.untag),
            note=None if change.note is None else clean_body(change.note).strip(),
        )

    def _name(self, assignee: str) -> str:
        name = clean_line(assignee)
        if name.casefold() == "me":
            return self._me
        members = self._store.call(lambda store: store.team.members())
        name = login_of(members, name)
        if why := why_not_assigned(members, name):
            title, _, there = why.partition(". ")
            raise UsageError(f"{title}.", there, "See: ascinbox team list.")
        return name

    def tags(self) -> Mapping[str, int]:
        """Every tag in use with its number of reviews."""
        return self._store.call(lambda s: s.triage.tags())

    def assignees(self) -> Mapping[str, int]:
        """Every assignee with the number of reviews; on a team those who are on it."""

        def read(store: Store) -> dict[str, int]:
            members = store.team.members()
            there = dict.fromkeys((each.name for each in members if each.removed_at is None), 0)
            busy = store.triage.assignees()
            if members:
                busy = {name: count for name, count in busy.items() if name in there}
            return {**busy, **there, **busy}

        return self._store.call(read)

    def any_name(self) -> bool:
        """Whether a review may be assigned to any name: without a team."""
        return self._store.call(lambda store: not store.team.members())


def _timed(store: Store, act: LongAct, do: Callable[[Queue], R]) -> R:
    began = monotonic()
    try:
        return do(store.queue)
    finally:
        act.took(monotonic() - began)


def chosen_language(word: str) -> str:
    """The code that a code or a name means; empty for `auto`. UsageError for anything else."""
    if word.strip().lower() == "auto":
        return ""
    code = code_of(word)
    if code is None:
        raise UsageError(f"No such language {word[:40]!r}.", "", f"auto, or one of {', '.join(LANGUAGES)}")
    return code


def teammates(workspace: Workspace) -> tuple[str, ...]:
    """Names of the others on the team who may write; empty for a person alone."""
    members = workspace.store.call(lambda store: store.team.members())
    return tuple(
        m.name for m in members if m.removed_at is None and m.level.may_write and m.name != workspace.me
    ) or tuple(m.name for m in members if m.name == workspace.me)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in map(clean_line, tags) if tag))
