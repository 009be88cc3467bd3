"""Row 58: whatever is done with a key, it is found nowhere but in the place that was chosen for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ascinbox.cli import main
from tests.hostile.canaries import VAULTS, Apple, files_with, found_in, needles, watch_children


def with_long_ones(*vaults: str) -> list[object]:
    """The vaults, those marked slow that add little to the others."""
    return [
        pytest.param(vault, marks=pytest.mark.slow if vault in {"file", "keyring"} else ())
        for vault in vaults
    ]


@pytest.mark.slow
@pytest.mark.parametrize("vault", with_long_ones(*VAULTS))
def test_row_58_a_whole_story_leaves_the_key_in_its_place_only(
    vault: str,
    apple: Apple,
    keyring: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Link, sync, reply, export, rotate, unlink; then every file, child and output is searched."""
    first, second = apple.key("ADMIN"), apple.key("APP_MANAGER")
    children = watch_children(monkeypatch)
    # Reports bring presigned links along; once is enough for them.
    features = "reviews,reply,sales,analytics" if vault == "file" else "reviews,reply"
    assert apple.link(first, vault, "--vendor", apple.vendor, features=features) in {0, 1}
    assert apple.run("sync") in {0, 1, 4}
    review = next(iter(apple.simulator.world.apps.values())).reviews[0]
    assert apple.run("reply", review.id, "--text", "Thank you.", "--yes") in {0, 4, 5}
    assert apple.run("health", "--json", "--probe-reply", "--yes") in {0, 1, 2}
    out = home.parent / "out"
    out.mkdir(mode=0o700)
    assert apple.run("export", "reviews", "-o", str(out / "reviews.csv")) == 0
    assert apple.run("export", "reviews", "-o", str(out / "reviews.json"), "--json") in {0, 3}
    assert apple.run("metrics", "--json") in {0, 1, 2}
    assert apple.run("accounts", "--json") == 0
    stored = vault if vault != "env" else "file"
    rotate = ["rotate", "North", "--p8", apple.file(second), "--issuer-id", second.issuer_id]
    bundles = [out / "before.txt", out / "after.txt"]
    assert apple.run("doctor", "--bundle", str(bundles[0])) in {0, 1}
    secret = needles(first, second)

    def in_its_place(path: Path) -> bool:
        if path == keyring:
            return vault == "keyring"
        return path.suffix == ".p8" and path.parent.name == "keys" and path.is_relative_to(home)

    assert apple.run(*rotate, "--vault", stored, "--yes") in {0, 1}
    apple.environ.clear()
    assert apple.run("sync", "--only", "reviews") == 0
    assert apple.run("doctor", "--bundle", str(bundles[1])) in {0, 1}
    said = "".join(capsys.readouterr())
    assert found_in(said, secret) == []
    assert found_in(" ".join(children), secret) == []
    assert children or vault == "file"
    assert files_with(home.parent, secret, in_its_place) == []
    if vault == "keyring":
        items = "".join(json.loads(keyring.read_text()).values())
        assert found_in(items, needles(second)[:1]), "it is where it was put"
        assert files_with(home.parent, secret, lambda path: path == keyring) == []
    for bundle in bundles:
        text = bundle.read_text()
        assert not [word for word in (first.key_id, first.issuer_id, second.key_id, "North") if word in text]
    assert apple.run("unlink", "North", "--yes") == 0
    assert files_with(home.parent, secret) == []
    assert not keyring.exists() or json.loads(keyring.read_text()) == {}
    assert [path for path in home.rglob("*") if path.suffix in {".p8", ".sealed"}] == []


@pytest.mark.parametrize("vault", with_long_ones("file", "encrypted", "keyring"))
def test_row_58_a_reporter_token_lies_in_its_place_only(
    vault: str,
    apple: Apple,
    keyring: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    children = watch_children(monkeypatch)
    link = ("link", "--name", "Sales", "--reporter-token", apple.token_file(), "--vendor", apple.vendor)
    assert apple.run(*link, "--features", "sales", "--vault", vault, "--yes") in {0, 1}
    assert apple.run("sync", "--only", "sales") in {0, 1, 4}
    assert any("reportservice" in seen.path for seen in apple.simulator.ledger.requests), "it was used"
    assert apple.run("doctor", "--bundle", str(home.parent / "bundle.txt")) in {0, 1}
    secret = needles(more=[apple.reporter_token])
    assert found_in("".join(capsys.readouterr()) + " ".join(children), secret) == []
    kept = files_with(home.parent, secret)
    match vault:
        case "file":
            assert len(kept) == 1
            assert "/keys/" in kept[0]
        case "keyring":
            assert kept == []
            assert apple.reporter_token in keyring.read_text()
        case _:
            assert kept == []
    assert apple.run("unlink", "Sales", "--yes") == 0
    assert files_with(home.parent, secret) == []


def test_row_58_the_search_finds_what_it_is_for(
    apple: Apple, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that writes its key into the log is caught."""
    key = apple.key("ADMIN")
    monkeypatch.setattr("ascinbox.cli.logs.redact", lambda text: text)

    def talkative(self: object, *_: object) -> object:
        raise RuntimeError(key.pem())

    assert apple.link(key, "encrypted") == 0
    monkeypatch.setattr("ascinbox.sources.apple.tokens.TokenSource._make", talkative)
    main(["sync", "--only", "reviews"])
    assert files_with(home, ["BEGIN PRIVATE"]) != []
