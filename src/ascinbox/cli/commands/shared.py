"""Options that several commands take, and those of every command."""

from __future__ import annotations

from ascinbox.cli.commands.option import Option, flag

JSON = flag("--json", "Print one JSON object")
CSV = flag("--csv", "Print CSV that no spreadsheet runs as formulas")
RAW_CSV = flag("--raw-csv", "Leave cells that look like formulas as they are (with CSV)")
YES = flag("--yes", "Do it without asking")

GLOBAL_OPTIONS: tuple[Option, ...] = (
    flag("--demo", "Run on invented data; nothing leaves this machine"),
    Option(("--account",), "Only this account", metavar="A"),
    JSON,
    Option(("--config",), "Folder of config.toml, views.toml, templates and keys", "folder", metavar="DIR"),
    flag("--offline", "Read the cache only, never the network"),
    flag("--ascii", "No box lines and no stars"),
    flag("--no-mouse", "Leave the mouse to the terminal"),
    flag("--read-only", "View and draft only: no publishing, no key changes"),
    Option(("-v", "--verbose"), "Say more on stderr and in the log", "flag", default=False),
)

PERIOD: tuple[Option, ...] = (
    Option(
        ("--period",),
        "How far back: 28d, 2026-10, 2026-10-01..2026-10-31, fiscal",
        default="28d",
        metavar="P",
    ),
    Option(
        ("--by",), "One row for each", default="app", choices=("app", "country", "product", "day", "person")
    ),
    Option(("--app",), "Only this app, by its id (Apple ID, or package)", metavar="ID"),
    Option(
        ("--source",),
        "Where the figures are from",
        default="sales",
        choices=("sales", "subscriptions", "analytics", "finance", "reviews", "ratings", "replies"),
    ),
)
