"""Runs one command: what every command has in common, from the first byte to the exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ascinbox.cli import INTERRUPTED
from ascinbox.cli.streams import written_out
from ascinbox.tui.runtime.saved_frame import SavedFrame

if TYPE_CHECKING:
    from ascinbox.cli.commands import Command
    from ascinbox.cli.context import Context
    from ascinbox.cli.output import Output

USAGE = 3
UNEXPECTED = 70


def run(argv: Sequence[str], saved_frame: SavedFrame | None = None) -> int:
    """Runs the command that `argv` (without the program's name) asks for; returns its exit code.

    `saved_frame`: what already hides the terminal; it is lifted before any word is printed.
    """
    harden_process()
    try:
        with ending_on_term():
            if list(argv) in (["--help"], ["-h"]):
                return written_out(_help)
            return written_out(lambda: _run(argv, saved_frame or SavedFrame(argv, os.environ)))
    except KeyboardInterrupt:
        return INTERRUPTED


def harden_process() -> None:
    """Private files, no core dump, no Textual log with what is on the screen, no crash on odd terminals."""
    os.umask(0o077)
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass
    for name in [name for name in os.environ if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        del os.environ[name]
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def ending_on_term() -> Iterator[None]:
    """TERM and HUP end the block as an exception would, so that what it has opened is closed.

    What somebody has already set stays in force (nohup, a program that embeds this one).
    """

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    taken = []
    if threading.current_thread() is threading.main_thread():
        taken = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _help() -> int:
    from ascinbox.cli.reference import overview_text

    sys.stdout.write(overview_text())
    return 0


def _run(argv: Sequence[str], saved_frame: SavedFrame) -> int:
    from ascinbox.cli.output import Output
    from ascinbox.cli.parser import HelpWanted, parse
    from ascinbox.core.errors import AscinboxError

    output = Output()
    try:
        command, options = parse(argv)
    except HelpWanted as wanted:
        saved_frame.lift()
        output.stdout.write(wanted.text)
        return 0
    except AscinboxError as error:
        saved_frame.lift()
        output.error(error)
        return error.exit_code
    from ascinbox.cli.context import Context

    context = Context(options=options, environ=os.environ, output=output, saved_frame=saved_frame)
    try:
        return _dispatch(command, context)
    except AscinboxError as error:
        saved_frame.lift()
        output.error(error)
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        saved_frame.lift()
        return _unexpected(error, context, output)
    finally:
        saved_frame.lift()
        context.close()


def _dispatch(command: Command, context: Context) -> int:
    from importlib import import_module

    from ascinbox.cli.logs import start_logging

    if context.options.demo or command.name == "demo":
        from ascinbox.cli.demo import enter_demo

        enter_demo(context, command.name)
    start_logging(context.paths.log_file, verbose=context.options.verbose, stderr=context.output.stderr)
    if command.writes_account and context.read_only:
        from ascinbox.core.errors import AscinboxError

        if command.name not in ("reply", "withdraw") or context.options.yes:
            raise AscinboxError(
                "Read-only: nothing is published and no key is changed.",
                "",
                "Leave out --read-only, or set [ui] read_only = false in config.toml.",
            )
    module = import_module(command.target)
    code: int = module.run(context, context.options)
    return code


def _unexpected(error: Exception, context: Context, output: Output) -> int:
    import logging

    logging.getLogger("ascinbox").error("unexpected", exc_info=error)
    output.words(f"ascinbox: something unexpected happened ({type(error).__name__}).")
    output.words(f"  The details are in {context.paths.log_file}")
    return UNEXPECTED
