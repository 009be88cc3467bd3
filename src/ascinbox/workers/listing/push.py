"""Sends changes of one part of a listing to Apple: each language is read again before it is written.

Texts that changed at Apple meanwhile are held, fields that Apple refuses are named and the rest goes on. A
lost answer is settled by reading: writing the same text twice changes nothing, so what did not land is sent
again. After a kill every field is as it was or as it is meant, and comparing again tells which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ascinbox.core.errors import (
    AscinboxError,
    NetworkError,
    NotFound,
    Rejected,
    SourceError,
    SourceProblem,
    Unauthorized,
    Unavailable,
    most_specific_first,
)
from ascinbox.core.listing.changes import (
    ChangeState,
    ListingChange,
    by_localization,
    decide,
    normalized,
    same_text,
)
from ascinbox.core.listing.checks import why_not_sent
from ascinbox.core.listing.fields import LANGUAGE, Scope

if TYPE_CHECKING:
    from ascinbox.core.clock import Clock
    from ascinbox.core.listing.records import ListingLocalization, ListingPart

MOST_TRIES = 3
"""So often a change is sent whose answers get lost and which reading shows not to have landed."""
LOOK_AGAIN_S = 1.0
"""Pause before reading after a lost answer: Apple's reads lag behind its writes."""

UNKNOWN = "Whether Apple took it is not known: the answer was lost and reading failed. Compare again."
REMOVED = "Apple has no such language any more."
NO_NAME = "A new language needs the app's name in it: Apple wants it first."


class ListingGateway(Protocol):
    """What writing needs of a store; `sources.apple.listing.AppleListing` is Apple's."""

    def localization(self, scope: Scope, localization_id: str) -> ListingLocalization:
        """One language as it is now."""
        ...

    def localizations(self, scope: Scope, part_id: str) -> tuple[ListingLocalization, ...]:
        """Every language of a part as it is now."""
        ...

    def shared_values(self, scope: Scope, part_id: str) -> Mapping[str, str]:
        """What all languages of a part share, as it is now."""
        ...

    def update_localization(
        self, scope: Scope, localization_id: str, values: Mapping[str, str | None]
    ) -> None:
        """Changes fields of one language."""
        ...

    def update_shared(self, scope: Scope, part_id: str, values: Mapping[str, str]) -> None:
        """Changes what all languages share."""
        ...

    def add_localization(
        self, scope: Scope, part_id: str, locale: str, values: Mapping[str, str]
    ) -> ListingLocalization:
        """Adds a language."""
        ...


class ListingPush:
    """Sends the changes of one part, one language after the other."""

    def __init__(
        self,
        gateway: ListingGateway,
        part: ListingPart,
        clock: Clock,
        *,
        first_version: bool = False,
        allow_no_base: bool = False,
    ) -> None:
        self._gateway = gateway
        self._part = part
        self._clock = clock
        self._first_version = first_version
        self._allow_no_base = allow_no_base

    def run(self, changes: Iterable[ListingChange]) -> Iterator[ListingChange]:
        """What became of each change, as soon as it is known. A text that Apple has already is `changed`.

        Raises what the client raises when nothing more can be sent; what had no result yet was not sent.
        """
        for _, locale, group in by_localization(changes):
            sendable = []
            for change in group:
                why = why_not_sent(change, self._part, first_version=self._first_version)
                if why:
                    yield change.refused(why)
                else:
                    sendable.append(change)
            if not sendable:
                continue
            if locale and self._part.localization(locale) is None:
                yield from self._add_language(locale, sendable)
            else:
                yield from self._write(locale, sendable)

    # --- one language that is there ---

    def _write(self, locale: str, changes: Sequence[ListingChange]) -> Iterator[ListingChange]:
        try:
            now = self._values(locale)
        except NotFound:
            for change in changes:
                yield replace(change, state=ChangeState.HELD, theirs="", detail=REMOVED)
            return
        wanted: list[ListingChange] = []
        for change in changes:
            seen = replace(change, theirs=now.get(change.name, ""))
            decided = decide(seen, allow_no_base=self._allow_no_base)
            if decided is None:
                yield seen.changed()
            elif decided.state is ChangeState.HELD:
                yield decided
            else:
                wanted.append(decided)
        yield from self._send(locale, wanted)

    def _send(self, locale: str, changes: Sequence[ListingChange]) -> Iterator[ListingChange]:
        tries = 0
        while changes:
            tries += 1
            try:
                self._update(locale, {change.name: normalized(change.mine) for change in changes})
            except Rejected as error:
                refused, changes = _refused(changes, error)
                if not refused and len(changes) > 1:
                    # Apple does not say which: each by itself.
                    for change in changes:
                        yield from self._send(locale, [change])
                    return
                yield from refused or [change.refused(_words(error)) for change in changes]
                changes = changes if refused else ()
                tries = 0
            except (NetworkError, Unavailable, Unauthorized) as error:
                if isinstance(error, NetworkError) and error.unsent and tries >= MOST_TRIES:
                    raise
                settled = self._settled(locale, changes)
                yield from (one for one in settled if one.state is not ChangeState.WOULD_CHANGE)
                changes = [one for one in settled if one.state is ChangeState.WOULD_CHANGE]
                if changes and (tries >= MOST_TRIES or isinstance(error, Unauthorized)):
                    raise
            else:
                yield from (change.changed() for change in changes)
                return

    def _settled(self, locale: str, changes: Sequence[ListingChange]) -> list[ListingChange]:
        """After a lost answer: what landed is `changed`, what did not `would_change`."""
        self._clock.sleep(LOOK_AGAIN_S)
        try:
            now = self._values(locale)
        except AscinboxError:
            return [replace(change, state=ChangeState.HELD, detail=UNKNOWN) for change in changes]
        settled = []
        for change in changes:
            there = now.get(change.name, "")
            if same_text(there, change.mine):
                settled.append(change.changed())
            elif same_text(there, change.theirs):
                settled.append(change)
            else:
                settled.append(change.held(there))
        return settled

    def _values(self, locale: str) -> Mapping[str, str]:
        if not locale:
            return self._gateway.shared_values(self._part.scope, self._part.id)
        known = self._part.localization(locale)
        assert known is not None
        return self._gateway.localization(self._part.scope, known.id).values

    def _update(self, locale: str, values: Mapping[str, str]) -> None:
        if not locale:
            self._gateway.update_shared(self._part.scope, self._part.id, values)
            return
        known = self._part.localization(locale)
        assert known is not None
        given = {name: text or None for name, text in values.items()}
        self._gateway.update_localization(self._part.scope, known.id, given)

    # --- one that is not there yet ---

    def _add_language(self, locale: str, changes: Sequence[ListingChange]) -> Iterator[ListingChange]:
        texts = [change for change in changes if change.name != LANGUAGE]
        if self._part.scope is Scope.INFO and not any(change.name == "name" for change in texts):
            for change in changes:
                yield change.refused(NO_NAME)
            return
        while True:
            values = {change.name: normalized(change.mine) for change in texts}
            try:
                made = self._gateway.add_localization(self._part.scope, self._part.id, locale, values)
            except (Rejected, NetworkError, Unavailable, Unauthorized) as error:
                if isinstance(error, NetworkError) and error.unsent:
                    raise
                there = next((one for one in self._languages() if one.locale == locale), None)
                if there is not None:
                    # It landed, or a colleague added the language: the texts are compared as any others.
                    self._keep(there)
                    yield from (c.changed() for c in changes if c.name == LANGUAGE)
                    yield from self._write(locale, texts)
                    return
                if not isinstance(error, Rejected):
                    raise
                refused, texts = _refused(texts, error)
                if not refused or any(change.name == "name" for change in refused):
                    left = {change.key for change in refused}
                    yield from refused
                    for change in changes:
                        if change.key not in left:
                            yield change.refused(_words(error))
                    return
                yield from refused
                continue
            self._keep(made)
            yield from (change.changed() for change in changes if change in texts or change.name == LANGUAGE)
            return

    def _languages(self) -> tuple[ListingLocalization, ...]:
        return self._gateway.localizations(self._part.scope, self._part.id)

    def _keep(self, added: ListingLocalization) -> None:
        self._part = replace(self._part, localizations=(*self._part.localizations, added))


def _refused(
    changes: Sequence[ListingChange], error: SourceError
) -> tuple[list[ListingChange], list[ListingChange]]:
    """Those that Apple's entries name, with its words, and the others."""
    named: dict[str, SourceProblem] = {}
    for problem in error.problems:
        name = problem.pointer.rpartition("/")[2]
        named.setdefault(name, problem)
    refused = [change.refused(_said(named[change.name])) for change in changes if change.name in named]
    return refused, [change for change in changes if change.name not in named]


def _said(problem: SourceProblem) -> str:
    words = problem.detail or problem.title or problem.code
    return f"Apple refuses it: {words}" if words else "Apple refuses it without a reason."


def _words(error: SourceError) -> str:
    problems = most_specific_first(error.problems)
    return _said(problems[0]) if problems else error.title
