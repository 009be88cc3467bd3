"""The key table: no clashes, nothing hidden, everything derived from it."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.tui.hints import HINTS, WIDE, hint_line, hint_words
from ascinbox.tui.keyhelp import HELP_NARROW, HELP_WIDE
from ascinbox.tui.keys import (
    BY_ID,
    CONTEXTS,
    GROUPS,
    SAME_MEANING_WHILE_TYPING,
    TEXT_FIELD_KEYS,
    TYPING,
    VERBS,
    Keymap,
    as_markdown,
    is_key,
    is_printing,
    pressed,
    show_key,
)


def test_the_default_map_has_no_clash_and_as_many_keys_as_the_specification() -> None:
    assert Keymap.build().problems == ()
    assert len({key for verb in VERBS for key in verb.keys}) == 84


def test_ids_are_unique_and_contexts_and_groups_exist() -> None:
    assert len(BY_ID) == len(VERBS)
    for verb in VERBS:
        assert set(verb.contexts) <= set(CONTEXTS)
        assert verb.group in GROUPS
        assert all(is_key(key) for key in verb.keys), verb


def test_a_key_never_has_two_verbs_in_one_context() -> None:
    for context in CONTEXTS:
        seen: dict[str, str] = {}
        for verb in VERBS:
            if context in verb.contexts:
                for key in verb.keys:
                    assert seen.setdefault(key, verb.id) == verb.id


def test_letters_type_text_where_one_types() -> None:
    keymap = Keymap.build()
    for context, verb in product(TYPING, VERBS):
        for key in verb.keys:
            if is_printing(key):
                assert keymap.find(context, key) is None


def test_gg_is_a_sequence_and_g_alone_is_nothing() -> None:
    keymap = Keymap.build()
    assert keymap.find("L", "gg") == "first"
    assert keymap.find("L", "g") is None
    assert keymap.is_prefix("L", "g")
    assert not keymap.is_prefix("E", "g")


@pytest.mark.parametrize(
    ("verb", "keys", "says"),
    [
        ("done", ["r"], "both reply and done in lists"),
        ("flag", ["g"], "begins gg (first)"),
        ("save", ["ctrl+k"], "edits text in editor"),
        ("nxet", ["j"], "did you mean next"),
        ("help", [], "must keep a key"),
        ("done", ["hyper+e"], "is no key"),
    ],
)
def test_a_bad_override_is_named(verb: str, keys: list[str], says: str) -> None:
    problems = Keymap.build({verb: keys}).problems
    assert any(says in problem.reason for problem in problems)


def test_a_good_override_moves_the_verb_everywhere() -> None:
    keymap = Keymap.build({"done": ["c"]})
    assert keymap.problems == ()
    assert keymap.find("L", "c") == "done"
    assert keymap.find("L", "e") is None
    assert "c done" in hint_line(HINTS["inbox"], keymap, 80)
    assert "| `c` | done, no reply | `done` |" in as_markdown(keymap)


@pytest.mark.parametrize("name", HINTS)
def test_hints_are_never_cut_and_help_is_pinned_right(name: str) -> None:
    keymap, hints = Keymap.build(), HINTS[name]
    pinned = hint_words(keymap, hints.pinned, hints.typing)
    for width in [*range(1, 140), 200]:
        shown = hint_line(hints, keymap, width)
        assert len(shown) == width
        if width < 12:
            continue
        assert shown.endswith(f"{pinned} ")
        entries = hints.wide if width >= WIDE else hints.narrow
        whole = "  ".join(hint_words(keymap, entry, hints.typing) for entry in entries)
        left = shown.removesuffix(f"{pinned} ").strip()
        assert whole.startswith(left)
        assert not left or whole[len(left) : len(left) + 2] in ("", "  ")


def test_every_verb_stands_on_the_help_page() -> None:
    narrow = {verb for band in HELP_NARROW for column in band for group in column for line in group.lines
              for entry in line for verb in entry.verbs}  # fmt: skip
    wide = {verb for column in HELP_WIDE for group in column for line in group.lines
            for entry in line for verb in entry.verbs}  # fmt: skip
    assert wide == set(BY_ID)
    writing = {verb.id for verb in VERBS if verb.contexts == "E"}
    assert narrow == set(BY_ID) - writing - {"page_down", "page_up", "redraw"}


def test_help_names_the_keys_of_the_table() -> None:
    columns = [*(column for band in HELP_NARROW for column in band), *HELP_WIDE]
    for column in columns:
        for group in column:
            for line in group.lines:
                for entry in line:
                    known = {show_key(key).lower() for verb in entry.verbs for key in BY_ID[verb].keys}
                    known |= {key.removeprefix("ctrl+") for key in known}
                    assert set(entry.keys.lower().split()) <= known, entry


def test_printed_keys_follow_a_remapping() -> None:
    entry = HELP_NARROW[0][2][0].lines[0][0]
    assert entry.shown_keys(Keymap.build()) == "e"
    assert entry.shown_keys(Keymap.build({"done": ["c", "f8"]})) == "c F8"


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
        "import sys, ascinbox.tui.keys, ascinbox.tui.keyhelp, ascinbox.tui.hints;"
        "print([m for m in ('textual', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
