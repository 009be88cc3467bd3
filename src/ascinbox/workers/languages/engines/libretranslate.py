"""LibreTranslate, on one's own machine or another's: `POST {url}/translate`.

With q, source, target, format and, where one is set, api_key; the answer has translatedText
(https://docs.libretranslate.com). It translates only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ascinbox.core.assist.answers import EngineTrouble, libretranslate_text
from ascinbox.core.assist.choice import HOW, EngineChoice
from ascinbox.core.assist.outgoing import DraftRequest, TitledText
from ascinbox.core.secret import Secret
from ascinbox.core.text import clean_body, clean_line
from ascinbox.workers.languages.engines.base import TimeLimit
from ascinbox.workers.languages.engines.exchange import whole_answer

PATH = "/translate"


class LibreTranslateEngine:
    """See `Engine`."""

    def __init__(self, choice: EngineChoice, key: Callable[[], Secret | None]) -> None:
        self._choice = choice
        self._key = key

    def translate(self, piece: TitledText, source: str | None, to: str, patience: TimeLimit) -> TitledText:
        """See `Engine`. Title and body are two requests; an empty one is none."""
        del source

        def one(text: str) -> str:
            if not text.strip():
                return ""
            body: dict[str, Any] = {"q": text, "source": "auto", "target": to, "format": "text"}
            key = self._key()
            if key is not None:
                body["api_key"] = key.reveal()
            return libretranslate_text(whole_answer(self._choice, PATH, body, None, patience))

        return TitledText(clean_line(one(piece.title)), clean_body(one(piece.body)).strip())

    def draft(self, request: DraftRequest, patience: TimeLimit, heard: Callable[[str], None]) -> str:
        """LibreTranslate writes nothing: raises EngineTrouble."""
        del request, patience, heard
        raise EngineTrouble("LibreTranslate translates and cannot draft.", "", HOW)
