"""`ascinbox keys`: the key table as text, JSON or docs/keys.md, and the check of one's own keys."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.tui.keys import ALL, CONTEXTS, GROUPS, VERBS, Keymap, as_markdown, show_key


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
                        "id": verb.id,
                        "keys": list(keymap.keys[verb.id]),
                        "does": verb.label,
                        "where": [CONTEXTS[letter] for letter in verb.contexts],
                    }
                    for verb in VERBS
                ],
                "problems": [clash.reason for clash in keymap.problems],
            },
            generated_at=context.now(),
            cache_age_s=None,
        )
    elif not options.check:
        _print_table(context, keymap)
    if options.check and not options.json and not keymap.problems:
        output.words("No key has two verbs.")
    return 2 if keymap.problems else 0


def _print_table(context: Context, keymap: Keymap) -> None:
    rows = [
        (
            " ".join(show_key(key) for key in keymap.keys[verb.id]),
            verb.id,
            "all" if verb.contexts == ALL else verb.contexts,
            verb.label,
        )
        for group in GROUPS
        for verb in VERBS
        if verb.group == group
    ]
    context.output.table(("KEY", "ID", "WHERE", "DOES"), rows)
    context.output.words("Where: " + ", ".join(f"{letter} {name}" for letter, name in CONTEXTS.items()))
