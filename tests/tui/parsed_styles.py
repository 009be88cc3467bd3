"""Style sheets are parsed once a process: each app on the screen would do it anew, in a tenth of its time."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@cache
def keep_parsed_styles() -> None:
    """From now on a text that was parsed with the same variables is not parsed again.

    Textual itself shares parsed rules among all nodes of an app, and changes none of them.
    """
    parse = Stylesheet._parse_rules
    kept: dict[tuple[Any, ...], list[RuleSet]] = {}
    numbers: dict[tuple[tuple[str, str], ...], int] = {}
    last: tuple[dict[str, str], int] = ({}, -1)

    def number_of(variables: dict[str, str]) -> int:
        """One number for all variables of the same values. A sheet gets new ones as a new dictionary."""
        nonlocal last
        if last[0] is not variables:
            number = numbers.setdefault(tuple(sorted(variables.items())), len(numbers))
            last = (variables, number)
        return last[1]

    def parse_once(sheet: Stylesheet, css: str, *args: Any, **kwargs: Any) -> list[RuleSet]:
        key = (css, args, tuple(sorted(kwargs.items())), number_of(sheet._variables))
        if key not in kept:
            kept[key] = parse(sheet, css, *args, **kwargs)
        return kept[key]

    # Never undone: it holds for the process.
    pytest.MonkeyPatch().setattr(Stylesheet, "_parse_rules", parse_once)
