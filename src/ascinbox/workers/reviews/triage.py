"""Marks reviews: done, snoozed, assigned, tagged, flagged, read, noted; all local, all undoable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.errors import UsageError
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.reviews.language import LANGUAGES, code_of
from ascinbox.core.team import TeamNote
from ascinbox.core.text import clean_body, clean_line

if TYPE_CHECKING:
    from ascinbox.store.queue.port import Undone
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

Ids = Iterable[str]


class Triage:
    """The service `workspace.triage`. Every verb gives the ids of the reviews that it really changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._store = workspace.store
        self._me = workspace.me
        self._clock = workspace.clock

    def done(self, ids: Ids, done: bool = True) -> tuple[str, ...]:
        """Done without a reply, or not done after all. A customer's change brings it back."""
        return self._store.call(lambda s: s.queue.done(ids, done))

    def snooze(self, ids: Ids, until: datetime | None) -> tuple[str, ...]:
        """Out of sight until then; None wakes at once."""
        return self._store.call(lambda s: s.queue.snooze(ids, until))

    def assign(self, ids: Ids, assignee: str) -> tuple[str, ...]:
        """To somebody; `me` is the person at the keyboard, an empty name nobody."""
        name = self._name(assignee)
        return self._store.call(lambda s: s.queue.assign(ids, name))

    def tag(self, ids: Ids, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
        """Adds and removes tags."""
        added, removed = _tags(add), _tags(remove)
        return self._store.call(lambda s: s.queue.tag(ids, added, removed))

    def flag(self, ids: Ids, flagged: bool = True) -> tuple[str, ...]:
        """Sets or takes off the flag."""
        return self._store.call(lambda s: s.queue.flag(ids, flagged))

    def read(self, ids: Ids, read: bool = True) -> tuple[str, ...]:
        """Marks as read or unread."""
        return self._store.call(lambda s: s.queue.read(ids, read))

    def language(self, ids: Ids, word: str) -> tuple[str, ...]:
        """What language they are in, where detection is wrong or found none; `auto` detects it again.

        Raises UsageError for no language.
        """
        change = MarkChange(language=chosen_language(word))
        return self._store.call(lambda s: s.queue.mark(dict.fromkeys(ids, change)))

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
        undone: Undone | None = self._store.call(lambda s: s.queue.undo_last())
        return undone

    def last_act(self) -> Undone | None:
        """What `undo` would take back."""
        act: Undone | None = self._store.call(lambda s: s.triage.last_act())
        return act

    def mark(self, changes: Mapping[str, MarkChange]) -> tuple[str, ...]:
        """Several marks, for each review its own, as one act that is undone as one."""
        cleaned = {review_id: self._cleaned(change) for review_id, change in changes.items()}
        return self._store.call(lambda s: s.queue.mark(cleaned))

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
        return self._me if name.casefold() == "me" else name

    def tags(self) -> Mapping[str, int]:
        """Every tag in use with its number of reviews."""
        return self._store.call(lambda s: s.triage.tags())

    def assignees(self) -> Mapping[str, int]:
        """Every assignee with the number of reviews; then those on the team who have none."""

        def read(store: Store) -> dict[str, int]:
            there = dict.fromkeys((each.name for each in store.team.members() if each.removed_at is None), 0)
            return {**(busy := store.triage.assignees()), **there, **busy}

        return self._store.call(read)


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
