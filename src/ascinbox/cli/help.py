"""`ascinbox help [TOPIC]`: the topics below, or a command's own help."""

from __future__ import annotations

import argparse

from ascinbox.cli.commands import COMMANDS, find
from ascinbox.cli.context import Context
from ascinbox.cli.parser import near, overview, parser_for
from ascinbox.core.errors import UsageError
from ascinbox.topics import TOPICS


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints one topic; without one the overview and the list of topics."""
    topic = (options.topic or "").lower()
    if not topic:
        context.output.stdout.write(overview())
        context.output.line("Topics: ascinbox help " + "|".join(TOPICS))
        return 0
    if topic == "keys":
        from ascinbox.cli import keys

        return keys.run(context, argparse.Namespace(json=False, check=False, markdown=False))
    text = TOPICS.get(topic)
    if text is not None:
        context.output.stdout.write(text)
        return 0
    command = find(topic)
    if command is not None:
        context.output.stdout.write(parser_for(command).format_help())
        return 0
    guess = near(topic, [*TOPICS, *(command.name for command in COMMANDS)])
    raise UsageError(
        f"No help topic {topic[:40]!r}.",
        f"Did you mean {guess}?" if guess else "",
        "Topics: " + ", ".join(TOPICS) + "; or the name of a command.",
    )
