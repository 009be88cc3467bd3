"""Which key mends what a check found, or goes on in spite of it. Pure; the keys come from the key table."""

from __future__ import annotations

from collections.abc import Mapping

from ascinbox.core.replies.findings import Finding, FindingKind
from ascinbox.tui.actions import Keymap
from ascinbox.tui.hints import Hint, hint_words, hints_of

_EDIT, _ACCEPT = hints_of("reply=edit"), hints_of("accept=accept")

BY_KIND: Mapping[FindingKind, tuple[Hint, ...]] = {
    FindingKind.BLOCK: _EDIT,
    FindingKind.WARN: _ACCEPT,
    FindingKind.NUDGE: _EDIT,
}
"""In the check step, unless `BY_RULE` has another."""

BY_RULE: Mapping[str, tuple[Hint, ...]] = {
    "read-only": (),
    "capability": hints_of("go_health=Health"),
    "language": (*_EDIT, *_ACCEPT),
    "placeholder": (*_EDIT, *_ACCEPT),
}

WHILE_WRITING: Mapping[FindingKind, tuple[Hint, ...]] = {
    FindingKind.WARN: hints_of("check accept=accept"),
}
"""In the editor: what is wrong with the text is mended where it stands, without a key."""


def mending_words(finding: Finding, keymap: Keymap, *, writing: bool) -> str:
    """`r edit, ! accept`; empty where no key helps. `writing`: in the editor, not in the check step."""
    if writing:
        hints = WHILE_WRITING.get(finding.kind, ())
    else:
        hints = BY_RULE.get(finding.rule, BY_KIND[finding.kind])
    return ", ".join(filter(None, (hint_words(keymap, hint) for hint in hints)))
