"""`ascinbox assist`: which engine is plugged in, what leaves for it, and its key."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.core.errors import UsageError
from ascinbox.core.secret import Secret

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Shows `[assist]`, after keeping or forgetting a key where that is asked for."""
    with context.workspace() as workspace:
        assist = workspace.assist
        if options.key is not None:
            where = assist.set_key(_secret(context, options), options.vault or "keyring")
            context.output.words(f"The key is kept: {where.partition(':')[0]}.")
        elif options.forget_key:
            words = "The key is removed." if assist.forget_key() else "There was no key."
            context.output.words(words)
        if options.agree and assist.is_on and assist.must_ask():
            assist.agree()
        facts = engine_facts(workspace)
        question = assist.question() if assist.is_on and not assist.choice.is_local else ()
        age = context.cache_age_s(workspace)
    if context.wants_json:
        context.output.json("ascinbox.assist/1", facts, generated_at=context.now(), cache_age_s=age)
        return 0
    for name, value in facts.items():
        context.output.line(f"{name:<8} {'' if value is None else value}".rstrip())
    for line in question:
        context.output.words(line)
    return 0


def engine_facts(workspace: Workspace) -> dict[str, Any]:
    """What is plugged in, with nothing secret; for this command and `doctor`."""
    assist = workspace.assist
    choice = assist.choice
    ref = str(workspace.config.get("assist", "key_ref"))
    return {
        "kind": str(choice.kind),
        "engine": choice.name,
        "host": choice.host,
        "local": choice.is_local,
        "agreed": choice.is_local or not assist.must_ask() if assist.is_on else None,
        "key": ref.partition(":")[0] or ("environment" if _has_given_key(workspace) else None),
        "to": assist.target,
    }


def _has_given_key(workspace: Workspace) -> bool:
    from ascinbox.workers.languages.assist import KEY_VARIABLE

    return bool(workspace.environ.get(KEY_VARIABLE))


def _secret(context: Context, options: argparse.Namespace) -> Secret:
    from ascinbox.core.plainfiles import read_plain

    if str(options.key) == "-":
        text = context.read_stdin()
    else:
        try:
            text = read_plain(options.key).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{options.key} cannot be read.", str(error)) from None
    if not text.strip() or "\n" in text.strip():
        raise UsageError("The key is one line of text.", "", "ascinbox assist --key - < key.txt")
    return Secret(text.strip())
