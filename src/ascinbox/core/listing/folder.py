"""fastlane's `metadata` folder: which file holds which field, and how its bytes are read. Pure.

As deliver does it: `<locale>/<file>.txt` in UTF-8, written with one line break at the end, read without the
blanks around it; an empty file means "leave alone"; `default/` stands in for languages that lack a file;
folder names are matched whatever their case. Source: fastlane's deliver, `setup.rb`, `loader.rb`,
`upload_metadata.rb`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ascinbox.core.listing.changes import normalized
from ascinbox.core.listing.fields import BY_FILE, ListingField, known_locale

SUFFIX = ".txt"
DEFAULT = "default"
"""The folder whose texts stand in for languages that lack a file."""
IGNORED = frozenset(
    (
        "trade_representative_contact_information",
        "review_information",
        "app_clip_review_information",
        "android",
        "fonts",
        "appletv",
        "imessage",
    )
)
"""Folders beside the languages that hold something else, in small letters."""
LARGEST = 64_000
"""Bytes of a file that is read; the longest text of a listing has 4,000 characters."""


@dataclass(frozen=True, slots=True)
class FolderProblem:
    """Something in a folder that was passed over, and why."""

    path: str
    sentence: str
    locale: str = ""
    field: ListingField | None = None


@dataclass(frozen=True, slots=True)
class FolderTexts:
    """What a folder says: texts by (locale, field); "" is the locale of what all languages share."""

    texts: Mapping[tuple[str, ListingField], str]
    locales: tuple[str, ...]
    """Languages that have a folder, empty ones too: an empty folder adds the language."""
    problems: tuple[FolderProblem, ...] = ()


def file_bytes(text: str) -> bytes:
    """A text as fastlane writes it: UTF-8 and one line break at its end, also when there is none."""
    return f"{text}\n".encode()


def path_of(field: ListingField, locale: str) -> str:
    """Where a field is, below the folder: `de-DE/description.txt`, `copyright.txt`."""
    name = f"{field.file}{SUFFIX}"
    return f"{locale}/{name}" if field.localized else name


def file_text(content: bytes) -> str:
    """The text of a file, without the blanks around it. ValueError with a sentence for what is no text."""
    if len(content) > LARGEST:
        raise ValueError(f"The file has {len(content):,} bytes; no text of a listing is as long.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or (content and content.count(0) * 3 > len(content)):
        raise ValueError("The file is in UTF-16; fastlane's files are UTF-8. Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"The file is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from None
    return normalized(text)


def locale_of(folder: str) -> str | None:
    """The language of a folder beside the files; None for one that is passed over without a word.

    ValueError for a name that is no language of the App Store.
    """
    if folder.startswith(".") or folder.casefold() in IGNORED:
        return None
    if folder.casefold() == DEFAULT:
        return DEFAULT
    locale = known_locale(folder)
    if locale is None:
        raise ValueError(f"The App Store has no language {folder!r}.")
    return locale


def read_files(files: Mapping[str, bytes], folders: Iterable[str] = ()) -> FolderTexts:
    """What a folder says. `files`: content by path below it; `folders`: the folders, empty ones too."""
    texts: dict[tuple[str, ListingField], str] = {}
    problems: list[FolderProblem] = []
    locales: dict[str, str] = {}
    empty: set[tuple[str, ListingField]] = set()
    """Files that leave their text alone; a language that has one does not lack it."""
    for folder in dict.fromkeys([*folders, *(p.split("/")[0] for p in files if "/" in p)]):
        try:
            locale = locale_of(folder)
        except ValueError as error:
            problems.append(FolderProblem(folder, str(error)))
            continue
        if locale is not None:
            locales[folder] = locale
    for path, content in files.items():
        folder, _, name = path.rpartition("/")
        field = BY_FILE.get(name.removesuffix(SUFFIX)) if name.endswith(SUFFIX) else None
        if field is None or field.localized != bool(folder) or (folder and folder not in locales):
            continue
        locale = locales.get(folder, "")
        try:
            text = file_text(content)
        except ValueError as error:
            problems.append(FolderProblem(path, str(error), locale, field))
            continue
        if text:
            texts[locale, field] = text
        else:
            empty.add((locale, field))
    named = tuple(dict.fromkeys(one for one in locales.values() if one != DEFAULT))
    broken = {(one.locale, one.field) for one in problems}
    for (locale, field), text in list(texts.items()):
        if locale == DEFAULT:
            del texts[locale, field]
            for other in named:
                if (other, field) not in broken and (other, field) not in empty:
                    texts.setdefault((other, field), text)
    return FolderTexts(texts, named, tuple(problems))
