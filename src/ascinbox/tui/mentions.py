"""Completion of `@name` while a note is typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BEGUN = re.compile(r"(?:^|(?<=\s))@([^\s@]*)\Z")


class MentionCompletion:
    """Puts in the first name that begins as typed; asked again right after, the next one."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = sorted(names, key=str.casefold)
        self._typed = ""
        self._given = ""

    def complete(self, text: str, cursor: int) -> tuple[str, int]:
        """The text with a name at the cursor, and where the cursor then is; both unchanged without one."""
        before, after = text[:cursor], text[cursor:]
        again = bool(self._given) and before.endswith(self._given)
        if again:
            start = len(before) - len(self._given)
        else:
            begun = _BEGUN.search(before)
            if begun is None:
                return text, cursor
            start, self._typed = begun.start(), begun[1].casefold()
        fitting = [name for name in self._names if name.casefold().startswith(self._typed)]
        if not fitting:
            return text, cursor
        last = self._given[1:-1] if again else ""
        number = (fitting.index(last) + 1) % len(fitting) if last in fitting else 0
        self._given = f"@{fitting[number]} "
        return before[:start] + self._given + after, start + len(self._given)
