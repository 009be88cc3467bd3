"""Template files, as people write them, one template a file, several languages in it.

    ---
    name: crash-fixed
    lang: en
    rating: <=2
    app: Tide Clock, Tide Clock Pro
    ---
    Hi {nickname|there}, thank you for telling us. The crash is fixed in {version|the latest version}.
    Still trouble? {support}

    [de]
    Hallo {nickname|}, danke für die Meldung. Der Absturz ist in {version|der neuesten Version} behoben.

- The head between two lines of `---` may be absent. Its keys, all optional: `name` (otherwise the file's
  name), `lang` (language of the text before the first section; without it that text serves any language),
  `rating` and `app` (what the template is meant for, written as in a filter). `#` begins a comment.
- A line with nothing but a language in brackets (`[de]`, `[pt-BR]`) begins the text in that language.
- `{variable}` is replaced, `{variable|words}` by the words when there is no value. `templates.VARIABLES` has
  the variables; `{{` and `}}` are braces.
- A text is used whole; nothing is ever cut to a limit. For a store that takes short replies only, a second
  text stands under `[play]` (any language) or `[play de]`; or in a file of its own, with the same `name` and
  `limit: play` in the head. It is taken by itself for reviews there, and told of where it is longer than 350
  characters already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ascinbox.core.errors import ConfigError
from ascinbox.core.filters import did_you_mean, ratings_of
from ascinbox.core.plainfiles import read_plain
from ascinbox.core.replies.templates import VARIABLES, Template, TemplateText, Variable
from ascinbox.core.stores import STORES
from ascinbox.core.text import blank_out, clean_line

FILE_LIMIT = 100_000
"""Characters of a template file."""

HEAD_KEYS = ("name", "lang", "rating", "app", "limit")
_HEAD_LINE = re.compile(r"\s*([A-Za-z_-]+)\s*[:=]\s*(.*)")
_STORE_NAMES = "|".join(row.id for row in STORES)
_SECTION = re.compile(
    rf"\[(?:(?P<store>{_STORE_NAMES})(?: +|(?=\])))?(?:(?P<language>[a-z]{{2}})(?:-[A-Za-z]{{2,4}})?)?\]"
)
_LANGUAGE = re.compile(r"([a-z]{2})(?:-[a-z]{2,4})?", re.IGNORECASE)
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_LIST_ITEM = re.compile(r'"([^"]*)"|\'([^\']*)\'|([^,]+)')


@dataclass(frozen=True, slots=True)
class Library:
    """All templates that could be read, and a sentence for each thing that is wrong with the files."""

    templates: tuple[Template, ...] = ()
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> Template | None:
        """The template of that name, in any case."""
        return next((t for t in self.templates if t.name.casefold() == name.strip().casefold()), None)


def load_templates(folder: Path) -> Library:
    """Reads every `*.md` of a folder. A broken file is a problem that names it; the others still work."""
    templates: dict[str, Template] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.md")):
        try:
            template = parse_template(read_plain(path).decode("utf-8-sig"), str(path))
        except ConfigError as error:
            problems.append(error.title)
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")
        else:
            problems.extend(template.warnings)
            name = template.name.casefold()
            other = templates.setdefault(name, template)
            if other is template:
                continue
            both = _together(other, template)
            if both is None:
                problems.append(f"{path}: the name {template.name} is taken by {other.source}")
            else:
                templates[name] = both
    return Library(tuple(templates.values()), tuple(problems))


def _together(one: Template, other: Template) -> Template | None:
    """Two files of one name as one template, where one of them is the other's variant for a store.

    What it is meant for (stars, apps) stands in the file without a limit. None where both have a text for the
    same.
    """
    taken = {(text.store, text.language) for text in one.texts}
    if one.limit == other.limit or any((text.store, text.language) in taken for text in other.texts):
        return None
    main, variant = (other, one) if one.limit else (one, other)
    return replace(main, texts=(*main.texts, *variant.texts), limit="")


def parse_template(text: str, source: str) -> Template:
    """Reads one file. ConfigError names `source`, line and column."""
    return _Reader(text, source).read()


class _Reader:
    """One pass over a file, so that every complaint knows its line."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.warnings: list[str] = []
        if len(text) > FILE_LIMIT:
            raise self.error(1, 1, f"a template has at most {FILE_LIMIT:,} characters")
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.lines = [blank_out(line).rstrip() for line in lines]

    def read(self) -> Template:
        head, body_start = self.head()
        limit = self.limit(*head["limit"]) if "limit" in head else ""
        texts = self.texts(body_start, self.language(*head["lang"]) if "lang" in head else None, limit)
        self.tell_too_long(texts)
        name = clean_line(_unquoted(head["name"][0])) if "name" in head else ""
        return Template(
            name=name or clean_line(Path(self.source).stem) or "template",
            texts=texts,
            ratings=self.ratings(*head["rating"]) if "rating" in head else (),
            apps=_items(head["app"][0]) if "app" in head else (),
            limit=limit,
            source=self.source,
            warnings=tuple(self.warnings),
        )

    def error(self, line: int, column: int, what: str) -> ConfigError:
        return ConfigError(
            f"{self.source}:{line}:{column}: {what}", "", "Mend that line; the other templates work."
        )

    def head(self) -> tuple[dict[str, tuple[str, int, int]], int]:
        """Key to value, line and column, and the index of the first line of text."""
        entries: dict[str, tuple[str, int, int]] = {}
        if self.lines[0] != "---":
            return entries, 0
        for index, line in enumerate(self.lines[1:], start=1):
            number = index + 1
            if line == "---":
                return entries, index + 1
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            match = _HEAD_LINE.fullmatch(line)
            if not match:
                raise self.error(number, 1, "the head has lines such as name: crash-fixed")
            key, value = match[1].lower(), _without_comment(match[2])
            if key not in HEAD_KEYS:
                hint = did_you_mean(key, HEAD_KEYS)
                self.warnings.append(f"{self.source}:{number}:{match.start(1) + 1}: unknown key {key}{hint}")
            elif key in entries:
                raise self.error(number, match.start(1) + 1, f"{key} is there twice")
            elif value:
                entries[key] = (value, number, match.start(2) + 1)
        raise self.error(1, 1, "the head is not closed: a second line of --- is missing")

    def language(self, value: str, line: int, column: int) -> str:
        match = _LANGUAGE.fullmatch(_unquoted(value))
        if not match:
            raise self.error(line, column, f"a language is two letters such as de, not {value[:20]}")
        return match[1].lower()

    def limit(self, value: str, line: int, column: int) -> str:
        """The store whose limit all texts keep."""
        known = {row.id: row for row in STORES}
        store = known.get(_unquoted(value).lower())
        if store is None:
            raise self.error(
                line, column, f"a limit is that of a store ({', '.join(known)}), not {value[:20]}"
            )
        return store.id

    def tell_too_long(self, texts: Iterable[TemplateText]) -> None:
        """Says which text is longer than its store takes already; it is used all the same, and never cut."""
        stores = {row.id: row for row in STORES}
        for text in texts:
            store = stores.get(text.store)
            if store is not None and text.fixed > store.reply_limit:
                where = f"[{text.language}]" if text.language else "its text"
                self.warnings.append(
                    f"{self.source}: {where} has {text.fixed:,} characters, "
                    f"{store.label} takes {store.reply_limit:,}"
                )

    def ratings(self, value: str, line: int, column: int) -> tuple[int, ...]:
        try:
            return tuple(sorted({n for item in _items(value) for n in ratings_of(item.replace(" ", ""))}))
        except ValueError as error:
            raise self.error(line, column, str(error)) from None

    def texts(self, start: int, language: str | None, limit: str) -> tuple[TemplateText, ...]:
        begins: list[tuple[int, str | None, str]] = [(start, language, limit)]
        for index in range(start, len(self.lines)):
            section = _SECTION.fullmatch(self.lines[index])
            if section and section[0] != "[]":
                begins.append((index + 1, section["language"], section["store"] or limit))
        ends = [begin - 1 for begin, _, _ in begins[1:]] + [len(self.lines)]
        texts: dict[tuple[str, str | None], TemplateText] = {}
        for (begin, code, store), end in zip(begins, ends, strict=True):
            empty = not any(self.lines[begin:end])
            if begin == start and empty:
                continue
            if empty:
                raise self.error(begin, 1, f"there is no text after {self.lines[begin - 1]}")
            if (store, code) in texts:
                raise self.error(begin, 1, f"there is a text in {code} already")
            texts[store, code] = TemplateText(code, self.pieces(begin, end), store)
        if not texts:
            raise self.error(len(self.lines), 1, "there is no text")
        return tuple(texts.values())

    def pieces(self, start: int, end: int) -> tuple[str | Variable, ...]:
        while not self.lines[start]:
            start += 1
        while not self.lines[end - 1]:
            end -= 1
        pieces: list[str | Variable] = []
        for index in range(start, end):
            if index > start:
                pieces.append("\n")
            line = self.lines[index]
            position = 0
            for match in _BRACES.finditer(line):
                pieces.append(line[position : match.start()])
                pieces.append(self.braces(match, index + 1))
                position = match.end()
            pieces.append(line[position:])
        return _joined(pieces)

    def braces(self, match: re.Match[str], line: int) -> str | Variable:
        column = match.start() + 1
        if match[0] in {"{{", "}}"}:
            return match[0][0]
        if match[1] is None:
            raise self.error(line, column, f"a single {match[0]}: write {match[0] * 2} for a brace")
        name, bar, fallback = match[1].partition("|")
        name = name.strip()
        if name not in VARIABLES:
            hint = did_you_mean(name, VARIABLES, "{{{}}}")
            raise self.error(line, column, f"no such variable {{{name[:40]}}}{hint}")
        return Variable(name, fallback.strip() if bar else None)


def _joined(pieces: Iterable[str | Variable]) -> tuple[str | Variable, ...]:
    joined: list[str | Variable] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return tuple(joined)


def _without_comment(value: str) -> str:
    if match := re.match(r"""(".*?"|'.*?')\s*(?:#.*)?\Z""", value):
        return match[1]
    return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].strip()


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _items(value: str) -> tuple[str, ...]:
    if value.startswith("[") and value.endswith("]"):
        value = value[1:-1]
    items = (clean_line(a or b or c) for a, b, c in _LIST_ITEM.findall(value))
    return tuple(dict.fromkeys(item for item in items if item))
