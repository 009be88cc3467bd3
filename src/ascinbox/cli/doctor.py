"""`ascinbox doctor`: is everything sound, and where is what? Nothing secret is in the answer."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ascinbox import __version__
from ascinbox.cli.context import Context
from ascinbox.cli.redaction import Redaction
from ascinbox.config import load_config
from ascinbox.core.clock import iso
from ascinbox.core.errors import AscinboxError, ConfigError, StoreError
from ascinbox.core.plainfiles import read_plain
from ascinbox.tui.actions import Keymap

if TYPE_CHECKING:
    from ascinbox.workers.health.doctor import Checkup

LIBRARIES = ("textual", "httpx", "sqlmodel", "SQLAlchemy", "keyring", "PyJWT", "cryptography", "platformdirs")
TERMINAL_VARIABLES = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "TMUX", "SSH_CONNECTION")
SET_OR_NOT = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
              "SSLKEYLOGFILE", "TMUX", "SSH_CONNECTION")  # fmt: skip
"""Variables of which only is told that they are set: their values may be private."""
LOG_LINES = 200
STDOUT = "-"
"""As the name of the report: standard output, in the place of the list."""
SOUND, LOOK, DAMAGED = 0, 1, 2


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints what was found. Exit 1 when there is something to look at, 2 when a store is damaged."""
    from ascinbox.workers.health.doctor import Checkup

    checkup = Checkup()
    checkup.facts["versions"] = dict(_versions())
    checkup.sqlite()
    checkup.facts["terminal"] = _terminal(context)
    checkup.facts["environment"] = {name: bool(os.environ.get(name)) for name in SET_OR_NOT}
    checkup.facts["service"] = (
        context.base_url or context.environ.get("ASCINBOX_API_URL") or "the stores' own"
    )
    _look_at_settings(context, checkup)
    checkup.folders(context.paths)
    checkup.files(context.paths)
    age = _look_at_data(context, checkup)
    if options.bundle is not None:
        _write_bundle(context, checkup, options.bundle)
    if str(options.bundle) == STDOUT:
        return _exit(checkup)
    if options.json:
        context.output.json(
            "ascinbox.doctor/1",
            {**checkup.facts, "problems": checkup.problems},
            generated_at=context.now(),
            cache_age_s=age,
        )
    else:
        for line in lines(checkup.facts):
            context.output.line(line)
        for problem in checkup.problems:
            context.output.words(f"! {problem}")
        if not checkup.problems:
            context.output.words("Everything is sound.")
    return _exit(checkup)


def _exit(checkup: Checkup) -> int:
    if checkup.damaged:
        return DAMAGED
    return LOOK if checkup.problems else SOUND


def _versions() -> Iterator[tuple[str, str]]:
    yield "ascinbox", __version__
    yield "python", platform.python_version()
    yield "platform", platform.platform()
    for name in LIBRARIES:
        try:
            yield name.lower(), version(name)
        except PackageNotFoundError:
            yield name.lower(), "missing"


def _terminal(context: Context) -> dict[str, Any]:
    try:
        size = os.get_terminal_size(context.output.stdout.fileno())
    except (OSError, ValueError):
        size = None
    shown = {name.lower(): os.environ.get(name, "") for name in TERMINAL_VARIABLES if name not in SET_OR_NOT}
    return {
        **shown,
        "encoding": getattr(context.output.stdout, "encoding", None) or sys.getdefaultencoding(),
        "stdin": context.stdin.isatty(),
        "stdout": context.output.at_terminal,
        "columns": size.columns if size else None,
        "lines": size.lines if size else None,
    }


def _look_at_settings(context: Context, checkup: Checkup) -> None:
    try:
        config = load_config(context.paths.config_file, context.environ)
    except ConfigError as error:
        checkup.problems.append(str(error))
        context.use_config(load_config(None, {}))
        return
    checkup.problems += [*config.warnings, *(clash.reason for clash in Keymap.build(config.keys).problems)]
    context.use_config(config)


def _look_at_data(context: Context, checkup: Checkup) -> int | None:
    """The parts that need the store; a store that does not open is a finding, not an error."""
    from ascinbox.cli.assist import engine_facts

    try:
        with context.workspace(tell=False) as workspace:
            checkup.stores(workspace)
            checkup.left_out(workspace)
            checkup.secrets(workspace)
            checkup.accounts(workspace)
            checkup.destinations(workspace)
            checkup.facts["assist"] = engine_facts(workspace)
            return context.cache_age_s(workspace)
    except StoreError as error:
        checkup.problems.append(str(error))
        checkup.damaged = True
    except AscinboxError as error:
        checkup.problems.append(str(error))
    return None


def _write_bundle(context: Context, checkup: Checkup, path: Path) -> None:
    """A text for a bug report: what was found and the end of the log, without names and ids."""
    from ascinbox.workers.reviews.export import private_file

    names = [(entry["name"], f"account-{n}") for n, entry in enumerate(checkup.facts.get("accounts", ()), 1)]
    redaction = Redaction(names, Path.home())
    head = {"schema": "ascinbox.doctor/1", "generated_at": iso(context.now())}
    facts = redaction.apply({**head, **checkup.facts, "problems": checkup.problems})
    try:
        log = (
            read_plain(context.paths.log_file, 64 << 20).decode("utf-8", "replace").splitlines()[-LOG_LINES:]
        )
    except OSError:
        log = []

    def write(file: TextIO) -> None:
        json.dump(facts, file, indent=2)
        file.write("\n\nLog:\n")
        file.writelines(redaction.text(line) + "\n" for line in log)

    if str(path) == STDOUT:
        write(context.output.stdout)
        return
    with private_file(path) as file:
        write(file)
    context.output.words(
        f"Written to {path}: names, ids and addresses are left out. Read it before you send it."
    )


def lines(facts: dict[str, Any], indent: int = 0) -> Iterator[str]:
    """The facts as an indented list."""
    for key, value in facts.items():
        label = " " * indent + (key if key.isupper() else key.replace("_", " "))
        if isinstance(value, dict):
            yield label
            yield from lines(value, indent + 2)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield label
            for item in value:
                head, *rest = item.items()
                yield f"{' ' * (indent + 2)}- {head[1]}"
                yield from lines(dict(rest), indent + 4)
        else:
            yield f"{label}: {_word(value)}"


def _word(value: Any) -> str:
    match value:
        case None | "" | []:
            return "-"
        case True:
            return "yes"
        case False:
            return "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
