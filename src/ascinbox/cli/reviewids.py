"""Ids of reviews on the command line: whole, or any beginning that only one of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.errors import UsageError

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

SHORTEST = 8
"""Characters that a shortened id has at least."""
_LISTED = 4


def resolve(workspace: Workspace, word: str) -> str:
    """The whole id. UsageError (exit 3) when no cached review has it, or several begin so."""
    found = find(workspace, word)
    if found is None:
        raise UsageError(
            f"There is no review {word[:80]!r} in the cache.",
            "",
            "`ascinbox reviews` lists them; `ascinbox sync` fetches what is new.",
        )
    return found


def find(workspace: Workspace, word: str) -> str | None:
    """The whole id, or None when the word is none. UsageError when several ids begin so."""
    if not word or workspace.inbox.detail(word) is not None:
        return word or None
    if len(word) < SHORTEST:
        return None
    begin = workspace.inbox.ids_beginning(word, _LISTED)
    if len(begin) > 1:
        raise UsageError(
            f"Several reviews begin with {word[:80]!r}.", ", ".join(begin), "Give more of the id."
        )
    return begin[0] if begin else None
