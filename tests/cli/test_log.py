"""The log: private, rotating, one harmless line a record, no secret in it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.cli.logs import KEPT, LARGEST, OneLine, redact, start_logging
from ascinbox.cli.redaction import Redaction

PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0\n-----END PRIVATE KEY-----"
TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJ4In0.c2lnbmF0dXJl-_"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "state" / "ascinbox.log"
    start_logging(file, verbose=False)
    return file


def test_a_log_appears_with_its_first_record_and_is_private(log: Path) -> None:
    assert not log.exists()
    logging.getLogger("ascinbox.test").warning("hello")
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700
    assert "WARNING ascinbox.test hello" in log.read_text()


def test_a_log_that_others_could_read_is_closed_to_them(log: Path) -> None:
    log.parent.mkdir()
    log.touch()
    log.chmod(0o644)
    logging.getLogger("ascinbox.test").warning("hello")
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("secret", [PEM, TOKEN, f"Authorization: Bearer {TOKEN}", "bearer abcdef0123456789"])
def test_what_looks_like_a_secret_is_starred(log: Path, secret: str) -> None:
    logging.getLogger("ascinbox").error("sent %s", secret)
    text = log.read_text()
    assert "***" in text
    for part in ("MIGH", "eyJ", "abcdef0123456789"):
        assert part not in text


SIGNED = "https://files.example/r.gz?X-Amz-Signature=c0ffee1234&Expires=5&Signature=c0ffee5678&Policy=c0ffee"


def test_the_signature_of_a_presigned_link_is_starred(log: Path) -> None:
    logging.getLogger("ascinbox").error("fetching %s", SIGNED)
    text = log.read_text()
    assert "c0ffee" not in text
    assert "https://files.example/r.gz?" in text
    assert "Expires=5" in text


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "httpcore.connection"])
def test_the_libraries_that_print_whole_addresses_are_silent_even_when_verbose(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(tmp_path / "verbose.log", verbose=True, stderr=sys.stderr)
    root = logging.getLogger()
    handler, level = logging.StreamHandler(sys.stderr), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        logging.getLogger(name).info("GET %s", SIGNED)
        logging.getLogger(name).debug("Location: %s", SIGNED)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "c0ffee" not in capsys.readouterr().err


def test_a_traceback_is_one_line_without_locals(log: Path) -> None:
    secret_local = "s3cr3t-value"
    try:
        raise ValueError("no\x1b[31m")
    except ValueError:
        logging.getLogger("ascinbox").exception("it failed")
    text = log.read_text()
    assert len(text.splitlines()) == 1
    assert "ValueError" in text
    assert secret_local not in text.replace('secret_local = "s3cr3t-value"', "")
    assert "\x1b" not in text


def test_it_rotates(log: Path) -> None:
    logger = logging.getLogger("ascinbox")
    for number in range(5):
        logger.warning("%d %s", number, "x" * LARGEST)
    files = sorted(p.name for p in log.parent.iterdir())
    assert files == ["ascinbox.log", *(f"ascinbox.log.{n}" for n in range(1, KEPT + 1))]
    assert "4 xxx" in log.read_text()
    assert "3 xxx" in log.with_name("ascinbox.log.1").read_text()


@given(st.text())
def test_a_line_is_printable_ascii_whatever_was_logged(text: str) -> None:
    record = logging.LogRecord("ascinbox", logging.INFO, __file__, 1, "%s", (text,), None)
    line = OneLine("%(message)s").format(record)
    assert line.isascii()
    assert line.isprintable()


@given(st.text(), st.text())
def test_redacting_takes_the_token_wherever_it_stands(before: str, after: str) -> None:
    assert TOKEN not in redact(f"{before} {TOKEN} {after}")


def test_a_bundle_has_no_names_ids_and_addresses() -> None:
    redaction = Redaction([("Northwind", "account-1"), ("North", "account-2")], Path("/home/anna"))
    found = redaction.apply(
        {
            "Northwind": ["/home/anna/.config/AuthKey_ABCD127F2K.p8", "North of 1476097583"],
            "who": "bob@gmail.com 69a6de7f-03d1-47e3-e053-5b8c7c11a4d1",
            "bytes": 12345678,
        }
    )
    assert found == {
        "account-1": ["~/.config/AuthKey_<id>.p8", "account-2 of <number>"],
        "who": "<mail> <uuid>",
        "bytes": 12345678,
    }
