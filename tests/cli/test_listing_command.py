"""`ascinbox listing` as scripts run it: fastlane's folder, results in JSON, exit codes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ascinbox.cli.simulator import hello
from ascinbox.core.listing.fields import LOCALES, Scope
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.listing import SimulatedPart, texts_of
from ascinbox.simulator.server import serve_in_thread
from tests.cli.conftest import Trip


@dataclass
class Desk:
    """A linked home, the other side, and a folder."""

    trip: Trip
    simulator: Simulator
    folder: Path

    @property
    def app(self) -> str:
        return next(iter(self.simulator.world.apps))

    def part(self, scope: Scope) -> SimulatedPart:
        texts = texts_of(self.simulator.world)
        found = (
            part for part in texts.parts(self.app, scope) if texts.state(part) == "PREPARE_FOR_SUBMISSION"
        )
        return next(found)

    def text(self, locale: str, name: str = "whatsNew", scope: Scope = Scope.VERSION) -> str:
        language = self.part(scope).language(locale)
        return "" if language is None else language.values.get(name, "")

    def colleague(self, locale: str, text: str) -> None:
        self.simulator.happen(
            "listing", app_id=self.app, scope="version", locale=locale, field="whatsNew", text=text
        )

    def listing(self, *words: str, exits: int = 0) -> list[dict[str, Any]]:
        """The changes of the one app."""
        answer = self.trip.json("listing", *words, "--app", self.app, exits=exits)
        assert answer["schema"] == "ascinbox.listing/1"
        (app,) = answer["apps"]
        assert set(app["app"]) == {"id", "name", "bundle_id"}
        changes: list[dict[str, Any]] = app["changes"]
        return changes

    def pull(self, *more: str, exits: int = 0) -> list[dict[str, Any]]:
        return self.listing("pull", str(self.folder), *more, exits=exits)

    def diff(self, exits: int = 0) -> list[dict[str, Any]]:
        return self.listing("diff", str(self.folder), exits=exits)

    def push(self, *more: str, exits: int = 0) -> list[dict[str, Any]]:
        return self.listing("push", str(self.folder), *more, exits=exits)

    def write(self, relative: str, text: str | bytes) -> None:
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    simulator = Simulator(make_world(7, datetime.now(UTC), apps=2, reviews=10), hour_limit=100_000)
    served = serve_in_thread(simulator)
    port = int(served.url.rpartition(":")[2])
    trip = Trip(hello(simulator, port, tmp_path / "keys"), tmp_path / "trip")
    trip.link(role="APP_MANAGER")
    yield Desk(trip, simulator, tmp_path / "metadata")
    served.stop()


def states(changes: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {(one["locale"], one["field"]): one["state"] for one in changes}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pull_then_diff_is_empty_and_files_are_fastlanes(desk: Desk) -> None:
    written = desk.pull()
    assert {one["state"] for one in written} == {"changed"}
    assert (desk.folder / "de-DE/support_url.txt").read_bytes() == b"https://example.com/support\n"
    assert (desk.folder / "de-DE/release_notes.txt").read_bytes() == b"\n", "as fastlane writes what is empty"
    assert (desk.folder / "primary_category.txt").read_bytes() == b"UTILITIES\n"
    assert desk.diff() == []
    before = snapshot(desk.folder)
    assert desk.pull() == []
    assert desk.push("--yes") == []
    assert snapshot(desk.folder) == before


def test_release_notes_go_from_the_folder_to_the_draft(desk: Desk) -> None:
    desk.pull()
    for locale in ("de-DE", "ja", "fr-FR"):
        desk.write(f"{locale}/release_notes.txt", f"Neu: {locale}\n")
    dry = desk.push()
    assert set(states(dry).values()) == {"would_change"}
    assert not desk.text("de-DE")
    assert states(desk.diff(exits=1)) == states(dry)
    sent = desk.push("--yes")
    assert set(states(sent).values()) == {"changed"}
    assert (sent[0]["scope"], sent[0]["from"], sent[0]["to"]) == ("version", "", "Neu: de-DE")
    assert desk.text("ja") == "Neu: ja"
    assert desk.diff() == []
    # What was sent is the base from here on.
    desk.write("ja/release_notes.txt", "Neuer: ja\n")
    assert states(desk.push("--yes")) == {("ja", "whatsNew"): "changed"}


def test_a_colleagues_change_in_between_is_held_and_not_lost(desk: Desk) -> None:
    desk.pull()
    desk.write("de-DE/release_notes.txt", "Meines.")
    desk.write("ja/release_notes.txt", "新しい。")
    desk.colleague("de-DE", "Von der Kollegin.")
    changes = desk.push("--yes", exits=1)
    assert states(changes) == {("de-DE", "whatsNew"): "held", ("ja", "whatsNew"): "changed"}
    assert (changes[0]["from"], changes[0]["to"]) == ("Von der Kollegin.", "Meines.")
    assert desk.text("de-DE") == "Von der Kollegin."
    assert states(desk.diff(exits=1)) == {("de-DE", "whatsNew"): "held"}
    # Pulling does not take the text that was written here, unless it is told to.
    assert states(desk.pull(exits=1)) == {("de-DE", "whatsNew"): "held"}
    assert (desk.folder / "de-DE/release_notes.txt").read_text("utf-8") == "Meines."
    assert states(desk.pull("--yes")) == {("de-DE", "whatsNew"): "changed"}
    assert (desk.folder / "de-DE/release_notes.txt").read_text("utf-8") == "Von der Kollegin.\n"


def test_a_folder_that_was_never_pulled_needs_a_word(desk: Desk) -> None:
    desk.write("de-DE/release_notes.txt", "Meines.\r\n")
    desk.write("de-DE/description.txt", "")
    desk.write("review_information/demo_password.txt", "nothing of ours")
    before = snapshot(desk.folder)
    refused = desk.trip.run("listing", "push", str(desk.folder), "--app", desk.app, "--yes")
    assert refused.returncode == 2
    assert "never pulled" in refused.stderr
    assert states(desk.push("--yes", "--no-base")) == {("de-DE", "whatsNew"): "changed"}
    assert desk.text("de-DE", "description"), "an empty file leaves alone"
    assert snapshot(desk.folder) == before


def test_rubbish_is_named_and_the_rest_goes_on(desk: Desk) -> None:
    desk.pull()
    desk.write("de-DE/keywords.txt", "k" * 101)
    desk.write("fr-FR/release_notes.txt", "Nouveau".encode("utf-16"))
    desk.write("it/release_notes.txt", b"\xef\xbb\xbfNovit\xc3\xa0.\n")
    desk.write("es-ES/release_notes.txt", "Con campana \x07.")
    desk.write("xx-YY/release_notes.txt", "Nobody reads this.")
    done = desk.trip.run("listing", "push", str(desk.folder), "--app", desk.app, "--yes")
    assert done.returncode == 1
    assert "xx-YY" in done.stderr
    for word in ("101 characters", "UTF-16", "U+0007"):
        assert word in done.stdout
    assert desk.text("it") == "Novità."
    assert not desk.text("es-ES")


def test_nothing_that_could_be_done_ends_with_two(desk: Desk) -> None:
    desk.pull()
    desk.write("de-DE/keywords.txt", "k" * 101)
    assert states(desk.push("--yes", exits=2)) == {("de-DE", "keywords"): "refused"}


def test_without_a_draft_what_is_live_is_read_and_nothing_pushed(desk: Desk) -> None:
    for scope in Scope:
        desk.simulator.happen("state", id=desk.part(scope).id, state="READY_FOR_DISTRIBUTION")
    desk.pull()
    assert desk.diff() == []
    desk.write("de-DE/release_notes.txt", "Meines.")
    assert states(desk.diff(exits=1)) == {("de-DE", "whatsNew"): "would_change"}
    refused = desk.trip.run("listing", "push", str(desk.folder), "--app", desk.app, "--yes")
    assert refused.returncode == 2
    assert "new-version" in refused.stderr
    made = desk.trip.json("listing", "new-version", "5.3", "--app", desk.app)
    assert (made["apps"][0]["version"], made["apps"][0]["state"]) == ("5.3", "PREPARE_FOR_SUBMISSION")
    assert states(desk.push("--yes", "--no-base"))["de-DE", "whatsNew"] == "changed"


def test_a_folder_for_each_app(desk: Desk) -> None:
    answer = desk.trip.json("listing", "pull", str(desk.folder))
    assert len(answer["apps"]) == 2
    bundles = {app["app"]["bundle_id"] for app in answer["apps"]}
    assert {path.name for path in desk.folder.iterdir()} == bundles
    (desk.folder / "com.example.unknown").mkdir()
    done = desk.trip.run("listing", "diff", str(desk.folder))
    assert (done.returncode, "com.example.unknown" in done.stderr) == (0, True)
    bundle = next(app["app"]["bundle_id"] for app in answer["apps"] if app["app"]["id"] == desk.app)
    assert desk.diff() == []
    desk.write(f"{bundle}/de-DE/promotional_text.txt", "Neu.")
    assert states(desk.push("--yes")) == {("de-DE", "promotionalText"): "changed"}
    one = desk.trip.run("listing", "diff", str(desk.folder / next(iter(bundles))))
    assert (one.returncode, "--app" in one.stderr) == (3, True)


def test_an_empty_folder_adds_its_language(desk: Desk) -> None:
    desk.pull()
    (desk.folder / "sv").mkdir()
    desk.write("fi/name.txt", "Vuorovesi")
    desk.write("fi/release_notes.txt", "Korjauksia.")
    assert states(desk.push("--yes")) == {
        ("fi", "name"): "changed",
        ("fi", "whatsNew"): "changed",
        ("sv", "locale"): "changed",
    }
    assert desk.text("fi") == "Korjauksia."


def test_notes_of_all_languages_from_one_file(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "whats-new.md"
    file.write_text("# en-US\nFixes.\n\n# de-DE\nFehler behoben.\n\n# sv\nRättat.\n", "utf-8")
    desk.colleague("de-DE", "Schon da.")
    changes = desk.listing("notes", str(file), "--yes", exits=1)
    assert states(changes) == {("de-DE", "whatsNew"): "held", ("en-US", "whatsNew"): "changed"}
    told = desk.trip.run("listing", "notes", str(file), "--app", desk.app)
    assert "sv is in the file" in told.stderr
    assert "No text for" in told.stderr


def test_forty_languages_take_forty_writes(desk: Desk) -> None:
    texts = texts_of(desk.simulator.world)
    draft = desk.part(Scope.VERSION)
    for locale in LOCALES:
        if draft.language(locale) is None and len(draft.languages) < 40:
            texts.add(draft, locale, {})
    desk.pull()
    for language in draft.languages.values():
        desk.write(f"{language.locale}/release_notes.txt", f"New in {language.locale}.")
    desk.simulator.ledger.reset()
    assert len(desk.push("--yes")) == 40
    counts = desk.simulator.ledger.counts
    assert counts["PATCH /v1/appStoreVersionLocalizations/{id}"] == 40
    assert counts["GET /v1/appStoreVersionLocalizations/{id}"] == 40
    assert sum(counts.values()) == 82


def test_a_key_that_may_not_write_is_told_who_may(desk: Desk, tmp_path: Path) -> None:
    support = Trip(desk.trip.hello, tmp_path / "support")
    support.link(role="CUSTOMER_SUPPORT")
    other = Desk(support, desk.simulator, tmp_path / "other")
    other.pull()
    other.write("de-DE/release_notes.txt", "Meines.")
    refused = support.run("listing", "push", str(other.folder), "--app", other.app, "--yes")
    assert refused.returncode == 2
    assert "App Manager" in refused.stderr
    assert support.run("listing", "push", str(other.folder)).returncode == 3
    assert (
        support.run(
            "--read-only", "listing", "push", str(other.folder), "--app", other.app, "--yes"
        ).returncode
        == 2
    )


def test_what_is_held_is_shown_three_times(desk: Desk) -> None:
    desk.pull()
    before = desk.text("de-DE")
    desk.write("de-DE/release_notes.txt", "Meins.\nZweite Zeile.\n")
    desk.colleague("de-DE", "Ihres.")
    shown = desk.trip.run("listing", "push", str(desk.folder), "--app", desk.app, "--yes")
    assert shown.returncode == 1
    lines = shown.stdout.splitlines()
    first = before.splitlines()[0] if before else ""
    assert f"  was       | {first}".rstrip() in [line.rstrip() for line in lines]
    assert "  Apple has | Ihres." in lines
    assert "  yours     | Meins." in lines
    assert "  yours     | Zweite Zeile." in lines


def test_notes_over_another_text_and_odd_headings_are_told(desk: Desk, tmp_path: Path) -> None:
    desk.colleague("de-DE", "Von der Kollegin.")
    file = tmp_path / "notes.md"
    file.write_text("# de-DE\nMondphasen.\n\n# Deutsch\nNoch mehr.\n", "utf-8")
    told = desk.trip.run("listing", "notes", str(file), "--app", desk.app, "--yes")
    assert told.returncode == 1
    assert "line 4: 'Deutsch' is no language of the App Store" in told.stderr
    assert "The draft has another text already; --no-base writes over it." in told.stdout
    assert "was       |" not in told.stdout, "nobody knows what it was written from"
    assert desk.text("de-DE") == "Von der Kollegin."


def test_links_in_a_circle_and_other_oddities_are_named_and_the_rest_goes_on(desk: Desk) -> None:
    desk.pull()
    (desk.folder / "loop").symlink_to("loop")
    (desk.folder / "fi").symlink_to(desk.folder / "fi")
    (desk.folder / "it/name.txt").unlink()
    (desk.folder / "it/name.txt").mkdir()
    (desk.folder / "ja/description.txt").unlink()
    os.mkfifo(desk.folder / "ja/description.txt")
    desk.write("de-DE/release_notes.txt", "Mondphasen.")
    told = desk.trip.run("listing", "push", str(desk.folder), "--app", desk.app, "--yes")
    assert told.returncode == 1, told.stderr
    assert "loop cannot be read" in told.stderr
    assert "fi cannot be read" in told.stderr
    assert "it Name: refused" in told.stdout
    assert "ja Description: refused" in told.stdout
    assert desk.text("de-DE") == "Mondphasen."


def test_a_file_that_cannot_be_written_stops_no_other(desk: Desk) -> None:
    desk.pull()
    (desk.folder / "de-DE/subtitle.txt").unlink()
    (desk.folder / "de-DE/subtitle.txt").mkdir()
    desk.colleague("de-DE", "Von der Kollegin.")
    assert states(desk.pull(exits=1)) == {("de-DE", "subtitle"): "refused", ("de-DE", "whatsNew"): "changed"}
    assert (desk.folder / "de-DE/release_notes.txt").read_text("utf-8") == "Von der Kollegin.\n"
    # What was written is a base, and what was not is none.
    desk.write("de-DE/release_notes.txt", "Meines.")
    (desk.folder / "de-DE/subtitle.txt").rmdir()
    assert states(desk.push("--yes")) == {("de-DE", "whatsNew"): "changed"}
    assert states(desk.pull()) == {("de-DE", "subtitle"): "changed"}
    assert desk.diff() == []
