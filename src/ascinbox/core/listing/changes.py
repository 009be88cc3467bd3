"""Changes to a listing: what was meant, what Apple has by now, and what therefore happens. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from ascinbox.core.listing.fields import ListingField, Scope, field_of
from ascinbox.core.listing.records import ListingPart


class ChangeState(StrEnum):
    """How far a change got; the words of `state` in JSON."""

    WOULD_CHANGE = "would_change"
    CHANGED = "changed"
    HELD = "held"
    """Apple's text is neither the one it was written from nor the one that is meant: a person decides."""
    REFUSED = "refused"
    """By a check here, or by Apple."""


@dataclass(frozen=True, slots=True)
class ListingChange:
    """One field of one language (`locale` "" for what all share) and what becomes of it."""

    scope: Scope
    locale: str
    name: str
    """Apple's attribute."""
    base: str | None
    """The text that it was written from; None where nobody knows."""
    theirs: str
    """What Apple has now."""
    mine: str
    """What is meant."""
    state: ChangeState = ChangeState.WOULD_CHANGE
    detail: str = ""
    """Why, in a sentence."""

    @property
    def field(self) -> ListingField:
        """The row of its field."""
        return field_of(self.scope, self.name)

    @property
    def key(self) -> tuple[Scope, str, str]:
        """What names it within an app."""
        return self.scope, self.locale, self.name

    def refused(self, detail: str) -> ListingChange:
        """The same, refused for that reason."""
        return replace(self, state=ChangeState.REFUSED, detail=detail)

    def changed(self) -> ListingChange:
        """The same, taken by Apple."""
        return replace(self, state=ChangeState.CHANGED, detail="")

    def held(self, theirs: str) -> ListingChange:
        """The same, held because Apple has another text by now."""
        return replace(self, state=ChangeState.HELD, theirs=theirs, detail=HELD)


HELD = "Apple's text was changed since yours was begun."
NO_BASE = "Nobody knows which text yours was begun from."


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same to Apple: blanks around them and the kind of line break do not count."""
    return normalized(one) == normalized(other)


def normalized(text: str) -> str:
    """The text as it is sent: LF line breaks, nothing but text at either end (fastlane strips as well)."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def decide(change: ListingChange, *, allow_no_base: bool = False) -> ListingChange | None:
    """What is to be done about a change against the text that Apple has now; None when it is there already.

    It is held when Apple's text is not the one that it was written from.
    """
    if same_text(change.theirs, change.mine):
        return None
    if change.base is None:
        if allow_no_base:
            return change
        return replace(change, state=ChangeState.HELD, detail=NO_BASE)
    if same_text(change.theirs, change.base):
        return change
    return change.held(change.theirs)


def by_localization(
    changes: Iterable[ListingChange],
) -> Iterator[tuple[Scope, str, tuple[ListingChange, ...]]]:
    """Changes together that one request carries, in their order: what all languages share comes first."""
    groups: dict[tuple[Scope, str], list[ListingChange]] = {}
    for change in changes:
        groups.setdefault((change.scope, change.locale), []).append(change)
    for scope, locale in sorted(groups, key=lambda key: bool(key[1])):
        yield scope, locale, tuple(groups[scope, locale])


def refresh(changes: Iterable[ListingChange], part: ListingPart) -> Iterator[ListingChange]:
    """The changes of that part beside what Apple has there now."""
    for change in changes:
        if change.scope is part.scope:
            yield replace(change, theirs=part.value(change.field, change.locale))
