"""One app's listing as the screen shows it: drafts, what is live, texts written here, and each cell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ascinbox.core.listing.changes import same_text
from ascinbox.core.listing.checks import check_field, measure, missing, untranslated
from ascinbox.core.listing.fields import LOCALIZED, ListingField, Scope
from ascinbox.core.listing.records import Listing, ListingPart
from ascinbox.core.listing.states import state_of, why_not_editable

if TYPE_CHECKING:
    from ascinbox.core.listing.records import ListingEdit


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One field of one language, in a few characters."""

    words: str
    role: str = "text"
    needs: bool = False
    """Whether a person should look at it: missing, over, held, untranslated."""


@dataclass(frozen=True)
class Sheet:
    """One app on one platform. What is worked out is kept: each step of the cursor asks for every cell."""

    listing: Listing
    platform: str = ""
    edits: Mapping[tuple[Scope, str, str], ListingEdit] = field(default_factory=dict)
    """Texts written here for the parts that are shown, by (scope, locale, name)."""

    @cached_property
    def parts(self) -> dict[Scope, ListingPart]:
        """The drafts; where there is none, what is live."""
        return {part.scope: part for part in self.listing.read_parts(self.platform)}

    @cached_property
    def live(self) -> dict[Scope, ListingPart]:
        """What customers see now."""
        found = (self.listing.live_info(), self.listing.live_version(self.platform))
        return {part.scope: part for part in found if part is not None}

    @cached_property
    def locales(self) -> tuple[str, ...]:
        """Every language of either part, the primary one first."""
        parts = self.parts
        named = [
            locale
            for scope in (Scope.VERSION, Scope.INFO)
            if scope in parts
            for locale in parts[scope].locales
        ]
        written = [locale for _, locale, _ in self.edits if locale]
        ordered = sorted(dict.fromkeys([*named, *written]))
        ordered.sort(key=lambda locale: locale != self.listing.primary_locale)
        return tuple(ordered)

    @property
    def fields(self) -> Sequence[ListingField]:
        """The columns: every field that a language has of its own."""
        return LOCALIZED

    def edit(self, row: ListingField, locale: str) -> ListingEdit | None:
        """What was written here."""
        return self.edits.get((row.scope, locale, row.name))

    def theirs(self, row: ListingField, locale: str) -> str:
        """Apple's text in the part that is shown."""
        part = self.parts.get(row.scope)
        return "" if part is None else part.value(row, locale)

    def text(self, row: ListingField, locale: str) -> str:
        """The text as it would be: what was written here, else Apple's."""
        edit = self.edit(row, locale)
        return self.theirs(row, locale) if edit is None else edit.text

    def live_text(self, row: ListingField, locale: str) -> str | None:
        """The text that customers see; None where nothing is live, or what is shown is live itself."""
        part, shown = self.live.get(row.scope), self.parts.get(row.scope)
        if part is None or shown is None or part.id == shown.id:
            return None
        return part.value(row, locale)

    def first_version(self) -> bool:
        """Whether the app has no version before this one."""
        part = self.parts.get(Scope.VERSION)
        return part is not None and self.listing.is_first_version(part.platform)

    def why_not(self, row: ListingField, locale: str) -> str:
        """Why this cell cannot be edited now; "" where it can."""
        part = self.parts.get(row.scope)
        if part is None:
            return "Apple lists no such part of this app."
        if row.name == "whatsNew" and self.first_version():
            return "An app's first version has no “What's new”."
        if part.localization(locale) is None and not state_of(part.scope, part.state).languages:
            return "No language can be added in this state."
        return why_not_editable(row, part.state)

    @cached_property
    def _cells(self) -> dict[tuple[Scope, str, str, str], SheetCell]:
        return {}

    def cell(self, row: ListingField, locale: str, *, marks: str = "✎‼") -> SheetCell:
        """A cell of the table. `marks`: what stands for edited and for held."""
        key = (row.scope, row.name, locale, marks)
        if key not in self._cells:
            self._cells[key] = self._cell(row, locale, marks)
        return self._cells[key]

    def _cell(self, row: ListingField, locale: str, marks: str) -> SheetCell:
        edit, text = self.edit(row, locale), self.text(row, locale)
        count = measure(text)
        words = f"{count}/{row.most}" if row.most and row.most < 1000 else f"{count:,}" if count else "-"
        if edit is not None and edit.state:
            return SheetCell(f"{marks[1]} {words}", "bad", needs=True)
        if any(one.blocks for one in check_field(row, text)):
            return SheetCell(f"! {words}", "bad", needs=True)
        if edit is not None:
            return SheetCell(f"{marks[0]} {words}", "accent")
        editable = not self.why_not(row, locale)
        if missing(row, text, first_version=self.first_version()):
            return SheetCell("missing", "bad" if editable else "dim", needs=editable)
        if not count:
            return SheetCell("-", "dim")
        if locale != self.listing.primary_locale and untranslated(
            row, text, self.text(row, self.listing.primary_locale)
        ):
            return SheetCell(f"= {words}", "warn", needs=editable)
        live = self.live_text(row, locale)
        if row.name == "whatsNew" and live and same_text(live, text):
            return SheetCell("as before", "warn", needs=editable)
        changed = live is not None and not same_text(live, text)
        return SheetCell(words, "text" if changed or live is None else "dim")

    def findings(self, row: ListingField, locale: str) -> list[tuple[str, str]]:
        """What there is to say about a cell: (role, sentence)."""
        found: list[tuple[str, str]] = []
        edit, text = self.edit(row, locale), self.text(row, locale)
        if edit is not None and edit.state:
            found.append(("bad", edit.detail or edit.state))
        found += [("bad" if one.blocks else "warn", one.sentence) for one in check_field(row, text)]
        if missing(row, text, first_version=self.first_version()):
            found.append(("bad", f"{row.title} is missing: App Review wants it."))
        primary = self.listing.primary_locale
        if locale != primary and untranslated(row, text, self.text(row, primary)):
            found.append(("warn", f"The same text as {primary}: not translated."))
        live = self.live_text(row, locale)
        if row.name == "whatsNew" and live and same_text(live, text):
            found.append(("warn", "The same text as in the version that is in the store."))
        return found


def sheet_of(listing: Listing, platform: str, edits: Sequence[ListingEdit]) -> Sheet:
    """The sheet of an app with the texts that were written for the parts that it shows."""
    plain = Sheet(listing, platform)
    ids = {part.id for part in plain.parts.values()}
    mine = {
        (edit.scope, edit.locale, edit.name): edit
        for edit in edits
        if edit.app_id == listing.app_id and edit.part_id in ids
    }
    return Sheet(listing, platform, mine)
