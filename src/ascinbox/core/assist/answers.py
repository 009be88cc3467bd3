"""Reads what an engine answered. Whatever comes back is foreign text: cleaned, capped, never trusted."""

from __future__ import annotations

import json
import re
from typing import Any

from ascinbox.core.assist.outgoing import TitledText
from ascinbox.core.errors import AscinboxError
from ascinbox.core.replies.checks import LIMIT, measure
from ascinbox.core.replies.templates import VARIABLES, TemplateContext
from ascinbox.core.text import clean_body, clean_line

MOST_BYTES = 8 << 20
"""Of one answer; what is longer is not read on."""
MOST_CHARACTERS = 20_000
"""Of a text that comes piece by piece; then the engine is not listened to any more."""

_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_VARIABLE = re.compile(rf"\{{({'|'.join(VARIABLES)})(?:\|([^{{}}\n]*))?\}}")


class EngineTrouble(AscinboxError):
    """The engine that was plugged in could not be reached, refused, or answered nothing that can be used."""


def translation_of(answer: str) -> TitledText:
    """Title and body of a chat's answer: of its JSON, else all of it is the body."""
    text = without_wrapping(answer)
    try:
        found: Any = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and {"title", "body"} & found.keys():
        title, body = found.get("title"), found.get("body")
        if all(part is None or isinstance(part, str) for part in (title, body)):
            return TitledText(clean_line(title or ""), clean_body(body or "").strip())
    return TitledText("", clean_body(text).strip())


def draft_of(answer: str, context: TemplateContext) -> str:
    """A draft as it goes into the editor: cleaned, its variables filled in, cut to what the store takes."""
    text = filled(clean_body(without_wrapping(answer)), context).strip()
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1].strip()
    return cut_to_limit(text)


def cut_to_limit(text: str, limit: int = LIMIT) -> str:
    """The text, or as much of it as fits, ending at a line or word."""
    if measure(text) <= limit:
        return text
    text = text[:limit]
    while measure(text) > limit:
        text = text[:-1]
    end = max(text.rfind("\n"), text.rfind(" "))
    return text[:end].rstrip() if end > limit // 2 else text


def without_wrapping(answer: str) -> str:
    """The answer without a model's thoughts and without a fence around it."""
    text = _THOUGHTS.sub("", answer, count=1).strip()
    fenced = _FENCE.match(text)
    return fenced[1].strip() if fenced else text


def filled(text: str, context: TemplateContext) -> str:
    """The text with the variables of templates filled in, as far as they have a value or fall-back."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        known = str(getattr(context, name))
        if name != "signature":
            known = clean_line(known)
        return known or (match[2] if match[2] is not None else match[0])

    return _VARIABLE.sub(value, text)


def chat_text(data: object) -> str:
    """The text of a whole answer of `/chat/completions`. Raises EngineTrouble."""
    choice = _first_choice(data)
    content = _content(choice.get("message")) if choice is not None else None
    if content is None and choice is not None and isinstance(choice.get("text"), str):
        content = choice["text"]
    if content is None:
        raise unreadable(_refusal(data))
    return content


def chat_delta(line: str) -> str | None:
    """The next words in one line of a streamed answer; None at its end. Other lines give an empty text."""
    if not line.startswith("data:"):
        return ""
    payload = line.removeprefix("data:").strip()
    if payload == "[DONE]":
        return None
    try:
        data: Any = json.loads(payload)
    except (ValueError, RecursionError):
        return ""
    if isinstance(data, dict) and data.get("error"):
        raise unreadable(_refusal(data))
    choice = _first_choice(data)
    return "" if choice is None else _content(choice.get("delta") or choice.get("message")) or ""


def libretranslate_text(data: object) -> str:
    """The text of LibreTranslate's answer. Raises EngineTrouble."""
    found = data.get("translatedText") if isinstance(data, dict) else None
    if not isinstance(found, str):
        raise unreadable(_refusal(data))
    return found


def unreadable(detail: str = "") -> EngineTrouble:
    """The error for an answer in which no text is found."""
    return EngineTrouble(
        "The engine's answer holds no text.", detail, "Look at [assist] in config.toml; docs/languages.md."
    )


def refusal_detail(body: str) -> str:
    """What an engine says about a refusal, in one line."""
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    return _refusal(data) or clean_line(body)[:200]


def _refusal(data: object) -> str:
    if not isinstance(data, dict):
        return ""
    error = data.get("error")
    words = error.get("message") if isinstance(error, dict) else error
    return clean_line(words)[:200]


def _first_choice(data: object) -> dict[str, Any] | None:
    choices = data.get("choices") if isinstance(data, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else None


def _content(message: object) -> str | None:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else None
