"""The log: a rotating file in the state folder, 0600, one printable line a record, no secret in it."""

from __future__ import annotations

import logging
import os
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"
    r"|(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|\bMIGHAgEAMBMGByqGSM49[A-Za-z0-9+/=\\n\s]*",
    re.DOTALL,
)
"""What a key, a token or an Authorization header looks like."""


def redact(text: str) -> str:
    """`text` with everything that looks like a secret replaced by `***`."""
    return SECRETS.sub("***", text)


class OneLine(logging.Formatter):
    """Time, level, logger, text: escaped, so that `tail -f` shows what was written and nothing acts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception's traceback (no locals) joins it, its line breaks escaped."""
        text = redact(super().format(record))
        return text.encode("unicode_escape").decode("ascii")


class PrivateFile(RotatingFileHandler):
    """Creates its files 0600 from the first byte."""

    def _open(self) -> Any:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def start_logging(file: Path, *, verbose: bool, stderr: TextIO | None = None) -> None:
    """Sends ascinbox's own records to `file` (1 MiB, two older ones kept), and with `verbose` to stderr."""
    logger = logging.getLogger("ascinbox")
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    form = OneLine("%(asctime)s %(levelname)s %(name)s %(message)s")
    handlers: list[logging.Handler] = []
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(PrivateFile(file, maxBytes=1 << 20, backupCount=2, delay=True))
    except OSError:
        handlers.append(logging.NullHandler())
    if verbose and stderr is not None:
        handlers.append(logging.StreamHandler(stderr))
    for handler in handlers:
        handler.setFormatter(form)
    for old in logger.handlers:
        old.close()
    logger.handlers[:] = handlers
