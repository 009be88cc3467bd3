"""Which engine a person chose in `[assist]` of config.toml, and where it runs."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from ascinbox.core.errors import ConfigError
from ascinbox.core.text import clean_line

SECTION = "assist"
HOW = "See docs/languages.md, or: ascinbox help languages"
NAME_LIMIT = 60


class EngineKind(StrEnum):
    """What answers."""

    OFF = "off"
    OPENAI = "openai"
    """`POST {url}/chat/completions`, as OpenAI, Ollama, llama.cpp, vLLM and LM Studio take it."""
    LIBRETRANSLATE = "libretranslate"
    COMMAND = "command"
    """A program on this machine: text on its standard input, the answer on its standard output."""


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The settings of `[assist]`, checked."""

    kind: EngineKind = EngineKind.OFF
    url: str = ""
    """Base address, without a slash at its end; empty for a command."""
    model: str = ""
    command: tuple[str, ...] = ()
    host: str = ""
    """Host and, where it is given, port; empty for a command."""
    is_local: bool = True
    """Whether nothing leaves this machine: a command, or a loopback address."""
    is_encrypted: bool = True

    @property
    def name(self) -> str:
        """What a translation is marked by: the model, or who else made it."""
        match self.kind:
            case EngineKind.OPENAI:
                found = self.model or self.host
            case EngineKind.LIBRETRANSLATE:
                found = "LibreTranslate"
            case EngineKind.COMMAND:
                found = PurePath(self.command[0]).name
            case _:
                return ""
        return clean_line(found)[:NAME_LIMIT]

    @property
    def identity(self) -> str:
        """What answers are kept under: another engine's are asked for anew."""
        return f"{self.kind}:{self.url or shlex.join(self.command)}:{self.model}"

    @property
    def can_draft(self) -> bool:
        """Whether it writes, and does not only translate."""
        return self.kind in (EngineKind.OPENAI, EngineKind.COMMAND)


def chosen_engine(get: Callable[[str, str], Any]) -> EngineChoice:
    """The engine in force; `get` reads a setting by section and key. Raises ConfigError for a bad address."""
    kind = EngineKind(get(SECTION, "kind"))
    if kind is EngineKind.OFF:
        return EngineChoice()
    url, model = str(get(SECTION, "url")).strip().rstrip("/"), str(get(SECTION, "model")).strip()
    if kind is EngineKind.COMMAND:
        # A command in the place of the address is understood, too.
        return EngineChoice(kind, model=model, command=_words(str(get(SECTION, "command")).strip() or url))
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
        raise ConfigError(
            f"[assist] url is no address: {clean_line(url)[:80] or 'empty'}",
            "It begins with http:// or https:// and names a host.",
            HOW,
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            "[assist] url holds more than an address.",
            "Keys, names and queries do not belong there.",
            "Give the key with: ascinbox assist --key -",
        )
    host = parts.hostname if port is None else f"{parts.hostname}:{port}"
    return EngineChoice(
        kind,
        url,
        model,
        host=clean_line(host),
        is_local=is_loopback(parts.hostname),
        is_encrypted=parts.scheme == "https",
    )


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise ConfigError("[assist] command has an open quote.", str(error), HOW) from None
    if not words:
        raise ConfigError("[assist] command is empty.", "", HOW)
    return words


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
