"""Texts that attack a terminal or a markup parser, and the search for what got through."""

from __future__ import annotations

import re

ATTACKS: dict[str, str] = {
    "csi": "\x1b[7331m\x1b[2J\x1b[H",
    "title": "\x1b]0;7331\x07\x1b]2;7331\x1b\\",
    "clipboard": "\x1b]52;c;NzMzMQ==\x07",
    "hyperlink": "\x1b]8;;https://7331.example\x1b\\here\x1b]8;;\x1b\\",
    "strings": "\x1bP7331\x1b\\\x1b_7331\x1b\\\x1b^7331\x1b\\\x1bX7331\x1b\\",
    "screen": "\x1bc\x1b#8\x1b[?1049l\x1b[?1000h\x1b[5n\x1b[6n",
    "c1": "\x9b7331m\x9d0;7331\x9c\x907331\x9c\x85\x84\x8d",
    "sub": "\x1a\x18\x05",
    "del": "\x7f\x7f\x7f",
    "c0": "\x00\x01\x07\x08\x0b\x0c\x0e\x0f\r\x1f",
    "bidi": "\u202etxt.exe\u202c \u202dleft\u202c \u202a\u202b",
    "isolates": "\u2066a\u2069\u2067b\u2069\u2068c\u2069 \u200e\u200f\u061c",
    "invisible": "a\u200bb\u2060c\ufeffd\ufff9e\ufffaf\ufffb",
    "tags": "\U000e0041\U000e0042\U000e007f",
    "surrogates": "\ud83d \udc9b \ud800",
    "breaks": "one\ntwo\r\nthree\u2028four\u2029five\x85six",
    "click": "[@click=app.quit]7331[/] [@click=app.bell()]7331[/@click] [$primary @click=app.quit]x",
    "link": "[link=https://7331.example]x[/link] [link='https://7331.example']y[/]",
    "unbalanced": '[/]x [/bold]x x [foo bar=" [@click=(((] [/',
    "style": "[b]bold[/b] [red on blue]x[/] :smile: {nickname} %s {0}",
    "marks": "e" + "\u0301\u0302\u0303\u0327" * 12,
    "joined": "👨\u200d👩\u200d👧 👩🏽\u200d💻 🏴\U000e0067\U000e007f 🇩🇪🇩 1\ufe0f\u20e3 🔥\u200d\u200d",
    "shell": "`id` $(id) ${jndi:ldap://x} '; DROP TABLE review;-- <script>",
}
"""By name. `7331` stands where an attack that gets through can be told from the program's own sequences."""

NAMES = tuple(ATTACKS)


def marked(name: str) -> str:
    """The attack between two marks, by which it is found on the screen whatever is left of it."""
    number = NAMES.index(name)
    return f"q{number:02d}a {ATTACKS[name]} q{number:02d}z"


def several(name: str) -> tuple[str, ...]:
    """The attack and the next two, for texts with room: every third of them then shows them all."""
    number = NAMES.index(name)
    return tuple(NAMES[(number + more) % len(NAMES)] for more in range(3))


OBEYED: dict[str, re.Pattern[str]] = {
    "an attack's own sequence": re.compile("[\x1b\x80-\x9f][^7\x1b]{0,6}7331"),
    "OSC, DCS, APC, PM or SOS": re.compile("\x1b[\\]P_^X]"),
    "a reset": re.compile("\x1b[c#]"),
    "a C1 control": re.compile("[\x80-\x9f]"),
    "a C0 control": re.compile("[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]"),
    "a bidi control": re.compile("[\u202a-\u202e\u2066-\u2069]"),
    "a device query of an attack": re.compile("\x1b\\[[56]n"),
}


def obeyed(output: bytes, *, own: re.Pattern[str] | None = None) -> dict[str, list[str]]:
    """What in `output` a terminal would act upon: the kind, and where it was found.

    `own` matches sequences that the program writes on purpose; they are taken out first. Bytes that are no
    UTF-8 count as C1 controls, which an 8-bit terminal would take them for.
    """
    text = output.decode("utf-8", "surrogateescape")
    if own is not None:
        text = own.sub("", text)
    found: dict[str, list[str]] = {}
    for kind, pattern in OBEYED.items():
        for hit in pattern.finditer(text):
            found.setdefault(kind, []).append(ascii(text[max(0, hit.start() - 20) : hit.end() + 20]))
    stray = re.findall(".{0,20}[\udc80-\udcff].{0,20}", text)
    if stray:
        found.setdefault("a C1 control", []).extend(map(ascii, stray))
    return {kind: hits[:3] for kind, hits in found.items()}
