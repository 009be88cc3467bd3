"""What a person does beside answering: marks on reviews, accounts, people, settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ascinbox.core.clock import iso

APPROVED = " approved by "
"""What a team's log writes before who had approved a reply."""

RULE = "rule "
"""What stands before the name of a rule where it is told who did an act."""


@dataclass(frozen=True, slots=True)
class MarkChange:
    """What becomes of the marks of one review. What is left at its default stays as it is."""

    done: bool | None = None
    """Done without an answer (which ends a snooze), or not done after all."""
    snooze: datetime | None = None
    wake: bool = False
    """Ends a snooze."""
    assign: str | None = None
    """A name; an empty one takes the assignment away."""
    tag: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()
    flag: bool | None = None
    read: bool | None = None
    language: str | None = None
    """ISO 639-1, as a person put it right; an empty one leaves it to detection again."""
    note: str | None = None
    """Replaces the internal note; an empty one takes it away."""

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Each verb with what it is about. The text of a note is told nowhere else."""
        tags = (*(f"+{tag}" for tag in self.tag), *(f"-{tag}" for tag in self.untag))
        found = (
            _switch(self.done, "done", "not done"),
            ("snooze", f"until {iso(self.snooze)}") if self.snooze is not None else None,
            ("wake", "") if self.wake else None,
            ("assign", f"to {self.assign.strip() or 'nobody'}") if self.assign is not None else None,
            ("tag", " ".join(tags)) if tags else None,
            _switch(self.flag, "flag", "unflag"),
            _switch(self.read, "read", "unread"),
            ("language", self.language or "detected again") if self.language is not None else None,
            ("note", "" if self.note.strip() else "taken away") if self.note is not None else None,
        )
        return tuple(part for part in found if part is not None)


def _switch(value: bool | None, on: str, off: str) -> tuple[str, str] | None:
    return None if value is None else (on if value else off, "")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person did."""

    at: datetime
    by: str
    """Who; the name that assignments use."""
    verb: str
    """Such as `done`, or `done, tag` for one act of several marks, `link`, `set`, `undo`."""
    subject: str
    """The account; empty for an act on reviews or settings."""
    detail: str
    review_ids: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What a person reads beside verb and review. A team's log keeps what proves it, such as hashes."""
        match self.verb:
            case "approve" | "send back" | "replace" | "take back" | "drop":
                approver = self.detail.partition(APPROVED)[2]
                return f"{self.subject}'s reply" + (f", approved by {approver}" if approver else "")
            case "take over":
                return f"from {self.subject}"
            case _:
                return self.detail


@dataclass(frozen=True, slots=True)
class ActItem:
    """An act as Activity shows it. What is told of a review is empty unless the act was on that one alone."""

    act: Act
    account: str = ""
    app_id: str = ""
    app_name: str = ""
    rating: int | None = None
    territory: str | None = None
    title: str = ""

    @property
    def review_id(self) -> str:
        """The one review; empty when there are more, or none."""
        return self.act.review_ids[0] if len(self.act.review_ids) == 1 else ""
