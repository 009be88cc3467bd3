"""Settings: what is in force, and config.toml changed line by line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.config import SETTINGS, Setting, said_of, value_of
from ascinbox.core.errors import AscinboxError
from ascinbox.core.text import list_cell
from ascinbox.tui.accounts.text import shorten_path
from ascinbox.tui.paint import clip
from ascinbox.tui.widgets.menu import Choice, MenuScreen, PromptScreen

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.screens import KeyedScreen

SECTIONS = ("ui", "reply", "outbox", "metrics", "sync", "health", "network", "assist", "team")
"""In this order: what most people change stands first."""
TEMPLATES, NOTIFICATIONS = "templates", "notifications"
FILE_CELLS = 60


class SettingsMenus:
    """The list of settings, and the questions that lead from it and back to it."""

    def __init__(self, below: KeyedScreen) -> None:
        self._below = below

    @property
    def _app(self) -> AppContext:
        return self._below.app

    async def open(self, at: Any = None) -> None:
        """Shows the list, the cursor on `at`."""
        choices = await self._choices()
        cursor = next((number for number, choice in enumerate(choices) if choice.value == at), 0)
        file = shorten_path(str(self._app.workspace.paths.config_file), FILE_CELLS)
        notes = [f"Written into {file}."]
        menu = MenuScreen(
            self._below, "Settings", choices, self._chosen, find=True, notes=notes, cursor=cursor
        )
        await self._app.push_screen(menu)

    async def _choices(self) -> list[Choice]:
        workspace = self._app.workspace
        files = len(self._template_files())
        rules = await self._app.work(workspace.deliveries.rules)
        choices = [
            Choice(TEMPLATES, "templates", str(files), "Replies that are written beforehand."),
            Choice(
                NOTIFICATIONS, "notifications", str(len(rules.destinations)), "Destinations in notify.toml."
            ),
        ]
        for setting in sorted(listed(), key=lambda one: SECTIONS.index(one.section)):
            value = said_of(workspace.config.get(setting.section, setting.key))
            choices.append(Choice(setting, setting.name, list_cell(value) or "-", f"{setting.meaning}."))
        return choices

    async def _chosen(self, value: Any) -> None:
        if value == TEMPLATES:
            await self._templates()
        elif value == NOTIFICATIONS:
            await self._notifications()
        elif isinstance(value.default, bool):
            await self._save(value, not self._app.workspace.config.get(value.section, value.key))
            await self.open(value)
        elif value.choices or value.default is None:
            await self._choose(value)
        else:
            await self._ask(value)

    # --- one setting ---

    async def _choose(self, setting: Setting) -> None:
        words = setting.choices or ("true", "false")
        now = said_of(self._app.workspace.config.get(setting.section, setting.key))

        async def chosen(word: str) -> None:
            await self._save(setting, value_of(setting, word))
            await self.open(setting)

        await self._app.push_screen(
            MenuScreen(
                self._below,
                setting.name,
                [Choice(word, word) for word in words],
                chosen,
                find=True,
                notes=self._notes(setting),
                cursor=words.index(now) if now in words else 0,
            )
        )

    async def _ask(self, setting: Setting) -> None:
        async def answered(text: str) -> str | None:
            problem = await self._save(setting, value_of(setting, text.strip()))
            if problem:
                return problem
            await prompt.close()
            await self.open(setting)
            return None

        prompt = PromptScreen(
            self._below,
            setting.name,
            answered,
            value=said_of(self._app.workspace.config.get(setting.section, setting.key)),
            notes=self._notes(setting),
        )
        await self._app.push_screen(prompt)

    def _notes(self, setting: Setting) -> list[str]:
        notes = [f"{setting.meaning}."]
        if setting.low is not None and setting.high is not None:
            notes.append(f"From {setting.low:g} to {setting.high:g}; {said_of(setting.default)} by itself.")
        if isinstance(setting.default, tuple):
            notes.append("Several are separated by commas.")
        if setting.next_start:
            notes.append("In force from the next start on.")
        if setting.variable in self._app.workspace.environ:
            notes.append(f"{setting.variable} is set, and counts more than the file.")
        return notes

    async def _save(self, setting: Setting, value: Any) -> str:
        """Writes it and says so; gives back why it will not do, empty when it is saved."""
        try:
            await self._app.set_setting(setting.section, setting.key, value)
        except AscinboxError as error:
            self._app.notices.tell_error(error)
            return error.title.removeprefix(f"{self._app.workspace.paths.config_file}: ")
        in_force = self._app.workspace.config.get(setting.section, setting.key)
        if (setting.section, setting.key) == ("ui", "theme"):
            self._app.wear(str(in_force))
        later = ", from the next start on" if setting.next_start else ""
        if setting.variable in self._app.workspace.environ:
            later = f"; {setting.variable} still says {said_of(in_force)}"
        self._app.notices.say(f"{setting.name} = {said_of(value) or 'nothing'}{later}")
        return ""

    # --- files of their own ---

    def _template_files(self) -> list[Path]:
        return sorted(self._app.workspace.paths.templates.glob("*.md"))

    async def _templates(self) -> None:
        files = await self._app.work(self._template_files)
        choices = [Choice(path, list_cell(path.name)) for path in files]
        notes = [
            f"enter opens it in $EDITOR. They lie in {self._app.workspace.paths.templates}; "
            f"{self._app.keymap.shown('template')} in the Inbox lists, uses and makes them."
        ]
        await self._pick("Templates", choices, self._edit(TEMPLATES), notes)

    async def _notifications(self) -> None:
        path = self._app.workspace.paths.notify_file
        views = await self._app.work(self._app.workspace.deliveries.views)
        choices = [Choice(path, "notify.toml", "open it in $EDITOR")]
        choices += [
            Choice(view.name, list_cell(view.name), f"{view.what}, {list_cell(view.state)}: send a test")
            for view in views
        ]

        async def chosen(value: Any) -> None:
            if isinstance(value, Path):
                await self._edit(NOTIFICATIONS)(value)
                return
            self._app.spawn(self._test(value))
            await self.open(NOTIFICATIONS)

        await self._pick(
            "Notifications", choices, chosen, ["docs/notifications.md says what may stand there."]
        )

    async def _pick(
        self,
        title: str,
        choices: Sequence[Choice],
        chosen: Callable[[Any], Awaitable[None]],
        notes: Sequence[str],
    ) -> None:
        await self._app.push_screen(MenuScreen(self._below, title, choices, chosen, find=True, notes=notes))

    def _edit(self, back_to: str) -> Callable[[Any], Awaitable[None]]:
        async def edit(path: Path) -> None:
            self._app.edit_file(path)
            await self.open(back_to)

        return edit

    async def _test(self, name: str) -> None:
        try:
            sent = await self._app.work(self._app.workspace.deliveries.test, name)
        except AscinboxError as error:
            self._app.notices.tell_error(error)
            return
        told = "; ".join(f"{row.destination}: {row.state.value} {row.detail}".strip() for row in sent)
        self._app.notices.say(clip(list_cell(told), 200))


def listed() -> tuple[Setting, ...]:
    """The settings that a person changes; the others are written by the acts that they belong to."""
    return tuple(setting for setting in SETTINGS if setting.by_hand)
