"""Making template files: from a starter that comes with the program, from a reply, or from nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.replies.template_files import load_templates, parse_template
from ascinbox.core.reviews.language import guess
from ascinbox.core.reviews.nickname import greetable
from ascinbox.core.text import clean_body, clean_line
from ascinbox.paths import write_private_file

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewDetail
    from ascinbox.core.replies.templates import Template
    from ascinbox.workers.workspace import Workspace

NAME_LIMIT = 40
LEAST_NAME = 3
"""An app's name of fewer characters may be a word of the reply."""
MAIN = "en"
"""The language of a starter's first text, which serves every language that has none of its own."""
_SECTION = re.compile(r"^\[([a-z]{2})\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Starter:
    """A template that comes with the program, in the languages that a home needs."""

    template: Template
    content: str
    """What its file will say."""


def starters(workspace: Workspace) -> tuple[Starter, ...]:
    """The starters, in English and the languages of the reviews that are there. Counts them: takes long."""
    found = workspace.inbox.values("lang")
    languages = {MAIN, *(language for language, count in found.items() if count)}
    made = (in_languages(content, languages) for content in _contents())
    return tuple(Starter(parse_template(content, "starter.md"), content) for content in made)


def in_languages(content: str, languages: set[str]) -> str:
    """A template's file with the sections of these languages alone; what stands before them stays."""
    first, *rest = _SECTION.split(content)
    sections = zip(rest[::2], rest[1::2], strict=True)
    kept = [f"[{language}]\n{text.strip()}\n" for language, text in sections if language in languages]
    return "\n".join([f"{first.strip()}\n", *kept])


def keep_template(workspace: Workspace, name: str, content: str) -> Template:
    """Writes a template file of a name that is free.

    Raises UsageError for a name that is taken or none, ConfigError for a text that is no template,
    AscinboxError when the file cannot be written.
    """
    folder = workspace.paths.templates
    name = usable_name(workspace, name)
    path = _free_path(folder, name)
    template = parse_template(content, str(path))
    try:
        write_private_file(path, content.encode())
    except OSError as error:
        raise AscinboxError(f"{path} cannot be written: {error.strerror or error}.") from None
    workspace.record("make template", "", template.name)
    return template


def usable_name(workspace: Workspace, name: str) -> str:
    """`name`, cleaned. Raises UsageError when no new template can be called so."""
    name = clean_line(name).strip()
    if not slug(name) or len(name) > NAME_LIMIT:
        raise UsageError(f"A template needs a name of at most {NAME_LIMIT} characters.")
    taken = load_templates(workspace.paths.templates).find(name)
    if taken is not None:
        raise UsageError(f"There is a template {taken.name} already.")
    return name


def content_of_reply(name: str, text: str, detail: ReviewDetail) -> str:
    """A template file that says what a reply says; nickname and app become variables, braces stay braces."""
    body = clean_body(text).strip().replace("{", "{{").replace("}", "}}")
    nickname = greetable(detail.review.nickname) or ""
    for word, variable in ((nickname, "{nickname|}"), (detail.app_name, "{app}")):
        if len(word) >= LEAST_NAME:
            body = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", lambda _, v=variable: v, body)  # type: ignore[misc]
    return new_content(name, guess(text) or detail.language.code, body)


def new_content(name: str, language: str | None, body: str) -> str:
    """A template file of one language."""
    lang = f"lang: {language}\n" if language else ""
    return f"---\nname: {name}\n{lang}---\n{body}\n"


def slug(name: str) -> str:
    """The name of the file: lower case, everything that is neither letter nor digit a dash."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


def _free_path(folder: Path, name: str) -> Path:
    path = folder / f"{slug(name)}.md"
    number = 2
    while path.exists():
        path = folder / f"{slug(name)}-{number}.md"
        number += 1
    return path


@cache
def _contents() -> tuple[str, ...]:
    folder = files("ascinbox.workers.replies") / "starters"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".md"))
    return tuple((folder / name).read_text("utf-8") for name in names)
