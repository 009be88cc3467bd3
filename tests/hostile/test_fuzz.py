"""Parsers that others' bytes reach, fuzzed where the subject's own tests do not: 2,000 examples each."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from ascinbox.cli.output import plain
from ascinbox.config import SETTINGS, Config, load_config
from ascinbox.core.errors import AscinboxError, ConfigError
from ascinbox.core.text import clean_body, clean_line, list_cell
from ascinbox.tui.filters import ControlFilter
from ascinbox.tui.keys import Keymap
from ascinbox.tui.paint import Span
from ascinbox.tui.widgets.lines import to_strip
from ascinbox.tui.widgets.safe import cell, content
from ascinbox.vault.encrypted import EncryptedFiles
from ascinbox.workers.views import load_views
from tests.hostile.payloads import ATTACKS, obeyed

MANY = settings(
    max_examples=2000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
PIECES = st.one_of(
    st.text(st.characters(), max_size=12),
    st.sampled_from([*ATTACKS.values(), "[", "[/", "[/]", "[@click=app.quit]", "\\[", "]", "$x", ":smile:"]),
)
HOSTILE = st.lists(PIECES, max_size=5).map("".join)
ROLES = {"text": Style()}
NO_COLOUR: Any = None


@MANY
@given(HOSTILE)
@example("[/")
@example("\\[@click=app.quit]x[/]")
def test_a_text_arrives_in_the_painted_line_as_it_was_cleaned(foreign: str) -> None:
    """The round trip through a strip and the last net: nothing is read as markup, nothing is obeyed."""
    text = list_cell(clean_line(foreign))
    strip = to_strip((Span(text),), 400, ROLES)
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


TOML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


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


SECTIONS = st.sampled_from([*sorted({s.section for s in SETTINGS}), "keys", "odd"])
NAMES = st.sampled_from([*sorted({s.key for s in SETTINGS}), "done", "help", "no_such"])


@MANY
@given(
    st.binary(max_size=80)
    | st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.lists(st.tuples(SECTIONS, NAMES, TOML_VALUES), max_size=4, unique_by=lambda entry: entry[:2]).map(
        lambda entries: "\n".join(f"{s}.{k} = {toml(v)}" for s, k, v in entries).encode("utf-8", "replace")
    )
)
@example(b"[keys]\ndone = 5\n")
@example(b"[keys]\ndone = [1, [2]]\n")
@example(b"[keys]\nhelp = {}\n")
@example(b"ui = 1\n\xff")
def test_a_config_is_settings_or_one_sentence(folder: Path, written: bytes) -> None:
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


@MANY
@given(st.binary(max_size=60), st.integers(0, 4), st.integers(0, 300))
def test_a_sealed_files_header_is_refused_and_never_obeyed(
    folder: Path, noise: bytes, way: int, at: int
) -> None:
    """Headers made of noise, of other types and of giant parameters: one family of errors, and no key."""
    heads: tuple[bytes, ...] = (
        noise,
        b"{" + noise,
        json.dumps({"version": at, "kdf": noise.hex(), "n": 1 << (at % 64), "r": at, "p": -at}).encode(),
        json.dumps([at, noise.hex()]).encode(),
        json.dumps({"version": 1, "kdf": {"n": at}, "salt": noise.hex(), "nonce": at}).encode(),
    )
    (folder / "noise.sealed").write_bytes(heads[way] + b"\n" + noise)
    (folder / "noise.sealed").chmod(0o600)

    def no_passphrase(_new: bool) -> Any:
        raise AssertionError("a passphrase was asked for before the header was looked at")

    with pytest.raises(AscinboxError):
        EncryptedFiles(folder, no_passphrase).open("noise")
