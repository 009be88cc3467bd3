"""Phrase banks, one file a language, and how a review's words are made from a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_MASK = (1 << 64) - 1
# Whoever made the number has drawn from it too; other bits keep the words independent of those draws.
_WORDS, _REPLY = 0x57_0D5, 0x5E_ED0
_DEVICES = ("iPhone 12", "iPhone SE", "iPhone 13 mini", "iPhone 15 Pro", "iPhone 16", "iPad Air", "iPad mini")
_VERSIONS = ("5.2", "5.1.3", "4.9", "5.0", "3.4", "6.0.1")


@dataclass(slots=True)
class Topic:
    """What reviews of one kind say."""

    titles: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Bank:
    """All phrases of a language. `spaced` is False where sentences follow each other without a space."""

    language: str
    spaced: bool
    names: list[str]
    surnames: list[str]
    open: list[str]
    bad: list[Topic]
    mixed: Topic
    good: Topic
    wish: list[str]
    close_bad: list[str]
    close_good: list[str]
    reply_bad: list[str]
    reply_good: list[str]
    summary: str


class Picker:
    """Deterministic choices from one 64-bit number."""

    __slots__ = ("_left",)

    def __init__(self, number: int) -> None:
        self._left = mix(number)

    def below(self, limit: int) -> int:
        """An integer from 0 to `limit` - 1."""
        self._left, found = divmod(self._left, limit)
        if self._left < 1 << 16:
            self._left = mix(self._left * 31 + found + 7)
        return found

    def of(self, choices: Sequence[str]) -> str:
        """One of the choices."""
        return choices[self.below(len(choices))]


def mix(number: int) -> int:
    """Spreads a number over 64 bits, so that neighbours have nothing in common."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


@cache
def bank(language: str) -> Bank:
    """The phrases of a language. Raises FileNotFoundError for one that has no file."""
    sections: dict[str, list[str]] = {}
    titles: dict[str, list[str]] = {}
    current = ""
    path = Path(__file__).with_name(f"{language}.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            current = line[2:].strip()
            sections[current] = []
        elif line.startswith("> "):
            titles[current] = [title.strip() for title in line[2:].split("|")]
        elif line:
            sections[current].append(line)

    def topic(name: str) -> Topic:
        return Topic(titles[name], sections[name])

    return Bank(
        language=language,
        spaced=language not in ("ja", "zh"),
        names=" ".join(sections["names"]).split(),
        surnames=" ".join(sections["surnames"]).split(),
        open=sections["open"],
        bad=[topic(name) for name in sections if name.startswith("bad ")],
        mixed=topic("mixed"),
        good=topic("good"),
        wish=sections["wish"],
        close_bad=sections["close bad"],
        close_good=sections["close good"],
        reply_bad=sections["reply bad"],
        reply_good=sections["reply good"],
        summary=" ".join(sections["summary"]),
    )


def compose(language: str, rating: int, number: int, app_name: str) -> tuple[str, str, str]:
    """Title, body and nickname of a review: the same number always gives the same words."""
    phrases = bank(language)
    pick = Picker(number ^ _WORDS)
    if rating <= 2:
        topic, close = phrases.bad[pick.below(len(phrases.bad))], phrases.close_bad
    elif rating == 3:
        topic, close = phrases.mixed, phrases.wish
    else:
        topic, close = phrases.good, phrases.close_good
    title = pick.of(topic.titles)
    lines = _lines(topic, pick)
    if pick.below(3) == 0:
        lines.insert(0, pick.of(phrases.open))
    if rating == 4:
        lines.append(pick.of(phrases.wish))
    if pick.below(2):
        lines.append(pick.of(close))
    joiner = "\n\n" if len(lines) > 3 and pick.below(4) == 0 else (" " if phrases.spaced else "")
    body = joiner.join(lines)
    return (
        _filled(title, app_name, pick),
        _filled(body, app_name, pick),
        _nickname(phrases, pick),
    )


def _lines(topic: Topic, pick: Picker) -> list[str]:
    wanted = 1 + pick.below(3)
    start, step = pick.below(len(topic.lines)), 1 + pick.below(len(topic.lines) - 1)
    chosen = [topic.lines[(start + step * turn) % len(topic.lines)] for turn in range(wanted)]
    return list(dict.fromkeys(chosen))


def _filled(text: str, app_name: str, pick: Picker) -> str:
    if "{" not in text:
        return text
    return (
        text.replace("{app}", app_name)
        .replace("{version}", pick.of(_VERSIONS))
        .replace("{device}", pick.of(_DEVICES))
        .replace("{n}", str(3 + pick.below(27)))
    )


def _nickname(phrases: Bank, pick: Picker) -> str:
    name = pick.of(phrases.names)
    match pick.below(6):
        case 0:
            return name
        case 1:
            return f"{name}{1970 + pick.below(50)}"
        case 2:
            return f"{name}_{pick.of(phrases.surnames)}"
        case 3:
            return f"{name}{pick.below(100)}"
        case _:
            return name + pick.of(phrases.surnames)


def compose_reply(language: str, rating: int, number: int, app_name: str, nickname: str) -> str:
    """A developer's reply in the review's language."""
    phrases = bank(language)
    pick = Picker(number ^ _REPLY)
    text = pick.of(phrases.reply_bad if rating <= 3 else phrases.reply_good)
    return text.replace("{name}", nickname).replace("{app}", app_name)
