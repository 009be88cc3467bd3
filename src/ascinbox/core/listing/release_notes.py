"""`What's new` for all languages from one Markdown file: a heading a language, its text below. Pure.

```
# en-US
Bug fixes.

# de-DE, de-AT
Fehler behoben.
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ascinbox.core.errors import UsageError
from ascinbox.core.listing.changes import normalized
from ascinbox.core.listing.fields import known_locale

_HEADING = re.compile(r"^#{1,3}[ \t]+(.+?)[ \t]*#*[ \t]*$")


@dataclass(frozen=True, slots=True)
class ReleaseNotes:
    """Texts by language, and the lines with a heading that names none."""

    texts: dict[str, str]
    unknown: tuple[tuple[int, str], ...] = ()
    """Line and heading of parts whose language the App Store does not have; they are left out."""
    in_text: tuple[tuple[int, str], ...] = ()
    """Line and words of headings that look like no language: they belong to the text that they stand in."""

    def missing(self, locales: tuple[str, ...]) -> tuple[str, ...]:
        """Languages of the version for which the file has no text."""
        return tuple(locale for locale in locales if locale not in self.texts)

    def left_out(self, locales: tuple[str, ...]) -> tuple[str, ...]:
        """Languages of the file that the version, or the App Store, does not have."""
        return (*(name for name in self.texts if name not in locales), *(name for _, name in self.unknown))


def parse_release_notes(text: str) -> ReleaseNotes:
    """Reads such a file. UsageError when it has no language, or one twice.

    A heading is one only when all it names are languages, or nothing but language-like words: a line such as
    `# New in this version` below a language's heading belongs to its text.
    """
    texts: dict[str, str] = {}
    unknown: list[tuple[int, str]] = []
    in_text: list[tuple[int, str]] = []
    current: tuple[str, ...] = ()
    lines: list[str] = []
    opened = False

    def close() -> None:
        for locale in current:
            body = normalized("\n".join(lines))
            if body:
                texts[locale] = body

    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        heading = _HEADING.match(line)
        names = [name.strip() for name in heading[1].split(",")] if heading else []
        known = [known_locale(name) for name in names]
        if names and (all(known) or all(_LIKE_LOCALE.fullmatch(name) for name in names)):
            close()
            current, lines, opened = tuple(name for name in known if name), [], True
            unknown += [(number, name) for name, locale in zip(names, known, strict=True) if locale is None]
            twice = next((name for name in current if name in texts), None)
            if twice or len(set(current)) < len(current):
                raise UsageError(
                    f"Line {number}: {twice or current[0]} is there twice.",
                    "",
                    "Give each language one part.",
                )
        elif opened:
            lines.append(line)
            if heading:
                in_text.append((number, heading[1]))
        elif line.strip():
            raise UsageError(
                f"Line {number}: the text stands under no language.",
                "",
                "Begin each part with a heading such as: # en-US",
            )
    close()
    if not texts and not unknown:
        raise UsageError("There is no language in it.", "", "Begin each part with a heading such as: # en-US")
    return ReleaseNotes(texts, tuple(unknown), tuple(in_text))


_LIKE_LOCALE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,4})?")
