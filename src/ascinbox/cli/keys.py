"""`ascinbox keys`: the key table as text, JSON or docs/keys.md, and the check of one's own keys."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.tui.actions import ACTIONS, ALL, CONTEXTS, GROUPS, Keymap, as_markdown, show_key


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints the table; with `--check` exit 2 names each clash."""
    output = context.output
    if options.markdown:
        output.stdout.write(as_markdown())
        return 0
    keymap = Keymap.build(context.config.keys)
    for clash in keymap.problems:
        output.words(f"{context.paths.config_file}: [keys] {clash.reason}")
    if options.json:
        output.json(
            "ascinbox.keys/1",
            {
                "keys": [
                    {
                        "id": action.id,
                        "keys": list(keymap.keys[action.id]),
                        "does": action.label,
                        "where": [CONTEXTS[letter] for letter in action.contexts],
                    }
                    for action in ACTIONS
                ],
                "problems": [clash.reason for clash in keymap.problems],
            },
            generated_at=context.now(),
            cache_age_s=None,
        )
    elif not options.check:
        _print_table(context, keymap)
    if options.check and not options.json and not keymap.problems:
        output.words("No key has two actions.")
    return 2 if keymap.problems else 0


def _print_table(context: Context, keymap: Keymap) -> None:
    rows = [
        (
            " ".join(show_key(key) for key in keymap.keys[action.id]),
            action.id,
            "all" if action.contexts == ALL else action.contexts,
            action.label,
        )
        for group in GROUPS
        for action in ACTIONS
        if action.group == group
    ]
    context.output.table(("KEY", "ID", "WHERE", "DOES"), rows)
    context.output.words("Where: " + ", ".join(f"{letter} {name}" for letter, name in CONTEXTS.items()))
