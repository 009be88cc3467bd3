"""Joining a team from the first screen: the address, a password if one is asked for, apps, how far back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.secret import Secret
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, rule
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.form import Field, FormScreen, paragraph
from ascinbox.tui.widgets.menu import Choice, MenuScreen
from ascinbox.tui.wizard.text import problem_lines

if TYPE_CHECKING:
    from textual.widgets import Input

    from ascinbox.workers.team.joining import TeamFound

_ALL, _GO_ON = "all", "go on"
BACK: tuple[tuple[str, str, int | None], ...] = (
    ("all", "everything", None),
    ("730", "the last 2 years", 730),
    ("365", "the last year", 365),
    ("90", "the last 90 days", 90),
)
"""How far back: value, words, days."""
WORDS = (
    "A team's queue is a PostgreSQL database of your own. You need what an admin of it gave you: its "
    "address, or the name of a service in ~/.pg_service.conf. No key of a store is needed; the team's "
    "workers hold them."
)


class JoinScreen(FormScreen):
    """Asks, connects, asks which reviews, joins; then the program starts again on the team's queue."""

    def __init__(self, below: KeyedScreen | None) -> None:
        super().__init__(below)
        self._asks_password = False
        self._busy = False
        self._problem: tuple[str, str, str] | None = None
        self._tried = ("", "")
        """The address and the password that the problem is about."""
        self._found: TeamFound | None = None
        self._password: Secret | None = None
        self._apps: tuple[str, ...] = ()

    async def on_mount(self) -> None:
        service = self.app.workspace.config.get("team", "service")
        await self.put_fields([Field("address", "Address", f"service={service}" if service else "")])
        self.call_after_refresh(self.paint)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was wrong was about what stood there before. Putting a field there is no change of it."""
        del event
        changed = (self.value("address"), self.value("password")) != self._tried
        if changed and self._problem is not None and not self._busy:
            self._problem = None
            self.paint()

    def paint(self) -> None:
        """The form, and what went wrong."""
        width = self.size.width
        above: list[Line] = [
            rule("Where is it?", "", width),
            *paragraph(WORDS, width),
            BLANK,
            *paragraph("postgresql://anna@db.example/inbox or service=inbox", width, "dim"),
            BLANK,
        ]
        below: list[Line] = [BLANK]
        if self._busy:
            below.append((PaintSpan(" asking the team's database …", "accent"),))
        elif self._problem is not None:
            below += problem_lines(*self._problem, width)
        self.show((PaintSpan(clip(" Join a team", width), "strong"),), above, below, "wizard")

    async def hand_in(self) -> None:
        """enter: looks who one is there."""
        if self._busy:
            self.app.notices.say("asking the team's database")
            return
        self.app.spawn(self._look())

    async def _look(self) -> None:
        from ascinbox.workers.team.joining import look_at

        typed = self.value("password")
        self._password = Secret(typed) if typed else None
        self._begin()
        try:
            self._found = await self.app.work(look_at, self.value("address"), self._password)
        except AscinboxError as error:
            await self._refused(error)
            return
        self._end()
        await self._choose_apps()

    async def _refused(self, error: AscinboxError) -> None:
        from ascinbox.workers.team.joining import wants_password

        if wants_password(error) and not self._asks_password:
            self._asks_password = True
            address = self.value("address")
            await self.put_fields(
                [Field("address", "Address", address), Field("password", "Password", password=True)]
            )
            self._end(("This team asks for a password.", "", ""))
            return
        self._end((error.title, error.detail, error.next_step))

    def _begin(self) -> None:
        self._busy, self._problem = True, None
        self.paint()

    def _end(self, problem: tuple[str, str, str] | None = None) -> None:
        self._busy, self._problem = False, problem
        self._tried = (self.value("address"), self.value("password"))
        self.paint()

    # --- which reviews ---

    def _app_choices(self) -> Sequence[Choice]:
        assert self._found is not None
        ticked = [
            Choice(number, f"[{'x' if number in self._apps else ' '}] {name}")
            for number, name in self._found.apps.items()
        ]
        going_on = [Choice(_GO_ON, f"go on with {len(self._apps)}")] if self._apps else []
        return [Choice(_ALL, "all apps, also later ones"), *ticked, *going_on]

    async def _choose_apps(self, at: int = 0) -> None:
        found = self._found
        assert found is not None
        if len(found.apps) < 2:
            await self._choose_time()
            return
        title = f"{found.hello.team}: you are {found.hello.me} ({found.hello.level}). Reviews of which apps?"
        menu = MenuScreen(self, title, self._app_choices(), self._app_chosen, cursor=at)
        await self.app.push_screen(menu)

    async def _app_chosen(self, value: str) -> None:
        assert self._found is not None
        if value in {_ALL, _GO_ON}:
            self._apps = () if value == _ALL else self._apps
            await self._choose_time()
            return
        ids = list(self._found.apps)
        ticked = set(self._apps) ^ {value}
        self._apps = tuple(number for number in ids if number in ticked)
        await self._choose_apps(ids.index(value) + 1)

    async def _choose_time(self) -> None:
        choices = [Choice(value, words) for value, words, _ in BACK]
        await self.app.push_screen(MenuScreen(self, "Reviews of how far back?", choices, self._time_chosen))

    async def _time_chosen(self, value: str) -> None:
        days = next(days for each, _, days in BACK if each == value)
        self.app.spawn(self._join(None if days is None else timedelta(days=days)))

    async def _join(self, back: timedelta | None) -> None:
        from ascinbox.workers.team.joining import join_here

        assert self._found is not None
        self._begin()
        try:
            await self.app.work(join_here, self.app.workspace, self._found, self._password, self._apps, back)
        except AscinboxError as error:
            self._end((error.title, error.detail, error.next_step))
            return
        # Other files are opened now: the program starts again.
        self.app.begins_anew = True
        await self.app.shutdown.finish()
