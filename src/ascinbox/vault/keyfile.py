"""Reading a file that holds a secret, with every check that keeps others out of it."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from ascinbox.vault.acl import is_closed_to_others
from ascinbox.vault.refusal import Reason, VaultRefusal

MAX_BYTES = 16 * 1024
"""A P-256 key in PEM is about 250 bytes; nothing that we read here comes near this."""


def credentials_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the service manager lays out the secrets of this service (systemd), None when it does not."""
    named = environ.get("CREDENTIALS_DIRECTORY")
    return Path(named).absolute() if named else None


def read_private_file(path: Path, *, what: str = "key file", credentials: Path | None = None) -> str:
    """The text of a private file; as `read_private_bytes`, and refused when it is not UTF-8."""
    content = read_private_bytes(path, what=what, credentials=credentials)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise VaultRefusal(
            Reason.UNREADABLE,
            f"The {what} {path} is not text.",
            "A private key from Apple is a small text file in PEM form.",
            _name_the_file(path),
        ) from None


def read_private_bytes(path: Path, *, what: str, credentials: Path | None = None) -> bytes:
    """The content of a private file: regular, ours, closed to others, small, in a folder of ours.

    Symbolic links are resolved first and the checks are made on the open descriptor, so the file that was
    checked is the file that is read. A file of the service manager's below the folder `credentials` may be
    root's, opened to us by an access control list. Raises VaultRefusal with the exact command that mends it.
    """
    real = _resolved(path, what)
    of_service = credentials is not None and real.is_relative_to(credentials.resolve())
    allowed = {0, os.geteuid()} if of_service else {os.geteuid()}
    descriptor = _open(real, what)
    try:
        facts = os.fstat(descriptor)
        closed = facts.st_mode & 0o077 == 0 or (of_service and _closed_credential(real, descriptor, facts))
        _check_file(real, facts, what, allowed, closed=closed)
        _check_folder(real.parent, what, allowed)
        content = _read(descriptor)
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise _too_large(real, what)
    return content


def _resolved(path: Path, what: str) -> Path:
    try:
        return path.expanduser().resolve(strict=True)
    except FileNotFoundError:
        raise VaultRefusal(
            Reason.MISSING,
            f"There is no {what} at {path}.",
            "",
            "Give the path of the file as it was downloaded (Apple's AuthKey_….p8, Google's JSON), kept with "
            "chmod 600.",
        ) from None
    except (OSError, RuntimeError) as error:
        raise _unreadable(path, what, error) from None


def _open(real: Path, what: str) -> int:
    try:
        # Without O_NONBLOCK a FIFO would hold us until somebody writes to it.
        return os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise _unreadable(real, what, error) from None


def _read(descriptor: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    while total <= MAX_BYTES:
        part = os.read(descriptor, MAX_BYTES + 1 - total)
        if not part:
            break
        parts.append(part)
        total += len(part)
    return b"".join(parts)


def _closed_credential(real: Path, descriptor: int, facts: os.stat_result) -> bool:
    """Whether the list of the file, or that of its folder, keeps all but root and us out."""
    users = {0, os.geteuid()}
    if is_closed_to_others(descriptor, facts, users):
        return True
    try:
        folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        around = os.fstat(folder)
        return around.st_uid in users and is_closed_to_others(folder, around, users)
    finally:
        os.close(folder)


def _check_file(
    real: Path, facts: os.stat_result, what: str, owners: Collection[int], *, closed: bool
) -> None:
    if not stat.S_ISREG(facts.st_mode):
        kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "not a regular file"
        raise VaultRefusal(Reason.UNREADABLE, f"{real} is {kind}, not a {what}.", "", _name_the_file(real))
    quoted = shlex.quote(str(real))
    if facts.st_uid not in owners:
        raise VaultRefusal(
            Reason.TOO_OPEN,
            f"The {what} {real} belongs to another user.",
            f"Its owner is uid {facts.st_uid}, this program runs as uid {os.geteuid()}.",
            f"Run: sudo chown {os.geteuid()} {quoted} && chmod 600 {quoted}",
        )
    if not closed:
        raise VaultRefusal(
            Reason.TOO_OPEN,
            f"The {what} {real} can be read by others (mode {stat.S_IMODE(facts.st_mode):04o}).",
            "Whoever reads it can act in the store in your name.",
            f"Run: chmod 600 {quoted}",
        )
    if facts.st_size > MAX_BYTES:
        raise _too_large(real, what)


def _check_folder(folder: Path, what: str, owners: Collection[int]) -> None:
    facts = folder.stat()
    quoted = shlex.quote(str(folder))
    if facts.st_mode & 0o022:
        raise VaultRefusal(
            Reason.TOO_OPEN,
            f"The folder of the {what}, {folder}, can be changed by others "
            f"(mode {stat.S_IMODE(facts.st_mode):04o}).",
            "They could put another file in its place.",
            f"Run: chmod go-w {quoted}, or move the file into a folder of your own and chmod 600 it.",
        )
    if facts.st_uid not in {*owners, 0}:
        raise VaultRefusal(
            Reason.TOO_OPEN,
            f"The folder of the {what}, {folder}, belongs to another user.",
            "Its owner could put another file in its place.",
            "Move the file into a folder of your own and chmod 600 it.",
        )


def _too_large(real: Path, what: str) -> VaultRefusal:
    return VaultRefusal(
        Reason.UNREADABLE,
        f"{real} is too large for a {what} (more than {MAX_BYTES // 1024} KiB).",
        "",
        _name_the_file(real),
    )


def _unreadable(path: Path, what: str, error: Exception) -> VaultRefusal:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return VaultRefusal(
        Reason.UNREADABLE,
        f"The {what} {path} cannot be read: {words}.",
        "",
        f"Make it yours and readable: chmod 600 {shlex.quote(str(path))}",
    )


def _name_the_file(real: Path) -> str:
    folder = real.parent if real.suffix else real
    example = shlex.quote(str(folder / "AuthKey_XXXXXXXXXX.p8"))
    return f"Give the path of the .p8 file itself, kept closed to others: chmod 600 {example}"
