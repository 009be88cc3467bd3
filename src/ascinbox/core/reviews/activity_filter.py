"""What of Activity is wanted: by whom, what was done, which words. Pure.

    by:anna act:publish,tag -act:read "tide clock"

The rules are those of the filter language: all terms must hold, a comma means "or", a minus "not".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from ascinbox.core.filters.tokens import RawTerm, split
from ascinbox.core.filters.values import FilterError, given
from ascinbox.core.outbox.sentences import OutboxItem
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.text import fold

KEYS = ("by", "act", "app")
ME = "me"
T = TypeVar("T", bound="ActItem | OutboxItem")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one thing that was done is looked at by, folded."""

    by: str
    acts: tuple[str, ...]
    app: str
    words: str


class ActivityFilter:
    """Reads a filter for Activity once; FilterError says what is not understood, and where."""

    def __init__(self, text: str, me: str) -> None:
        self._me = me
        self._tests = [(self._test(term), term.negated) for term in split(text)]

    def of(self, items: Iterable[T]) -> list[T]:
        """Those that fit, in their order."""
        if not self._tests:
            return list(items)
        return [item for item in items if self._fits(_facts(item))]

    def _fits(self, facts: _Facts) -> bool:
        return all(test(facts) is not negated for test, negated in self._tests)

    def _test(self, raw: RawTerm) -> Callable[[_Facts], bool]:
        if raw.open_quote is not None:
            raise FilterError("this quote is not closed", raw.open_quote, raw.end)
        values = tuple(fold(value.text).strip() for value in given(raw))
        match raw.key:
            case "by":
                wanted = {fold(self._me).strip() if value == ME else value for value in values}
                return lambda facts: facts.by in wanted
            case "act":
                return lambda facts: any(act.startswith(value) for act in facts.acts for value in values)
            case "app":
                return lambda facts: any(value in facts.app for value in values)
            case None:
                return lambda facts: any(f" {value}" in facts.words for value in values)
            case _:
                known = " ".join(f"{key}:" for key in KEYS)
                raise FilterError(
                    f"Activity has no key {raw.key[:40]}", raw.start, raw.end, f"It takes {known} and words."
                )


def _facts(item: ActItem | OutboxItem) -> _Facts:
    if isinstance(item, ActItem):
        act = item.act
        verbs = tuple(fold(verb).strip() for verb in act.verb.split(", "))
        words = (act.subject, act.detail, item.title, item.app_name, item.account)
        return _Facts(fold(act.by).strip(), verbs, fold(item.app_name), fold(" ".join(words)))
    row = item.row
    acts = (row.kind.value, row.phase.value.replace("_", " "), item.ended_verb)
    said = (row.text, item.sentence, item.title, item.app_name, item.account, item.nickname)
    return _Facts(fold(item.by).strip(), acts, fold(item.app_name), fold(" ".join(said)))
