"""config.toml: one table of settings, their defaults, limits and meaning; all else is derived from it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.core.errors import ConfigError
from ascinbox.core.plainfiles import read_plain
from ascinbox.core.text import clean_line, shortened

if TYPE_CHECKING:
    from ascinbox.core.reviews.answer_clock import AnswerClock


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of config.toml, overridable by `ASCINBOX_<SECTION>_<KEY>`."""

    section: str
    key: str
    default: Any
    """None: yes or no, and nothing where it is not set."""
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    next_start: bool = False
    """Read when a program starts, not while it runs."""
    by_hand: bool = True
    """False: it is written by an act of its own, not by itself."""

    @property
    def name(self) -> str:
        """`[outbox] undo_seconds`, as the file and messages have it."""
        return f"[{self.section}] {self.key}"

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return f"ASCINBOX_{self.section}_{self.key}".upper()


TEXTUAL_THEMES = (
    *("atom-one-dark", "atom-one-light", "catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato"),
    *("catppuccin-mocha", "dracula", "flexoki", "gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn"),
    *("rose-pine-moon", "solarized-dark", "solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)
"""Themes that come with Textual."""
THEMES = ("dark", "light", "ansi-dark", "ansi-light", *TEXTUAL_THEMES)

SETTINGS: tuple[Setting, ...] = (
    Setting("outbox", "undo_seconds", 30, "How long a published reply can be taken back", 0, 600),
    Setting(
        "outbox", "settle_seconds", 60, "Wait before a lost answer is read back", 1, 3600, next_start=True
    ),
    Setting(
        "outbox",
        "lease_seconds",
        120,
        "How long one program may hold a reply it sends",
        5,
        3600,
        next_start=True,
    ),
    Setting("sync", "every_minutes", 15, "Minutes between two background syncs; 0 is never", 0, 1440),
    Setting("sync", "full_walk_hours", 24, "Hours between two full walks that find edits", 1, 720),
    Setting("sync", "report_days", 365, "How many days of daily sales reports are kept complete", 1, 365),
    Setting(
        "network", "deadline_seconds", 30, "Longest time for one request, in all", 1, 300, next_start=True
    ),
    Setting("network", "report_deadline_seconds", 300, "Longest time for one report", 10, 3600),
    Setting(
        "network",
        "keep_back_percent",
        15,
        "Share of the hourly budget kept for replies",
        0,
        90,
        next_start=True,
    ),
    Setting("health", "every_minutes", 60, "Minutes between two re-checks; 0 is never", 0, 10080),
    Setting(
        "health", "stale_hours", 72, "Age in hours at which data that no sync renewed is critical", 1, 8760
    ),
    Setting("health", "rotate_days", 180, "Age at which a key is due for rotation", 1, 3650),
    Setting("ui", "theme", "dark", "Colours", choices=THEMES),
    Setting("ui", "ascii", False, "No box lines, no stars (automatic on a Linux console)", next_start=True),
    Setting("ui", "mouse", True, "Whether the mouse is used", next_start=True),
    Setting("ui", "animations", True, "Motion; always off over SSH", next_start=True),
    Setting("ui", "bell", False, "Ring the terminal bell when something needs you", next_start=True),
    Setting("ui", "read_only", False, "View and draft only: no publishing, no key changes"),
    Setting("reply", "allow", (), "Addresses, links and numbers that may stand in public replies"),
    Setting("reply", "support", "", "Value of {support} in templates"),
    Setting("reply", "signature", "", "Value of {signature} in templates"),
    Setting(
        "reply", "me", "", "Your name in assignments and notes (default: the login name)", next_start=True
    ),
    Setting("team", "service", "", "Service of pg_service.conf that `team join` takes without an address"),
    Setting(
        "team",
        "four_eyes",
        None,
        "For an admin: whether nobody publishes what he wrote; unset: as it is",
        by_hand=False,
    ),
    Setting(
        "team",
        "per_person",
        None,
        "For an admin: whether all see figures per person; unset: as it is",
        by_hand=False,
    ),
    Setting(
        "assist",
        "kind",
        "off",
        "What translates and drafts",
        choices=("off", "openai", "libretranslate", "command"),
    ),
    Setting("assist", "url", "", "Base address of the engine, such as http://localhost:11434/v1"),
    Setting("assist", "model", "", "Model of an OpenAI-compatible engine"),
    Setting(
        "assist",
        "command",
        "",
        "Program that reads a text and prints the answer ({from} and {to} are filled in)",
    ),
    Setting(
        "assist",
        "key_ref",
        "",
        "Where the engine's key lies; written by `ascinbox assist --key`",
        by_hand=False,
    ),
    Setting("assist", "to", "en", "Language that reviews are translated into"),
    Setting(
        "assist", "a_day", 200, "Translations a day that are made by themselves while one reads on", 0, 100000
    ),
    Setting("assist", "deadline_seconds", 20, "Longest time for one answer of the engine", 1, 600),
    Setting("assist", "agreed", (), "Hosts that texts may be sent to; you were asked", by_hand=False),
    Setting("metrics", "home_currency", "", "Convert proceeds to this currency (marked ~); empty: never"),
)

FREE_SECTIONS = ("keys", "apps", "sla")
"""Sections whose keys are the user's own words: `[keys]` maps an action to keys (see `ascinbox keys`),
`[apps]` a name to the ids of the apps that are called so, in whichever store, `[sla]` a filter to the time in
which reviews that fit it are answered (see `core.reviews.sla_section`)."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force. Read with `config.get("outbox", "undo_seconds")`."""

    values: Mapping[tuple[str, str], Any]
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apps: Mapping[str, str] = field(default_factory=dict)
    """What the person calls an app, by its id."""
    answer_clock: AnswerClock | None = None
    """How long reviews may wait, from `[sla]`; None where it has no rule."""
    warnings: tuple[str, ...] = ()
    source: Path | None = None

    def get(self, section: str, key: str) -> Any:
        """The value in force; KeyError for a setting that the table does not have."""
        return self.values[section, key]

    def seconds(self, section: str, key: str) -> float:
        """A numeric setting as float."""
        return float(self.values[section, key])


def load_config(path: Path | None, environ: Mapping[str, str] = os.environ) -> Config:
    """Reads config.toml (a missing file is an empty one) and the environment over it.

    Unknown keys become warnings that name them; a broken file or value raises ConfigError naming
    the file and, for a syntax error, line and column.
    """
    text, raw = read_toml(path) if path is not None else ("", {})
    values: dict[tuple[str, str], Any] = {(s.section, s.key): s.default for s in SETTINGS}
    table = {(s.section, s.key): s for s in SETTINGS}
    warnings: list[str] = []
    keys: dict[str, tuple[str, ...]] = {}
    apps: dict[str, str] = {}
    answer_clock: AnswerClock | None = None
    for section, entries in raw.items():
        if not isinstance(entries, dict):
            warnings.append(f"{path}: unknown key {section}")
            continue
        if section == "sla":
            from ascinbox.core.reviews.sla_section import read_sla

            found = read_sla(entries, text, str(path))
            answer_clock = found.clock
            warnings += found.problems
            continue
        if section in FREE_SECTIONS:
            words = {
                name: tuple(map(str, value if isinstance(value, list) else [value]))
                for name, value in entries.items()
            }
            if section == "keys":
                keys = words
            else:
                apps = {app_id: clean_line(name) for name, ids in words.items() for app_id in ids}
            continue
        for key, value in entries.items():
            setting = table.get((section, key))
            if setting is None:
                warnings.append(f"{path}: unknown key [{section}] {key}{_did_you_mean(section, key)}")
            else:
                values[section, key] = _checked(setting, value, f"{path}: [{section}] {key}")
    for setting in SETTINGS:
        given = environ.get(setting.variable)
        if given is not None:
            values[setting.section, setting.key] = _checked(
                setting, value_of(setting, given), setting.variable
            )
    return Config(
        values=values,
        keys=keys,
        apps=apps,
        answer_clock=answer_clock,
        warnings=tuple(map(clean_line, warnings)),
        source=path,
    )


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Text and content of a TOML file; empty for one that is not there.

    Raises ConfigError naming the file and the cause, and line and column of a syntax error.
    """
    try:
        text = read_plain(path).decode("utf-8")
    except FileNotFoundError:
        return "", {}
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path} cannot be read: {cause}", "", "Mend or remove the file.") from None
    import tomllib

    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = where.groups() if where else ("1", "1")
        raise ConfigError(
            f"{path}:{line}:{column}: not TOML", str(error), "Mend that line, or remove the file."
        ) from None
    except RecursionError:
        raise ConfigError(f"{path}: brackets are nested too deeply", "", "Mend or remove the file.") from None
    except ValueError as error:
        # A number of thousands of digits: Python refuses to read it.
        cause = "a number is too long" if "digits" in str(error) else str(error)
        raise ConfigError(f"{path}: {cause}", "", "Mend or remove the file.") from None


def _did_you_mean(section: str, key: str) -> str:
    import difflib

    names = [f"[{s.section}] {s.key}" for s in SETTINGS]
    near = difflib.get_close_matches(f"[{section}] {key}", names, 1, 0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def said_of(value: Any) -> str:
    """A value as one types it: `true`, `30`, a list with commas; empty for what is not set."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case tuple() | list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def value_of(setting: Setting, text: str) -> Any:
    """What a typed text means for a setting. A text that cannot be meant comes back, and is refused later."""
    match setting.default:
        case bool() | None:
            lowered = text.strip().lower()
            if lowered in {"1", "true", "yes", "on"}:
                return True
            return False if lowered in {"0", "false", "no", "off", ""} else text
        case int() | float():
            try:
                number = float(text)
            except ValueError:
                return text
            return int(number) if number.is_integer() else number
        case tuple():
            return [part.strip() for part in text.split(",") if part.strip()]
        case _:
            return text


def _checked(setting: Setting, value: Any, where: str) -> Any:
    def refuse(wanted: str) -> ConfigError:
        shown = shortened(repr(value), 60)
        return ConfigError(f"{where} must be {wanted}, not {shown}", "", setting.meaning + ".")

    match setting.default:
        case bool() | None:
            if not isinstance(value, bool):
                raise refuse("true or false")
        case int() | float():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise refuse("a number")
            low, high = setting.low, setting.high
            if not ((low is None or value >= low) and (high is None or value <= high)):
                raise refuse(f"from {low:g} to {high:g}")
        case tuple():
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise refuse("a list of texts")
            return tuple(value)
        case _:
            if not isinstance(value, str):
                raise refuse("a text")
            if setting.choices and value not in setting.choices:
                raise refuse("one of " + ", ".join(setting.choices))
    return value
