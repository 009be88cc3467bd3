"""The log: a rotating file in the state folder, 0600, one printable line a record, no secret in it."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TextIO

LARGEST = 1 << 20
"""Bytes of a log file."""
KEPT = 2
"""Older files beside it."""

SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"
    r"|(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|\bMIGHAgEAMBMGByqGSM49[A-Za-z0-9+/=\\n\s]*"
    r"|\bwhsec_[A-Za-z0-9+/=_-]{8,}"
    r"|(?i:(?<=hooks\.slack\.com/)[A-Za-z0-9/_-]{8,})"
    r"|(?i:(?<=[?&;])(?:x-amz-[a-z-]+|signature|policy|key-pair-id|awsaccesskeyid|access_?key|token)=)[^&\s\"'<>]+",
    re.DOTALL,
)
"""What a key, a token, an Authorization header or the signature of a presigned link looks like."""

CHATTY = ("httpx", "httpcore")
"""Loggers that print addresses with their signatures (httpx at INFO, httpcore with each header at DEBUG)."""


def redact(text: str) -> str:
    """`text` with everything that looks like a secret replaced by `***`."""
    return SECRETS.sub("***", text)


class OneLine(logging.Formatter):
    """Time, level, logger, text: escaped, so that `tail -f` shows what was written and nothing acts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception's traceback (no locals) joins it, its line breaks escaped."""
        text = redact(super().format(record))
        return text.encode("unicode_escape").decode("ascii")


class PrivateFile(logging.Handler):
    """Appends to a file of 0600, opened with the first record; above `LARGEST` bytes it becomes `.1`, `.2`.

    The standard library's rotating handler creates its file with the umask's rights, and importing it costs
    a tenth of a start.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line. A log that cannot be written is no reason to fail."""
        try:
            line = self.format(record) + "\n"
            self._rotate()
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
            descriptor = os.open(self._file, flags, 0o600)
            try:
                if os.fstat(descriptor).st_mode & 0o077:
                    # It was there before, open to others.
                    os.fchmod(descriptor, 0o600)
                os.write(descriptor, line.encode("ascii", "backslashreplace"))
            finally:
                os.close(descriptor)
        except OSError:
            return

    def _rotate(self) -> None:
        try:
            if self._file.stat().st_size < LARGEST:
                return
        except FileNotFoundError:
            return
        for number in range(KEPT, 0, -1):
            older = self._file.with_name(f"{self._file.name}.{number}")
            newer = self._file.with_name(f"{self._file.name}.{number - 1}") if number > 1 else self._file
            if newer.exists():
                newer.replace(older)


def start_logging(file: Path, *, verbose: bool, stderr: TextIO | None = None) -> None:
    """Sends ascinbox's own records to `file`, and with `verbose` to stderr as well."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logger = logging.getLogger("ascinbox")
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    handlers: list[logging.Handler] = [PrivateFile(file)]
    if verbose and stderr is not None:
        handlers.append(logging.StreamHandler(stderr))
    for handler in handlers:
        handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for old in logger.handlers:
        old.close()
    logger.handlers[:] = handlers
