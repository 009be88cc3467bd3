"""A `metadata` folder on the disk: its text files in, changed ones out. All else in it is left alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.listing.fields import BY_FILE
from ascinbox.core.listing.folder import (
    LARGEST,
    SUFFIX,
    FolderProblem,
    FolderTexts,
    file_bytes,
    file_text,
    locale_of,
    read_files,
)
from ascinbox.core.plainfiles import odd_kind, read_plain
from ascinbox.paths import keep_mode


@dataclass(frozen=True, slots=True)
class MetadataFolder:
    """What a folder holds, and by which names: languages may be spelled in any case."""

    path: Path
    texts: FolderTexts
    files: Mapping[str, bytes]
    """Content by path below the folder."""
    folders: Mapping[str, str]
    """Name of the folder of each language that has one."""

    def place(self, relative: str) -> Path:
        """Where a file of fastlane's layout is, or goes: `de-DE/name.txt` may lie in `de-de`."""
        locale, slash, name = relative.rpartition("/")
        return self.path / (self.folders.get(locale, locale) if slash else "") / name

    def says(self, relative: str) -> str | None:
        """The text of a file; None where there is none that can be read."""
        content = self.files.get(self.place(relative).relative_to(self.path).as_posix())
        if content is None:
            return None
        try:
            return file_text(content)
        except ValueError:
            return None


def read_folder(path: Path) -> MetadataFolder:
    """Reads a folder. UsageError when there is none; what cannot be used in it is among its problems."""
    if not path.is_dir():
        kind = odd_kind(path) or ("a file" if path.exists() else "")
        raise UsageError(
            f"{path} is {kind}, no folder." if kind else f"There is no folder {path}.",
            "",
            "Make one from what Apple has: ascinbox listing pull DIR",
        )
    files: dict[str, bytes] = {}
    folders: dict[str, str] = {}
    problems: list[FolderProblem] = []
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as error:
        raise AscinboxError(f"{path} cannot be read.", str(error)) from None
    for entry in entries:
        try:
            if entry.is_dir():
                _take_folder(entry, files, folders, problems)
            else:
                _take(Path(entry.path), entry.name, files, problems)
        except OSError as error:
            # A link that leads to itself, or a folder that may not be opened.
            problems.append(FolderProblem(entry.name, f"{entry.name} cannot be read: {error.strerror}."))
    texts = read_files(files, folders.values())
    return MetadataFolder(path, replace(texts, problems=(*problems, *texts.problems)), files, folders)


def _take_folder(
    entry: os.DirEntry[str], files: dict[str, bytes], folders: dict[str, str], problems: list[FolderProblem]
) -> None:
    """Takes the files of a language. Raises OSError for a folder that cannot be read."""
    try:
        locale = locale_of(entry.name)
    except ValueError as error:
        sentence = str(error)
        if any(inner.is_dir() for inner in os.scandir(entry.path)):
            sentence = f"{entry.name} is no language; is it an app? Then leave out --app."
        problems.append(FolderProblem(entry.name, sentence))
        return
    if locale is None:
        return
    if locale in folders:
        problems.append(
            FolderProblem(entry.name, f"{entry.name} and {folders[locale]} are the same language.")
        )
        return
    inside = sorted(os.scandir(entry.path), key=lambda one: one.name)
    folders[locale] = entry.name
    for inner in inside:
        _take(Path(inner.path), f"{entry.name}/{inner.name}", files, problems)


def _take(path: Path, relative: str, files: dict[str, bytes], problems: list[FolderProblem]) -> None:
    field = BY_FILE.get(path.name.removesuffix(SUFFIX)) if path.name.endswith(SUFFIX) else None
    if field is None:
        return
    try:
        files[relative] = read_plain(path, LARGEST + 1)
    except OSError as error:
        locale = ""
        if "/" in relative:
            locale = locale_of(relative.partition("/")[0]) or ""
        problems.append(
            FolderProblem(relative, f"{relative} cannot be read: {error.strerror or error}.", locale, field)
        )


def write_text(path: Path, text: str) -> None:
    """Writes a file as fastlane does, replacing it whole; a link stays a link. Raises AscinboxError."""
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        kind = odd_kind(path)
        if kind:
            raise OSError(f"it is {kind}, not a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(file_bytes(text))
            keep_mode(file.fileno(), path)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise AscinboxError(
            f"{path} cannot be written.", error.strerror or str(error), "The other files are written."
        ) from None
