"""What can be added to a listing: languages, release notes from a file, a new version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.core.errors import AscinboxError
from ascinbox.core.listing.fields import LANGUAGE, LOCALES, TABLE, Scope
from ascinbox.core.listing.platforms import IOS, platform_name
from ascinbox.core.listing.release_notes import parse_release_notes
from ascinbox.core.plainfiles import read_plain
from ascinbox.tui.listing.text import SheetPlace
from ascinbox.tui.widgets.menu import Choice, MenuScreen, PromptScreen

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.listing.screen import ListingScreen

NOTES = TABLE[Scope.VERSION, "whatsNew"]


class ListingAdditions:
    """A part of the Listing: the menu behind its key for more."""

    def __init__(self, screen: ListingScreen) -> None:
        self._screen = screen

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    async def open(self) -> None:
        """The menu of what can be added."""
        sheet = self._screen.sheet
        if sheet is None:
            return
        choices = [
            Choice("language", "add a language"),
            Choice("notes", "what's new for all languages from a Markdown file"),
            Choice("copy", "this text to all languages where the field is empty"),
        ]
        if not self._app.workspace.read_only:
            choices.append(Choice("version", "make the draft of a new version at Apple"))
        if len(sheet.listing.platforms()) > 1:
            choices.append(Choice("platform", "another platform"))
        await self._app.push_screen(MenuScreen(self._screen, sheet.listing.name, choices, self._more))

    async def _more(self, value: Any) -> None:
        match value:
            case "language":
                await self._add_language()
            case "notes":
                await self._ask("A Markdown file with a heading a language (# de-DE)", self._take_notes)
            case "version":
                await self._ask("The number of the new version, such as 5.3", self._new_version)
            case "copy":
                await self._copy_to_empty()
            case "platform":
                await self._choose_platform()
            case _:
                pass

    async def _ask(self, title: str, act: Any) -> None:
        screen: PromptScreen

        async def answer(text: str) -> str | None:
            if not text.strip():
                return "esc goes back"
            problem: str | None = await act(text.strip())
            if problem is None:
                await screen.close()
            return problem

        screen = PromptScreen(self._screen, title, answer)
        await self._app.push_screen(screen)

    async def _add_language(self) -> None:
        sheet = self._screen.sheet
        if sheet is None:
            return
        there = set(sheet.locales)
        choices = [Choice(locale, locale) for locale in LOCALES if locale not in there]

        async def chosen(locale: Any) -> None:
            version = sheet.parts.get(Scope.VERSION)
            if version is None or not version.editable:
                self._app.notices.say("no language can be added: there is no draft", "warning")
                return
            row = TABLE[Scope.VERSION, LANGUAGE]
            await self._screen.write(sheet.listing, version, {(locale, row): locale})
            if self._screen.sheet is not None and locale in self._screen.sheet.locales:
                self._screen.go(SheetPlace(self._screen.sheet.locales.index(locale), self._screen.at.column))
            self._app.notices.say(f"{locale} is added when its texts are sent")

        await self._app.push_screen(MenuScreen(self._screen, "Add a language", choices, chosen, find=True))

    async def _take_notes(self, path: str) -> str | None:
        sheet = self._screen.sheet
        version = sheet.parts.get(Scope.VERSION) if sheet is not None else None
        if sheet is None or version is None or not version.editable:
            return "there is no draft of a version"
        try:
            content = await self._app.work(read_plain, Path(path).expanduser())
            notes = parse_release_notes(content.decode("utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            return f"it cannot be read: {error}"
        except AscinboxError as error:
            return error.title
        texts = {(locale, NOTES): text for locale, text in notes.texts.items() if locale in version.locales}
        await self._screen.write(sheet.listing, version, texts)
        missing, left_out = notes.missing(version.locales), notes.left_out(version.locales)
        words = f"{len(texts)} language{'' if len(texts) == 1 else 's'} written here"
        words += f"; left out: {', '.join(left_out)}" if left_out else ""
        words += (
            f"; no language, so text: {', '.join(said for _, said in notes.in_text)}" if notes.in_text else ""
        )
        words += f"; none for {', '.join(missing)}" if missing else ""
        odd = missing or left_out or notes.in_text
        self._app.notices.say(words, "warning" if odd else "information")
        return None

    async def _copy_to_empty(self) -> None:
        sheet, cell = self._screen.sheet, self._screen.cell
        if sheet is None or cell is None:
            return
        row, locale = cell
        text = sheet.text(row, locale)
        empty = [one for one in sheet.locales if not sheet.text(row, one) and not sheet.why_not(row, one)]
        if not text or not empty:
            self._app.notices.say("no language is empty there" if text else "this text is empty")
            return
        await self._screen.write(sheet.listing, sheet.parts[row.scope], {(one, row): text for one in empty})
        self._app.notices.say(
            f"written for {len(empty)} languages; {self._app.keymap.shown('undo')} takes it back"
        )

    async def _choose_platform(self) -> None:
        sheet = self._screen.sheet
        if sheet is None:
            return

        async def chosen(platform: Any) -> None:
            self._screen.choose_platform(str(platform))

        choices = [Choice(one, platform_name(one)) for one in sheet.listing.platforms()]
        await self._app.push_screen(MenuScreen(self._screen, "Platform", choices, chosen))

    async def _new_version(self, number: str) -> str | None:
        sheet, listed = self._screen.sheet, self._screen.listed
        if sheet is None or listed is None:
            return "no app"
        version = sheet.parts.get(Scope.VERSION)
        platform = version.platform if version is not None else IOS
        self._app.spawn(
            self._screen.at_apple(self._app.workspace.listings.add_version, listed, platform, number)
        )
        return None
