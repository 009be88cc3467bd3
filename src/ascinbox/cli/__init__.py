"""The command line: one small module a command; heavy imports inside the functions."""

import os
import sys

INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code; 130 after ctrl+c, however early it is pressed."""
    try:
        return _main(argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def _main(argv: list[str] | None) -> int:
    from ascinbox.cli.streams import prepare, written_out

    prepare()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        # Scripts ask for the version often, and nothing else has to be imported for it.
        from ascinbox import __version__

        return written_out(lambda: _write(f"ascinbox {__version__}\n"))
    from ascinbox.tui.runtime.saved_frame import SavedFrame

    saved_frame = SavedFrame(arguments, os.environ)
    try:
        saved_frame.draw()
        from ascinbox.cli.run import run

        return run(arguments, saved_frame)
    finally:
        saved_frame.end()


def _write(text: str) -> int:
    sys.stdout.write(text)
    return 0
