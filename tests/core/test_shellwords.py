"""On a command line no verdict names a key of the app."""

from __future__ import annotations

import re

import pytest

from ascinbox.core.health.verdict_rules import RULES
from ascinbox.core.shellwords import in_shell

KEYS = re.compile(r"\bF5\b|\bw here\b|\benter on\b|, enter,|\bpress \w\b")
TEXTS = sorted({text for rule in RULES for text in (rule.detail, rule.fix, rule.then, rule.instead) if text})


@pytest.mark.parametrize("text", TEXTS)
def test_no_key_is_left(text: str) -> None:
    assert not KEYS.search(in_shell(text)), in_shell(text)


def test_a_reminder_names_the_command() -> None:
    assert in_shell("the Reporter token ends in 3 days; w takes a new one (5 Accounts)") == (
        "the Reporter token ends in 3 days; ascinbox rotate takes a new one"
    )


def test_what_names_no_key_stays() -> None:
    assert in_shell("Nothing to do: it recovers within the hour.") == (
        "Nothing to do: it recovers within the hour."
    )
    assert in_shell("F5 here. What was read before stays readable.") == (
        "Run ascinbox health again. What was read before stays readable."
    )
