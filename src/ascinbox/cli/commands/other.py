"""Commands about the program itself: its demo, simulator, keys, help and what plugs into it."""

from __future__ import annotations

from ascinbox.cli.commands.option import Command, Option, flag

SIMULATED: tuple[Option, ...] = (
    Option(("--seed",), "Seed of the invented data", "int", default=7, metavar="N"),
    Option(("--reviews",), "How many reviews", "int", metavar="N", low=0, high=5_000_000),
)

OTHER: tuple[Command, ...] = (
    Command(
        "mcp",
        "serve reviews, health and figures to an agent (Model Context Protocol, on stdin and stdout)",
        (flag("--drafts", "Let the agent save drafts; nothing is ever published by it"),),
        exits=((0, "standard input ended"), (3, "the extra ascinbox[mcp] is not installed")),
        section="other",
    ),
    Command(
        "assist",
        "show the engine for translations and drafts, what leaves for it, and keep its key",
        (
            Option(("--key",), "File with the engine's key, or - for stdin", "secret-file", metavar="FILE"),
            Option(("--vault",), "Where the key is kept", choices=("keyring", "file", "encrypted")),
            flag("--forget-key", "Remove the key"),
            flag("--agree", "Agree that texts go to the host of [assist] url"),
        ),
        formats=("json",),
        exits=((0, "shown"), (2, "the key cannot be kept"), (3, "bad settings, or usage")),
        examples=("ascinbox assist", "ascinbox assist --key - --vault keyring < key.txt"),
        section="other",
    ),
    Command(
        "demo",
        "the whole app on invented data; nothing leaves this machine",
        (
            *SIMULATED,
            Option(("--now",), "The demo's time, ISO 8601", "time", metavar="ISO"),
        ),
        section="other",
        examples=("ascinbox demo", "ascinbox demo --seed 7 --now 2026-11-21T14:02"),
    ),
    Command(
        "simulator",
        "serve an App Store Connect, or a Google Play, to test against, on 127.0.0.1",
        (
            Option(("--store",), "Which store", choices=("apple", "play", "both"), default="apple"),
            Option(("--port",), "Port; 0 picks one", "int", default=0, metavar="N", low=0, high=65535),
            *SIMULATED,
            Option(("--apps",), "How many apps", "int", default=4, metavar="N", low=0, high=1000),
            Option(
                ("--latency-ms",),
                "Wait before each answer",
                "int",
                default=0,
                metavar="N",
                low=0,
                high=60_000,
            ),
            Option(
                ("--publish-after",),
                "Seconds until a reply is published",
                "int",
                default=2,
                metavar="S",
                low=0,
                high=86_400,
            ),
            Option(("--now",), "The simulator's time, ISO 8601", "time", metavar="ISO"),
            Option(
                ("--skew",),
                "Seconds that its answers' dates are ahead of its time; --skew=-90 is behind",
                "int",
                default=0,
                metavar="S",
                low=-86_400,
                high=86_400,
            ),
            Option(("--keys-dir",), "Where the test keys are written", "folder", metavar="DIR"),
        ),
        section="other",
    ),
    Command(
        "doctor",
        "versions, folders, vault, terminal and store, without a secret in it",
        (
            Option(
                ("--bundle",),
                "Also write a redacted report for a bug report; - is stdout",
                "file",
                metavar="FILE",
            ),
        ),
        formats=("json",),
        exits=((0, "sound"), (1, "something to look at"), (2, "a store is damaged")),
        section="other",
    ),
    Command(
        "keys",
        "print the keys of the app",
        (
            flag("--check", "Refuse clashes in [keys] of config.toml"),
            flag("--markdown", "Print docs/keys.md"),
        ),
        formats=("json",),
        exits=((0, "fine"), (2, "two actions on one key")),
        section="other",
    ),
    Command(
        "help",
        "explain a topic, such as queries, replies, health, headless, privacy",
        (Option(("topic",), "The topic, or a command", metavar="TOPIC"),),
        section="other",
    ),
    Command(
        "completion",
        "print a completion script for your shell",
        (
            Option(
                ("shell",),
                "Your shell",
                choices=("bash", "zsh", "fish", "tcsh"),
                required=True,
                metavar="SHELL",
            ),
        ),
        section="other",
        examples=(
            "ascinbox completion bash > ~/.local/share/bash-completion/completions/ascinbox",
            "ascinbox completion zsh > ~/.zfunc/_ascinbox",
            "ascinbox completion fish > ~/.config/fish/completions/ascinbox.fish",
        ),
    ),
)
