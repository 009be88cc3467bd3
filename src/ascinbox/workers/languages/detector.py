"""The detector: fastText's language model on this machine. It reads one file and opens no socket.

`lid.176.ftz` lies beside this module (its licence too); `fasttext` is the predict-only build, without numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

MODEL = Path(__file__).with_name("lid.176.ftz")
NAMED = 8
"""Labels that are asked for; the rest of 176 share what is left."""
_LABEL = "__label__"
_SAME = {
    "no": "nb", "nn": "nb", "arz": "ar", "azb": "fa", "pnb": "ur", "yue": "zh", "wuu": "zh", "bs": "hr",
    "sh": "hr", "simple": "en", "als": "de", "bar": "de", "nds": "de",
}  # fmt: skip
"""Labels that are written so nearly like a language of ours that they count as it."""


class LanguageDetector:
    """Loads the model on its first use in a process: 50 ms, 3 MB. Usable from any thread."""

    def __call__(self, line: str) -> Mapping[str, float]:
        """Probabilities by ISO 639-1 code; empty when the model knows nothing in the line.

        `line` is lower-case text without line breaks.
        """
        labels, shares = _model().predict(line, k=NAMED)
        if (labels, shares) == self._of_nothing:
            return {}
        found: dict[str, float] = {}
        for label, share in zip(labels, shares, strict=True):
            code = label.removeprefix(_LABEL)
            code = _SAME.get(code, code)
            found[code] = found.get(code, 0.0) + min(float(share), 1.0)
        return found

    @cached_property
    def _of_nothing(self) -> tuple[Any, Any]:
        """What the model says of a text in which it knows no word and no letter: always the same."""
        answer: tuple[Any, Any] = _model().predict("", k=NAMED)
        return answer


@cache
def _model() -> Any:
    import fasttext

    return fasttext.load_model(str(MODEL))
