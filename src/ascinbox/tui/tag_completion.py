"""Completion of tags while a line of them is typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ascinbox.core.text import fold
from ascinbox.tui.finding import find_entries

SUGGESTED = 8
_WORD = re.compile(r"(?:^|(?<=\s))([#-]?)(\S*)\Z")


class TagCompletion:
    """Puts in the most frequent tag that begins as typed; asked again right after, the next one."""

    def __init__(self, known: Mapping[str, int]) -> None:
        """`known`: the tags in use with their numbers of reviews."""
        # A tag with a blank in it cannot be written in a line of words.
        self._known = {tag: count for tag, count in known.items() if not re.search(r"\s", tag)}
        self._typed = ""
        self._given = ""

    def complete(self, text: str, cursor: int) -> tuple[str, int]:
        """The text with a tag at the cursor, and where the cursor then is; both unchanged without one."""
        before, after = text[:cursor], text[cursor:]
        again = bool(self._given) and before.endswith(self._given)
        head = before.removesuffix(self._given) if again else before
        word = _WORD.search(head)
        if word is None:
            return text, cursor
        start = word.start(2)
        typed = self._typed if again else word[2]
        fitting = self._fitting(typed, head[: word.start()] + " " + after)
        if not fitting:
            return text, cursor
        last = self._given.strip() if again else ""
        number = (fitting.index(last) + 1) % len(fitting) if last in fitting else 0
        self._typed, self._given = typed, f"{fitting[number]} "
        # The sign stays before the tag: it is taken away, not added.
        kept = head[:start]
        return f"{kept}{self._given}{after.lstrip()}", len(kept) + len(self._given)

    def suggestions(self, text: str, cursor: int) -> str:
        """`tab: crash 12 · crash-fixed 3`: what could stand at the cursor; empty when nothing could."""
        word = _WORD.search(text[:cursor])
        if word is None:
            return ""
        fitting = self._fitting(word[2], text[: word.start()] + " " + text[cursor:])
        shown = " · ".join(f"{tag} {self._known[tag]:,}" for tag in fitting[:SUGGESTED])
        return f"tab: {shown}" if shown else ""

    def _fitting(self, typed: str, others: str) -> Sequence[str]:
        """The most frequent first; those that have what was typed elsewhere than at the start come last."""
        taken = {word.lstrip("#-").casefold() for word in others.split()}
        wanted = fold(typed).strip()
        free = [tag for tag in self._known if tag.casefold() not in taken]
        free.sort(key=lambda tag: -self._known[tag])
        begin = [tag for tag in free if fold(tag).lstrip().startswith(wanted)]
        found = [free[number] for number in find_entries(typed, [(tag, "") for tag in free])]
        return [*begin, *(tag for tag in found if tag not in begin)]
