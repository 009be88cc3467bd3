"""Log lines, exported cells, queries on a real database and key files, made of whatever there is."""

from __future__ import annotations

import csv
import io
import logging
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from ascinbox.cli.logs import OneLine, redact
from ascinbox.cli.redaction import Redaction
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import AscinboxError, CredentialError
from ascinbox.core.filters import FilterError, parse
from ascinbox.core.records import Response, Review, ReviewDetail
from ascinbox.sources.apple.keys import load_private_key
from ascinbox.store.store import Store
from ascinbox.vault import VaultRefusal, read_private_file
from ascinbox.workers.reviews import export
from tests.hostile.fuzzing import SEEDS, fuzz, hostile_text, spoiled
from tests.hostile.payloads import obeyed
from tests.hostile.plant import NOW
from tests.tui.world import build, review

TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJ4In0.c2lnbmF0dXJl-_"
LINK = "https://files.example/r?X-Amz-Signature=c0ffee1234"


@fuzz("logs")
@given(SEEDS)
def test_a_log_line_is_one_printable_line_without_secrets(seed: int) -> None:
    chance = random.Random(seed)
    before, after = hostile_text(chance), hostile_text(chance)
    text = f"{before} {TOKEN} {after} {LINK} {after}"
    record = logging.LogRecord("ascinbox", logging.INFO, __file__, 1, "%s", (text,), None)
    line = OneLine("%(asctime)s %(levelname)s %(message)s").format(record)
    assert line.isascii()
    assert line.isprintable()
    bundle = Redaction([("Northwind", "account-1")], Path("/home/mia")).text(text)
    for harmless in (line, redact(text), bundle):
        assert "eyJhbG" not in harmless
        assert "c0ffee1234" not in harmless


@fuzz("csv")
@given(SEEDS)
def test_an_exported_row_reads_back_without_a_formula(seed: int) -> None:
    chance = random.Random(seed)
    first, second = hostile_text(chance), hostile_text(chance)
    place = chance.choice(("id", "account", "app_name", "tags", "note", "assignee", "reply"))
    written = Review("r1", "42", 2, first, second, first, NOW, "DEU", None)
    shown = ReviewDetail(written, "North", "Tide Clock", "N")
    match place:
        case "id":
            shown = replace(shown, review=replace(written, id=second))
        case "tags":
            shown = replace(shown, tags=(first, second))
        case "reply":
            shown = replace(shown, review=replace(written, response=Response("p", second, first, NOW)))
        case _:
            shown = replace(shown, **{place: second})  # type: ignore[arg-type]
    sink = io.StringIO()
    export.write_reviews_csv(sink, [shown])
    head, row = csv.reader(io.StringIO(sink.getvalue(), newline=""))
    assert tuple(head) == export.REVIEW_COLUMNS
    for name, cell in zip(head, row, strict=True):
        if name != "rating":
            assert cell.lstrip()[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠"), name
            assert not cell.startswith(("\t", "\r", "\x00")), name


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A real cache of 24 reviews, on a connection that refuses to write."""
    paths = build(tmp_path_factory.mktemp("cache"), [review(n, answered=n % 4 == 0) for n in range(24)])
    store = Store.open(paths, ShiftedClock(NOW))
    store.database.connection.execute("PRAGMA query_only = ON")
    yield store
    store.close()


KEYS = (
    "", "-", "app:", "tag:", "by:", "assignee:", "account:", "lang:", "is:", "has:", "rating:", "territory:",
    "since:", "until:", "sort:",
)  # fmt: skip
INJECTIONS = (
    "' OR 1=1 --", "'; DROP TABLE cache.review; --", '" UNION SELECT * FROM user.credential --', "%", "_",
    "*", "a\x00b", "\x01a1", "NEAR(a b)", "{a}", "1..9999999999999999999", "<=9e9", "0001-01-01", "9" * 60,
    "((((", "\\", "7d", "2026-11-01..2026-10-01", "٣", "*" * 40,
)  # fmt: skip
WORDS = ("crash", "start", "DE", "1", "new", "落ちます", "newest", "needs-reply", "none", "me")


def term(chance: random.Random) -> str:
    """A key, and after it a word, an injection or whatever there is."""
    value = chance.choice((chance.choice(INJECTIONS), chance.choice(WORDS), hostile_text(chance, 2)))
    return chance.choice(KEYS) + (f'"{value}"' if chance.random() < 0.4 else value)


@fuzz("filters")
@given(SEEDS)
def test_any_query_reads_rows_or_is_refused_and_writes_nothing(cache: Store, seed: int) -> None:
    chance = random.Random(seed)
    text = " ".join(term(chance) for _ in range(chance.randint(0, 3)))
    try:
        query = parse(text, now=NOW)
    except FilterError as error:
        assert error.title
        return
    window = cache.reviews.window(query, limit=50)
    assert len(window.rows) == cache.reviews.count(query) <= 24
    facets = cache.facets.of(query)
    assert sum(number for _, number in facets.apps) == len(window.rows)
    for row in window.rows[:1]:
        assert cache.reviews.locate(query, row.id) is not None


@pytest.fixture(scope="module")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    folder.chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def pem() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@fuzz("keys")
@given(SEEDS)
def test_any_key_file_is_a_key_or_one_sentence_that_shows_nothing_of_it(
    key_folder: Path, pem: bytes, seed: int
) -> None:
    chance = random.Random(seed)
    content = spoiled(pem, chance) if chance.random() < 0.8 else chance.randbytes(chance.randrange(400))
    file = key_folder / "AuthKey_2X9R4HXF34.p8"
    file.touch(0o600)
    file.write_bytes(content)
    try:
        load_private_key(read_private_file(file))
    except (CredentialError, VaultRefusal) as error:
        told = f"{error} {error!r} {error.__dict__}"
        assert obeyed(told.encode("utf-8", "surrogateescape")) == {}
        lines = content.decode("utf-8", "replace").split()
        assert not any(line[:16] in told for line in lines if len(line) > 40 and line.isascii())
        assert isinstance(error, AscinboxError)
        assert error.next_step
