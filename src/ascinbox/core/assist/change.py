"""How much of a draft was changed before it went out."""

from __future__ import annotations

from difflib import SequenceMatcher


def changed_percent(draft: str, final: str) -> int:
    """0 (as it was drafted) to 100 (nothing of it is left), by words."""
    if draft.strip() == final.strip():
        return 0
    matcher = SequenceMatcher(None, draft.split(), final.split(), autojunk=False)
    return max(1, min(100, round(100 * (1 - matcher.ratio()))))
