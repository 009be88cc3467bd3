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

    def parse_once(sheet: Stylesheet, css: str, *args: Any, **kwargs: Any) -> list[RuleSet]:
        variables = tuple(sorted(sheet._variables.items()))
        key = (css, args, tuple(sorted(kwargs.items())), variables)
        if key not in kept:
            kept[key] = parse(sheet, css, *args, **kwargs)
        return kept[key]

    # Never undone: it holds for the process.
    pytest.MonkeyPatch().setattr(Stylesheet, "_parse_rules", parse_once)
