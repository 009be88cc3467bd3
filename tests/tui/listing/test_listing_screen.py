"""The Listing by keyboard, on what was read before: moving, writing, undoing, comparing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.listing.fields import TABLE, Scope
from ascinbox.core.listing.records import Listing, ListingEdit, ListingLocalization, ListingPart
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from ascinbox.tui.listing.sheet import sheet_of
from ascinbox.tui.listing.text import SheetPlace, heading, pane, table
from ascinbox.tui.paint import text_of, width_of
from tests.tui.world import APPS, NOW, Ui, build, running

NOTES = TABLE[Scope.VERSION, "whatsNew"]
KEYWORDS = TABLE[Scope.VERSION, "keywords"]
DESCRIPTION = TABLE[Scope.VERSION, "description"]


def language(locale: str, **values: str) -> ListingLocalization:
    return ListingLocalization(f"id-{locale}", locale, values)


def version(number: str, state: str, *languages: ListingLocalization) -> ListingPart:
    return ListingPart(
        Scope.VERSION, f"v{number}", state, languages, {"copyright": "2026 Northwind"}, number, "IOS"
    )


LISTING = Listing(
    APPS[1].id,
    APPS[1].name,
    APPS[1].bundle_id,
    "en-US",
    (
        ListingPart(
            Scope.INFO,
            "info",
            "PREPARE_FOR_SUBMISSION",
            (language("en-US", name="Tide Clock"), language("de-DE", name="Gezeitenuhr")),
        ),
    ),
    (
        version(
            "5.3",
            "PREPARE_FOR_SUBMISSION",
            language("en-US", description="Shows the tide of today.", keywords="tide"),
            language("de-DE", description="Shows the tide of today.", keywords="k" * 101),
            language("ar-SA", description="يعرض المد والجزر \u202eاليوم", keywords="مد"),
        ),
        version(
            "5.2",
            "READY_FOR_DISTRIBUTION",
            language("en-US", description="Shows the tide.", whatsNew="Fixes a crash."),
            language("de-DE", description="Zeigt die Gezeiten.", whatsNew="Behebt einen Absturz."),
        ),
    ),
    NOW,
)


@pytest.fixture
def linked(tmp_path: Path) -> Paths:
    paths = build(tmp_path / "home", [])
    store = StoreThread.open(paths, ShiftedClock(NOW))

    def save(opened: Store) -> None:
        opened.listings.save(LISTING)
        second = replace(LISTING, app_id=APPS[2].id, name=APPS[2].name)
        opened.listings.save(second)

    store.call(save)
    store.close()
    return paths


async def to_listing(ui: Ui) -> None:
    await ui.press("6")
    await ui.until(lambda: "being prepared" in ui.text())


async def test_the_table_shows_limits_and_what_is_missing(linked: Paths) -> None:
    async with running(linked, size=(120, 36)) as ui:
        await to_listing(ui)
        text = ui.text()
        assert "HabitGarden" in text
        assert "iOS 5.3: being prepared · 5.2 is in the App Store" in text
        german = next(line for line in ui.lines() if line.lstrip(" >").startswith("de-DE"))
        assert "! 101/100" in german
        assert "= 24" in german, "the same text as the primary language"
        assert "missing" in german
        assert "\u202e" not in text


async def test_a_text_is_written_undone_and_compared(linked: Paths) -> None:
    async with running(linked, size=(80, 24)) as ui:
        await to_listing(ui)
        await ui.press("j", "enter")
        await ui.type("Behebt mehr.")
        await ui.press("escape")
        assert "1 written here" in ui.text()
        (edit,) = ui.workspace.listings.edits()
        assert (edit.locale, edit.name, edit.base, edit.text) == ("ar-SA", "whatsNew", "", "Behebt mehr.")
        await ui.press("P")
        assert "Send to Apple: HabitGarden" in ui.text()
        assert "{+Behebt mehr.+}" in ui.text()
        await ui.press("x")
        assert "0 of 1 ticked" in ui.text()
        await ui.press("x", "P")
        assert "offline" in ui.text(), "nothing leaves a program that was started offline"
        await ui.press("escape", "u")
        assert ui.workspace.listings.edits() == ()


async def test_the_cursor_goes_to_what_needs_somebody_and_to_other_apps(linked: Paths) -> None:
    async with running(linked, size=(120, 36)) as ui:
        await to_listing(ui)
        for _ in range(3):
            await ui.press("n")
            screen = ui.app.screen
            cell = screen.cell  # type: ignore[attr-defined]
            assert screen.sheet.cell(*cell).needs  # type: ignore[attr-defined]
        await ui.press("]")
        assert APPS[2].name in ui.lines()[1]


async def test_release_notes_come_from_a_file(linked: Paths, tmp_path: Path) -> None:
    file = tmp_path / "new.md"
    file.write_text("# en-US\nMoon phases.\n# de-DE\nMondphasen.\n", "utf-8")
    async with running(linked, size=(120, 36)) as ui:
        await to_listing(ui)
        await ui.press("+", "2")
        await ui.type(str(file))
        await ui.press("enter")
        texts = {edit.locale: edit.text for edit in ui.workspace.listings.edits()}
        assert texts == {"en-US": "Moon phases.", "de-DE": "Mondphasen."}
        assert "none for ar-SA" in ui.text()


async def test_without_an_account_it_says_what_to_do(tmp_path: Path) -> None:
    paths = build(tmp_path / "home", [], linked=False)
    async with running(paths) as ui:
        await ui.press("escape", "6")
        await ui.until(lambda: "no app of the App Store is linked" in ui.text())


@pytest.mark.parametrize("width", [24, 80, 120, 200])
def test_every_line_fits(width: int) -> None:
    edit = ListingEdit(
        LISTING.app_id, Scope.VERSION, "v5.3", "de-DE", "description", "Shows", "Zeigt 潮汐 " * 30, "me", NOW
    )
    sheet = sheet_of(LISTING, "", [replace(edit, state="held", detail="Apple's text was changed.")])
    lines = heading(sheet, 0, 2, NOW, width) + table(sheet, SheetPlace(1, 3), width, ascii_only=False)
    for row in sheet.fields:
        for locale in sheet.locales:
            lines += pane(sheet, row, locale, width)
    assert all(width_of(line) <= width for line in lines)
    assert any("held" in text_of(line) or "changed" in text_of(line) for line in lines)


def test_the_other_texts_of_the_language_stand_below() -> None:
    lines = [text_of(one) for one in pane(sheet_of(LISTING, "", []), KEYWORDS, "de-DE", 120)]
    rest = lines[next(number for number, text in enumerate(lines) if "de-DE · the other texts" in text) :]
    assert any(text.startswith(" Description") and "Shows the tide of today." in text for text in rest)
    assert any(text.startswith(" Name") and "Gezeitenuhr" in text for text in rest)
    assert not any(text.startswith(" Keywords") for text in rest), "that one stands above"
