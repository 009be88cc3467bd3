"""The same attacks through the command line: tables, JSON, CSV, logs and pipes."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.csvsafe import safe_text
from ascinbox.paths import Paths
from ascinbox.sources.apple import parse
from ascinbox.store.thread import StoreThread
from tests.hostile.payloads import NAMES, obeyed
from tests.hostile.plant import NOW, cleaning_off, plant
from tests.programs import run_here

COMMANDS = (
    ("reviews", "--limit", "0"),
    ("reviews", "--limit", "0", "--json"),
    ("reviews", "--limit", "0", "--csv"),
    ("outbox",),
    ("accounts",),
    ("health",),
    ("metrics", "--by", "product"),
    ("doctor",),
)
C_LOCALE = {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cleaned")
    plant(home)
    return home


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("raw")
    with cleaning_off():
        plant(home)
    return home


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """One command; where the locale is another, as a program of its own."""
    environ = {**os.environ, "ASCINBOX_HOME": str(home), **variables}
    if not variables:
        done = run_here(("--offline", *arguments), environ)
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.encode(), done.stderr.encode()
        )
    return subprocess.run(
        [sys.executable, "-m", "ascinbox", "--offline", *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_row_51_no_command_lets_an_attack_through(arguments: tuple[str, ...], cleaned: Path) -> None:
    done = run(cleaned, *arguments)
    assert b"Traceback" not in done.stderr
    assert done.returncode in {0, 1, 2, 4}, done.stderr
    assert obeyed(done.stdout + done.stderr) == {}
    assert b"q00" in done.stdout


@pytest.mark.parametrize("arguments", [a for a in COMMANDS if "--csv" not in a], ids=" ".join)
def test_row_51_words_are_harmless_even_from_a_store_that_was_never_cleaned(
    arguments: tuple[str, ...], raw: Path
) -> None:
    done = run(raw, *arguments)
    assert b"Traceback" not in done.stderr
    assert obeyed(done.stdout + done.stderr) == {}


@pytest.mark.parametrize("arguments", COMMANDS[:3], ids=" ".join)
def test_rows_50_and_51_in_the_c_locale_all_is_ascii(arguments: tuple[str, ...], cleaned: Path) -> None:
    done = run(cleaned, *arguments, **C_LOCALE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert obeyed(done.stdout + done.stderr) == {}


def test_row_51_a_closed_pipe_ends_with_141(cleaned: Path) -> None:
    script = (
        f"{sys.executable} -m ascinbox --offline reviews --limit 0 --json | true; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "ASCINBOX_HOME": str(cleaned)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "141"
    assert all("unknown key" in line for line in done.stderr.splitlines())


def test_row_50_surrogates_and_nul_travel_from_apples_answer_to_every_output(cleaned: Path) -> None:
    """`"\\ud800"` is legal JSON; SQLite, stdout and files would each refuse it."""
    attributes = (
        rb'{"rating": 1, "title": "a\ud800b", "body": "c\u0000d\udc9b", "reviewerNickname": "\udfff",'
        rb' "createdDate": "2026-11-21T10:00:00Z"}'
    )
    body = b'{"data": [{"type": "customerReviews", "id": "odd", "attributes": %s}]}' % attributes
    (review,) = parse.reviews_page(json.loads(body), str(1_000_000)).items
    assert (review.title, review.body, review.nickname) == ("a\ufffdb", "cd\ufffd", "\ufffd")
    store = StoreThread.open(Paths.under(cleaned), ShiftedClock(NOW))
    try:
        store.call(lambda s: s.reviews.save_page("1000000", [review]))
    finally:
        store.close()
    for arguments in COMMANDS[:3]:
        for locale in ({}, C_LOCALE):
            done = run(cleaned, *arguments, **locale)
            assert done.returncode == 0, done.stderr
            assert b"odd" in done.stdout


def test_row_52_text_columns_of_an_export_are_formula_safe(cleaned: Path, tmp_path: Path) -> None:
    leaders = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "＋1", "－1", "＠1")
    items = [
        {
            "type": "customerReviews",
            "id": f"formula{number}",
            "attributes": {
                "rating": 1 + number % 5,
                "title": leader,
                "body": leader,
                "reviewerNickname": leader,
                "createdDate": "2026-11-20T10:00:00Z",
            },
        }
        for number, leader in enumerate(leaders)
    ]
    page = parse.reviews_page({"data": items}, "1000000").items
    store = StoreThread.open(Paths.under(cleaned), ShiftedClock(NOW))
    try:
        store.call(lambda s: s.reviews.save_page("1000000", page))
    finally:
        store.close()
    target = tmp_path / "out.csv"
    assert run(cleaned, "export", "reviews", "-o", str(target)).returncode == 0
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(target.read_text("utf-8")))}
    for number in range(len(leaders)):
        row = rows[f"formula{number}"]
        assert row["rating"] == str(1 + number % 5)
        assert all(cell == safe_text(cell.removeprefix("'")) for cell in (row["title"], row["body"]))
        assert row["title"].startswith("'")
    assert len(rows) >= 2 * len(NAMES)
