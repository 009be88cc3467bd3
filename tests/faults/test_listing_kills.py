"""A push of a listing that is killed at any moment, with answers lost and a colleague at work."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.listing.changes import ChangeState
from ascinbox.core.listing.fields import TABLE, Scope
from ascinbox.core.listing.records import Listing, ListingPart
from ascinbox.simulator.listing import texts_of
from ascinbox.workers.listing.listings import ListedApp
from tests.faults.children import Work
from tests.faults.listing_children import push_folder, push_texts, push_texts_blindly
from tests.faults.rig import ChanceFaults, Rig, wait_for

MakeRig = Callable[..., Rig]
Cell = tuple[str, str]
"""Locale and Apple's attribute."""

NAMES = ("whatsNew", "promotionalText")
FILES = {"whatsNew": "release_notes", "promotionalText": "promotional_text"}


class Page:
    """The one app of a rig: what is meant, what stands at Apple, and what the colleague wrote."""

    def __init__(self, rig: Rig, seed: int, lost: float) -> None:
        self.rig = rig
        self.faults = ChanceFaults(seed, 0.0)
        self.lost = lost
        rig.simulator.faults = self.faults
        rig.simulator.settings.latency_s = 0.004
        self.chance = random.Random(seed)
        self.listed: ListedApp = rig.space.listings.apps()[0]
        self.listing: Listing = rig.space.listings.refresh(self.listed)
        self.meant: dict[Cell, str] = {}
        self.theirs: dict[Cell, str] = {}
        self.before: dict[Cell, str] = {}

    @property
    def draft(self) -> ListingPart:
        found = self.listing.editable_version()
        assert found is not None
        return found

    def standing(self) -> dict[Cell, str]:
        """What Apple has."""
        part = texts_of(self.rig.simulator.world).part(Scope.VERSION, self.draft.id)
        assert part is not None
        languages = [(one, part.language(one)) for one in self.draft.locales]
        return {(key, name): one.values.get(name, "") for key, one in languages if one for name in NAMES}

    def begin(self, number: int) -> None:
        """New texts are meant for every field."""
        self.meant = {cell: f"Text {number} of {' '.join(cell)}." for cell in self.standing()}

    def colleague(self, number: int) -> None:
        """One field is changed at Apple after the base was noted."""
        locale, name = self.chance.choice(sorted(self.meant))
        text = f"The colleague's text {number}."
        self.rig.simulator.happen(
            "listing",
            app_id=self.listed.app.id,
            scope="version",
            locale=locale,
            field=name,
            text=text,
        )
        self.theirs = {(locale, name): text}
        self.before = self.standing()

    def kill(self, work: Work, *args: Any) -> int:
        """Starts a push, kills it at a moment, and says how many of the fields had landed."""
        self.faults.share = self.lost
        asked = len(self.rig.simulator.ledger.requests)
        child = self.rig.spawn(work, *args)
        # The two requests of reading come before anything is written.
        wait_for(lambda: len(self.rig.simulator.ledger.requests) > asked + 1, step_s=0.002)
        time.sleep(self.chance.uniform(0.0, 0.9))
        self.rig.end(child)
        self.faults.share = 0.0
        now = self.standing()
        for cell, text in now.items():
            assert text in (self.before[cell], self.meant[cell]), f"{cell} is neither as before nor as meant"
        for cell, text in self.theirs.items():
            assert now[cell] == text, "the colleague's text was written over"
        return sum(now[cell] == self.meant[cell] for cell in now)

    def left(self) -> dict[Cell, str]:
        """What is not as meant, and what comparing has to call it."""
        return {
            cell: "held" if cell in self.theirs else "would_change"
            for cell, text in self.standing().items()
            if text != self.meant[cell]
        }

    def finished(self) -> None:
        """Everything is as meant, but for the colleague's."""
        assert self.standing() == {**self.meant, **self.theirs}


def landed_all_over(landed: list[int]) -> None:
    """The kills came at many different moments, some in the middle."""
    assert len(set(landed)) > 5, landed
    assert any(0 < count < 19 for count in landed), landed


@pytest.mark.slow
def test_a_folder_whose_push_is_killed_a_hundred_times(make_rig: MakeRig, tmp_path: Path) -> None:
    rig = make_rig(reviews=10)
    page = Page(rig, 3, lost=0.2)
    folder = tmp_path / "metadata"
    folders = rig.space.folders
    landed = []
    for number in range(100):
        folders.pull(page.listed, folder, overwrite=True)
        page.begin(number)
        for (locale, name), text in page.meant.items():
            (folder / locale / f"{FILES[name]}.txt").write_text(f"{text}\n", "utf-8")
        page.colleague(number)
        landed.append(page.kill(push_folder, folder))
        told = {(one.locale, one.name): str(one.state) for one in folders.diff(page.listed, folder).changes}
        assert told == page.left(), "comparing tells which fields are not as meant"
        result = folders.push(page.listed, folder, send=True)
        assert result.error is None
        assert {(one.locale, one.name) for one in result.changes if one.state is ChangeState.HELD} == set(
            page.theirs
        )
        page.finished()
    landed_all_over(landed)
    print(f"100 kills of a push, {page.faults.struck} answers lost, {len(set(landed))} different moments")


def written(page: Page, number: int) -> None:
    """What is meant is written on the screen, then the colleague writes."""
    page.listing = page.rig.space.listings.refresh(page.listed)
    page.begin(number)
    texts = {(locale, TABLE[Scope.VERSION, name]): text for (locale, name), text in page.meant.items()}
    page.rig.space.listings.edit(page.listing, page.draft, texts)
    page.colleague(number)


@pytest.mark.slow
def test_texts_of_the_screen_whose_push_is_killed_a_hundred_times(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=10)
    page = Page(rig, 4, lost=0.2)
    listings = rig.space.listings
    landed = []
    for number in range(100):
        written(page, number)
        landed.append(page.kill(push_texts))
        kept = {(edit.locale, edit.name): edit.text for edit in listings.edits()}
        assert kept.items() <= page.meant.items()
        assert set(page.left()) <= set(kept), "what has not landed is still written here"
        results = list(listings.push_edits(page.listed, listings.edits()))
        assert {(one.locale, one.name) for one in results if one.state is ChangeState.HELD} == set(
            page.theirs
        )
        page.finished()
        (held,) = listings.edits()
        assert (held.locale, held.name) in page.theirs
        assert held.state == "held"
        assert held.text == page.meant[held.locale, held.name]
        listings.drop([held])
    landed_all_over(landed)
    print(f"100 kills of a push, {page.faults.struck} answers lost, {len(set(landed))} different moments")


@pytest.mark.slow
def test_without_comparing_first_the_rig_sees_the_loss(make_rig: MakeRig) -> None:
    page = Page(make_rig(reviews=10), 5, lost=0.0)

    def rounds() -> None:
        for number in range(20):
            written(page, number)
            page.kill(push_texts_blindly)

    with pytest.raises(AssertionError, match="the colleague's text was written over"):
        rounds()
