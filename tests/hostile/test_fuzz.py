"""Parsers that others' bytes reach, fuzzed where the subject's own tests do not."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from rich.segment import Segment
from rich.style import Style

from ascinbox.cli.output import plain
from ascinbox.config import SETTINGS, Config, load_config
from ascinbox.core.errors import AscinboxError, ConfigError
from ascinbox.core.text import clean_body, clean_line, list_cell
from ascinbox.tui.actions import Keymap
from ascinbox.tui.paint import PaintSpan
from ascinbox.tui.runtime.output_filter import ControlFilter
from ascinbox.tui.widgets.lines import to_strip
from ascinbox.tui.widgets.safe import cell, content
from ascinbox.vault.encrypted import EncryptedFiles
from ascinbox.workers.reviews.views import load_views
from tests.hostile.fuzzing import SEEDS, fuzz, hostile_text, spoiled
from tests.hostile.payloads import obeyed

ROLES = {"text": Style()}
NO_COLOUR: Any = None


@fuzz("strip")
@given(SEEDS)
def test_a_text_arrives_in_the_painted_line_as_it_was_cleaned(seed: int) -> None:
    """The round trip through a strip and the last net: nothing is read as markup, nothing is obeyed."""
    foreign = hostile_text(random.Random(seed))
    text = list_cell(clean_line(foreign))
    strip = to_strip((PaintSpan(text),), 400, ROLES)
    painted = "".join(s.text for s in ControlFilter().apply(list(strip), NO_COLOUR))
    assert painted.rstrip(" ") == text.rstrip(" ")
    assert all(not segment.style.meta and not segment.style.link for segment in strip if segment.style)
    assert content(text).plain == text
    assert content(text).spans == []
    assert cell(text).plain == text
    whole = clean_body(foreign).replace("\n", "")
    for harmless in (painted, whole, plain(whole)):
        assert obeyed(harmless.encode()) == {}
        assert obeyed(harmless.encode("ascii", "backslashreplace")) == {}
    # The last nets, as if nothing had been cleaned.
    raw = "".join(c for c in foreign if not "\ud800" <= c <= "\udfff")
    filtered = "".join(s.text for s in ControlFilter().apply([Segment(raw)], NO_COLOUR))
    assert obeyed(filtered.encode()) == {}
    assert obeyed(plain(raw).encode()) == {}


def toml_value(chance: random.Random, depth: int = 0) -> object:
    """Any value that a settings file can hold."""
    match chance.randrange(8 if depth < 3 else 6):
        case 0:
            return chance.random() < 0.5
        case 1:
            return chance.choice((0, 1, -1, 15, 10**9, -(10**30), 2**63))
        case 2:
            return chance.choice((0.5, -1.0, 1e300, float("inf"), float("nan")))
        case 3 | 4:
            return chance.choice(("", "always", "never", "dark", "15", "1h", "ctrl+x", "esc", "x"))
        case 5:
            return hostile_text(chance, 2)
        case 6:
            return [toml_value(chance, depth + 1) for _ in range(chance.randint(0, 3))]
        case _:
            return {
                hostile_text(chance, 1): toml_value(chance, depth + 1) for _ in range(chance.randint(0, 2))
            }


def toml(value: object) -> str:
    """A value as TOML writes it; what TOML cannot hold becomes a text."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
        case _:
            return json.dumps(str(value))


@pytest.fixture(scope="module")
def folder() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


SECTIONS = (*sorted({s.section for s in SETTINGS}), "keys", "odd", "view")
NAMES = (*sorted({s.key for s in SETTINGS}), "done", "help", "no_such", "name", "query")
FORMS = (b"[keys]\ndone = 5\n", b"[keys]\ndone = [1, [2]]\n", b"[keys]\nhelp = {}\n", b"ui = 1\n\xff")
VIEW = b'[[view]]\nname = "Mine"\nquery = "rating:1 -is:done"\n'


def settings_file(chance: random.Random) -> bytes:
    """Settings and views with odd sections, names and values, or spoiled bytes."""
    match chance.randrange(4):
        case 0:
            return spoiled(chance.choice((*FORMS, VIEW)), chance)
        case 1:
            return hostile_text(chance).encode("utf-8", "surrogatepass")
        case _:
            entries = {(chance.choice(SECTIONS), chance.choice(NAMES)) for _ in range(chance.randint(0, 4))}
            lines = (f"{section}.{name} = {toml(toml_value(chance))}" for section, name in entries)
            return "\n".join(lines).encode("utf-8", "replace")


@fuzz("config")
@given(SEEDS)
def test_a_config_is_settings_or_one_sentence(folder: Path, seed: int) -> None:
    written = settings_file(random.Random(seed))
    file = folder / "config.toml"
    file.write_bytes(written)
    try:
        config: Config = load_config(file, {})
    except ConfigError as error:
        assert str(error)
        return
    assert all(isinstance(warning, str) and warning.isprintable() for warning in config.warnings)
    assert all(isinstance(key, str) for keys in config.keys.values() for key in keys)
    Keymap.build(config.keys)
    file.with_name("views.toml").write_bytes(written)
    assert load_views(file.with_name("views.toml")).views


@fuzz("sealed")
@given(SEEDS)
def test_a_sealed_files_header_is_refused_and_never_obeyed(folder: Path, seed: int) -> None:
    """Headers made of noise, of other types and of giant parameters: one family of errors, and no key."""
    chance = random.Random(seed)
    noise, at = chance.randbytes(chance.randrange(60)), chance.randrange(300)
    heads: tuple[bytes, ...] = (
        noise,
        b"{" + noise,
        json.dumps({"version": at, "kdf": noise.hex(), "n": 1 << (at % 64), "r": at, "p": -at}).encode(),
        json.dumps([at, noise.hex()]).encode(),
        json.dumps({"version": 1, "kdf": {"n": at}, "salt": noise.hex(), "nonce": at}).encode(),
    )
    (folder / "noise.sealed").write_bytes(chance.choice(heads) + b"\n" + noise)
    (folder / "noise.sealed").chmod(0o600)

    def no_passphrase(_new: bool) -> Any:
        raise AssertionError("a passphrase was asked for before the header was looked at")

    with pytest.raises(AscinboxError):
        EncryptedFiles(folder, no_passphrase).open("noise")
