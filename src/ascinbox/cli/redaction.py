"""Makes a report fit to be sent to a stranger: no name, no id, no address, no secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ascinbox.cli.logs import redact

_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_KEY_FILE = re.compile(r"AuthKey_[A-Za-z0-9]+")
_LONG_NUMBER = re.compile(r"\b\d{7,}\b")


class Redaction:
    """Replaces the names that it is told, and whatever looks like an address, an id or a secret."""

    def __init__(self, names: Iterable[tuple[str, str]], home: Path) -> None:
        """`names` are pairs of a word and what stands for it (`("North", "account-1")`)."""
        pairs = [(str(home), "~"), *((word, stand_in) for word, stand_in in names if len(word) > 1)]
        self._stand_ins = dict(sorted(pairs, key=lambda pair: -len(pair[0])))
        self._words = re.compile("|".join(map(re.escape, self._stand_ins))) if self._stand_ins else None

    def text(self, text: str) -> str:
        """One text."""
        text = redact(text)
        if self._words is not None:
            text = self._words.sub(lambda found: self._stand_ins[found[0]], text)
        text = _KEY_FILE.sub("AuthKey_<id>", text)
        text = _MAIL.sub("<mail>", text)
        text = _UUID.sub("<uuid>", text)
        return _LONG_NUMBER.sub("<number>", text)

    def apply(self, value: Any) -> Any:
        """The same in every text of a JSON value; keys of objects included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.apply(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.apply(item) for item in value]
        return value
