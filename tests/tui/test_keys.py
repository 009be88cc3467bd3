"""The key table: no clashes, nothing hidden, everything derived from it."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.tui.actions import (
    ACTIONS,
    BY_ID,
    CONTEXTS,
    GROUPS,
    LIST,
    SAME_MEANING_WHILE_TYPING,
    SCREENS,
    TEXT_FIELD_KEYS,
    TYPING,
    Keymap,
    as_markdown,
    is_key,
    is_printing,
    pressed,
    show_key,
)
from ascinbox.tui.help.text import Offer, help_lines
from ascinbox.tui.hints import HINTS, hint_line, hint_words
from ascinbox.tui.paint import text_of


def test_the_default_map_has_no_clash_and_as_many_keys_as_the_specification() -> None:
    assert Keymap.build().problems == ()
    assert len({key for action in ACTIONS for key in action.keys}) == 94, (
        "the specification, and L, ctrl+n, F8, B, C, 6, +, F3, *, comma"
    )


def test_ids_are_unique_and_contexts_and_groups_exist() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert set(action.contexts) <= set(CONTEXTS)
        assert action.group in GROUPS
        assert all(is_key(key) for key in action.keys), action


def test_a_key_never_has_two_verbs_in_one_context() -> None:
    for context, screen in product(CONTEXTS, SCREENS):
        seen: dict[str, str] = {}
        for action in ACTIONS:
            if context in action.contexts and screen in action.screens:
                for key in action.keys:
                    assert seen.setdefault(key, action.id) == action.id


def test_letters_type_text_where_one_types() -> None:
    keymap = Keymap.build()
    for context, action in product(TYPING, ACTIONS):
        for key in action.keys:
            if is_printing(key):
                assert all(keymap.find(context, key, screen) is None for screen in SCREENS)


def test_gg_is_a_sequence_and_g_alone_is_nothing() -> None:
    keymap = Keymap.build()
    assert keymap.find("L", "gg", "inbox") == "first"
    assert keymap.find("L", "g", "inbox") is None
    assert keymap.is_prefix("L", "g", "inbox")
    assert not keymap.is_prefix("E", "g", "inbox")


@pytest.mark.parametrize(
    ("action", "keys", "says"),
    [
        ("done", ["r"], "both reply and done in lists"),
        ("flag", ["g"], "begins gg (first)"),
        ("save", ["ctrl+k"], "edits text in editor"),
        ("nxet", ["j"], "did you mean next"),
        ("help", [], "must keep a key"),
        ("done", ["hyper+e"], "is no key"),
    ],
)
def test_a_bad_override_is_named(action: str, keys: list[str], says: str) -> None:
    problems = Keymap.build({action: keys}).problems
    assert any(says in problem.reason for problem in problems)


def test_a_key_may_mean_two_things_on_two_screens() -> None:
    """Metrics and the Listing have no action in common that is only theirs."""
    keymap = Keymap.build({"by": ["ctrl+b"], "more": ["ctrl+b"]})
    assert keymap.problems == ()
    assert keymap.find("L", "ctrl+b", "metrics") == "by"
    assert keymap.find("L", "ctrl+b", "listing") == "more"
    assert keymap.find("L", "ctrl+b", "inbox") in {"by", "more"}, "so that it can be said where it works"
    assert Keymap.build({"by": ["ctrl+b"], "compare": ["ctrl+b"]}).problems


def test_a_good_override_moves_the_verb_everywhere() -> None:
    keymap = Keymap.build({"done": ["c"]})
    assert keymap.problems == ()
    assert keymap.find("L", "c", "inbox") == "done"
    assert keymap.find("L", "e", "inbox") is None
    assert "c done" in hint_line(HINTS["inbox"], keymap, 80)
    assert "| `c` | done, no reply | `done` |" in as_markdown(keymap)


@pytest.mark.parametrize("typing", [False, True])
@pytest.mark.parametrize("name", HINTS)
def test_hints_are_never_cut_and_help_is_pinned_right(name: str, typing: bool) -> None:
    keymap, hints = Keymap.build(), HINTS[name]
    pinned = hint_words(keymap, hints.pinned, typing)
    for width in [*range(1, 140), 200]:
        shown = hint_line(hints, keymap, width, typing=typing)
        assert len(shown) == width
        if width < 12:
            continue
        assert shown.endswith(f"{pinned} ")
        words = [hint_words(keymap, entry, typing) for entry in hints.entries]
        whole = "  ".join(filter(None, words))
        left = shown.removesuffix(f"{pinned} ").strip()
        assert whole.startswith(left)
        assert not left or whole[len(left) : len(left) + 2] in ("", "  ")


def offered_in(context: str, screen: str) -> Callable[[str], Offer]:
    """What a screen of that name makes of an action in a context."""

    def offer(action_id: str) -> Offer:
        action = BY_ID[action_id]
        here = context in action.contexts and screen in action.screens
        return Offer.HERE if here else Offer.ELSEWHERE

    return offer


def page(width: int, context: str = LIST, screen: str = "inbox", keymap: Keymap | None = None) -> list[str]:
    lines = help_lines(width, keymap or Keymap.build(), offered_in(context, screen), typing=context in TYPING)
    return [text_of(line) for line in lines]


def here_and_elsewhere(lines: list[str]) -> tuple[str, str]:
    begins = next(number for number, line in enumerate(lines) if "Works elsewhere" in line)
    return "\n".join(lines[:begins]), "\n".join(lines[begins:])


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_action_stands_on_the_help_page_first_those_that_work_here(width: int, screen: str) -> None:
    here, elsewhere = here_and_elsewhere(page(width, LIST, screen))
    offer = offered_in(LIST, screen)
    pairs = {action.pair: action for action in ACTIONS if action.pair}
    for action in ACTIONS:
        if offer(action.id) is Offer.ELSEWHERE:
            assert f" {action.label}" in elsewhere, action.id
        else:
            told = pairs.get(action.id, action)
            words = [told.brief, told.label]
            assert any(f" {text[:12]}" in here for text in words), action.id
            assert f" {action.label} (" not in elsewhere


def test_help_names_the_keys_of_the_table() -> None:
    for action in ACTIONS:
        lines = page(60, action.contexts[0], action.screens[0])
        keys = " ".join(map(show_key, action.keys))
        assert [line for line in lines if line.startswith(f"  {keys:<13} {action.label}"[:58])], action.id


def test_help_while_typing_offers_no_key_that_types() -> None:
    here, _ = here_and_elsewhere(page(120, "E"))
    assert "ctrl+p" in here
    assert "ctrl+g F9  check" in here
    assert " ?" not in here


def test_printed_keys_follow_a_remapping() -> None:
    assert "  e  done, no reply" in "\n".join(page(80))
    moved = "\n".join(page(60, keymap=Keymap.build({"done": ["c", "f8"]})))
    assert "  c F8          done, no reply" in moved


def test_pairs_stand_beside_each_other_in_the_table() -> None:
    for action in ACTIONS:
        if action.pair:
            other = BY_ID[action.pair]
            assert (other.contexts, other.group, other.screens) == (
                action.contexts,
                action.group,
                action.screens,
            )


def test_the_text_field_keys_are_textuals_own() -> None:
    from textual.widgets import Input, TextArea

    bound = {
        key
        for widget in (Input, TextArea)
        for binding in widget.BINDINGS
        for key in (binding.key if hasattr(binding, "key") else binding[0]).split(",")  # type: ignore[union-attr]
    }
    assert bound <= TEXT_FIELD_KEYS | {"enter", "tab"}
    assert SAME_MEANING_WHILE_TYPING <= TEXT_FIELD_KEYS


@given(st.characters())
def test_every_printable_character_is_its_own_name(character: str) -> None:
    name = pressed("whatever", character)
    if character == " ":
        assert name == "space"
    elif unicodedata.category(character)[0] not in "CZ":
        assert name == character
    elif not character.isprintable():
        assert name == "whatever"


def test_the_table_loads_without_textual() -> None:
    code = (
        "import sys, ascinbox.tui.actions, ascinbox.tui.hints;"
        "print([m for m in ('textual', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
