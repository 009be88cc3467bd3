"""Commands that do several things by a word (`team add`, `listing push`): which options belong to which."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import NamedTuple

from ascinbox.core.errors import UsageError


class Subcommand(NamedTuple):
    """One of the things that such a command does."""

    word: str
    """What its argument is called; "" where it takes none."""
    options: frozenset[str] = frozenset()
    """The options that belong to it, by attribute."""


def check_options(command: str, options: argparse.Namespace, subcommands: Mapping[str, Subcommand]) -> None:
    """Raises UsageError for an option that belongs to another of the things."""
    every = frozenset().union(*(one.options for one in subcommands.values()))
    foreign = sorted(every - subcommands[options.what].options)
    given = [name for name in foreign if getattr(options, name) not in (None, False)]
    if given:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        raise UsageError(f"{command} {options.what} takes no {names}.", "", f"See: ascinbox {command} --help")
