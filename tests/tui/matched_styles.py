"""Which rules of a style sheet hold for a part of the screen is looked up once a process.

Each start of an app asks that some seventy times, at a fifth of its cost, and the answers are the same.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import pytest
from textual.css.model import RuleSet
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

BY_PLACE = frozenset(Stylesheet._EXCLUDE_PSEUDO_CLASSES_FROM_CACHE)
"""What depends on the parts beside and inside: Textual keeps no answer for it either."""


class _Answer(NamedTuple):
    """What Textual found for a part of the screen."""

    hover: bool
    rules: RulesMap | None


class _Rules:
    """The rules of a style sheet, and what was found by them."""

    def __init__(self, rules: list[RuleSet]) -> None:
        self.rules = tuple(rules)
        self.answers: dict[Hashable, _Answer] = {}
        self._asked: dict[Hashable, tuple[str, ...] | None] = {}

    def asked_of(self, node: DOMNode) -> tuple[str, ...] | None:
        """The pseudo classes that decide which rules hold for it; None where its place is one of them."""
        kind = (type(node), node._id, frozenset(node._classes))
        if kind not in self._asked:
            names = node._selector_names
            rules = [rule for rule in self.rules if not names.isdisjoint(rule.selector_names)]
            asked = set[str]().union(*(rule.pseudo_classes for rule in rules))
            self._asked[kind] = tuple(asked) if asked.isdisjoint(BY_PLACE) else None
        return self._asked[kind]


def _state(node: DOMNode, pseudo_classes: tuple[str, ...]) -> Hashable:
    """All that a selector asks of a part of the screen."""
    known: dict[str, Any] = node._PSEUDO_CLASSES
    states = [name for name in pseudo_classes if name in known and known[name](node)]
    return (type(node), node._id, frozenset(node._classes), *states)


@cache
def keep_matched_styles() -> None:
    """From now on parts of the same kind, id, classes and state get what was found for the first of them."""
    look_up = Stylesheet.apply
    kept: dict[tuple[RuleSet, ...], _Rules] = {}
    in_force: WeakKeyDictionary[Stylesheet, tuple[list[RuleSet], _Rules]] = WeakKeyDictionary()

    def rules_of(sheet: Stylesheet) -> _Rules:
        rules = sheet.rules
        known = in_force.get(sheet)
        if known is None or known[0] is not rules:
            known = (rules, kept.setdefault(tuple(rules), _Rules(rules)))
            in_force[sheet] = known
        return known[1]

    def apply(
        sheet: Stylesheet, node: DOMNode, *, animate: bool = False, cache: dict[Any, Any] | None = None
    ) -> None:
        rules = rules_of(sheet)
        asked = rules.asked_of(node)
        if asked is None:
            look_up(sheet, node, animate=animate, cache=cache)
            return
        key = tuple(_state(each, asked) for each in node.css_path_nodes)
        answer = rules.answers.get(key)
        if answer is None:
            found: dict[Any, RulesMap] = {}
            look_up(sheet, node, animate=animate, cache=found)
            rules.answers[key] = _Answer(node._has_hover_style, next(iter(found.values()), None))
            return
        node._has_hover_style = answer.hover
        node._has_focus_within = node._has_order_style = node._has_odd_or_even = False
        if answer.rules is not None:
            sheet.replace_rules(node, answer.rules, animate=animate)
        sheet._process_component_classes(node)

    # Never undone: it holds for the process.
    pytest.MonkeyPatch().setattr(Stylesheet, "apply", apply)
