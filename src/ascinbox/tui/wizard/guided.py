"""The link wizard for a store whose apps the person names: clicks, file, checks; nothing is stored before.

What it says comes from the store's row (`StoreInfo.guide`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.health.credential_shapes import Look, look_at_name
from ascinbox.core.stores import StoreInfo
from ascinbox.tui.accounts.text import shorten_path
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.form import Field, FormScreen
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation
from ascinbox.tui.widgets.menu import confirm_word
from ascinbox.tui.wizard import guided_text as words
from ascinbox.tui.wizard.keeping import KeepingSteps, KeyKeeping, show_first_reviews
from ascinbox.tui.wizard.text import comparison_lines, problem_lines, steps_line, title_line

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widgets import Input

    from ascinbox.core.link_guides import LinkGuide
    from ascinbox.core.records import Account, Credential
    from ascinbox.workers.accounts.linking import Accounts, Linked
    from ascinbox.workers.accounts.rotating import Comparison
    from ascinbox.workers.accounts.trials import Trial

CLICKS, FILE, CHECKS = range(1, 4)
LOOK_AFTER_S = 0.3
LOOK_AGAIN_S = 1.0
"""How often a file that will not do is looked at again."""
ROOMY = 20
"""Lines from which a refusal and the explanation above the fields fit together."""
_HINTS = {CLICKS: "wizard_make", CHECKS: "wizard_tick"}


class GuidedWizard(FormScreen):
    """Links an account of a store with a guide; with `rotate`, gives it another key or other apps."""

    def __init__(
        self,
        below: KeyedScreen | None,
        store: StoreInfo,
        *,
        rotate: Account | None = None,
        old: Credential | None = None,
    ) -> None:
        super().__init__(below)
        assert store.guide is not None
        self.store = store
        self.guide: LinkGuide = store.guide
        self.rotate = rotate
        self.old = old or (rotate.primary if rotate is not None else None)
        self.step = CLICKS if rotate is None else FILE
        self.trial: Trial | None = None
        self._renewed = rotate
        self._typed: dict[str, str] = {}
        self._tried: dict[str, str] = {}
        self._left_out: set[str] = set()
        self._cursor = ListCursor(lambda: len(self.trial.tried) if self.trial is not None else 0)
        self._navigation = ListNavigation.over(self._cursor, self.paint, lambda: 5)
        self._busy = ""
        self._problem: tuple[str, str, str] | None = None
        self._comparison: Comparison | None = None
        self._file_look: Look | None = None
        self._looking: Timer | None = None
        self._has_fields = False
        """Whether the fields are there to be read; they come and go one by one."""
        steps = KeepingSteps(self._link, self._say_busy, self._show_refusal, self._show_linked)
        self._keeping = KeyKeeping(self, steps)
        if self.old is not None:
            self._typed = {"apps": ", ".join(self.old.apps), "bucket": self.old.bucket}

    @property
    def place(self) -> str:
        return "accounts"

    @property
    def service(self) -> Accounts:
        """Linking itself."""
        return self.app.workspace.accounts

    async def on_mount(self) -> None:
        await self._enter(self.step)

    # --- going from step to step ---

    async def _enter(self, step: int) -> None:
        self.step = step
        self._cursor.number = 0
        self._problem = None
        self._has_fields = False
        await self.put_fields(self._fields_wanted() if step == FILE else [])
        if step == FILE:
            self._has_fields = True
            self._look_at_all()
            self._look_at_file()
            if self._looking is None:
                self._looking = self.set_interval(LOOK_AGAIN_S, self._look_again)
        self.call_after_refresh(self.paint)

    def _fields_wanted(self) -> list[Field]:
        def field(name: str, label: str, **more: Any) -> Field:
            return Field(name, label, self._typed.get(name, ""), **more)

        guide = self.guide
        fields = [field("file", guide.file_label, path=True), field("apps", guide.apps_label)]
        fields += [field("bucket", guide.bucket_label)] if guide.bucket_label else []
        return [*fields, field("name", "Name")] if self.rotate is None else fields

    def _keep(self) -> None:
        self._typed.update({name: field.value for name, field in self.fields.items()})

    async def back(self) -> None:
        """esc: one step back; what was typed is kept while the wizard is open."""
        self._keep()
        if self.step <= (CLICKS if self.rotate is None else FILE):
            await self.close()
        else:
            await self._enter(self.step - 1)

    async def hand_in(self) -> None:
        """enter: on to the next step, when this one is in order."""
        if self._busy:
            self.app.notices.say(self._busy)
            return
        self._keep()
        match self.step:
            case 1:
                await self._enter(FILE)
            case 2 if self._answered and self._tried == self._typed and self._problem is None:
                await self._enter(CHECKS)
            case 2:
                self._left_out.clear()
                self.app.spawn(self._try())
            case _:
                await self._leave_checks()

    # --- keys ---

    def actions(self) -> Handlers:
        """What the keys of the wizard do, beside those of every form."""
        return {
            **self._navigation.actions(),
            **super().actions(),
            "select": Handler(self.select, self._no_list),
            "copy": Handler(self.copy, self._no_message),
            "sync": Handler(self.again, self._no_checks),
        }

    def _no_checks(self) -> str:
        return "" if self.step == CHECKS else "the live checks come in step 3"

    def _no_list(self) -> str:
        return "" if self.step == CHECKS else "there is no list to tick in this step"

    def _no_message(self) -> str:
        return "" if self.step == CLICKS else "y copies the message in step 1"

    def select(self) -> None:
        """Leaves the app under the cursor out, or takes it in again."""
        if self.trial is not None and self.trial.tried:
            self._left_out ^= {self.trial.tried[self._cursor.number][0]}
        self.paint()

    def again(self) -> None:
        """Step 3: makes the live checks once more; what was refused may have been mended meanwhile."""
        if not self._busy:
            self._left_out.clear()
            self.app.spawn(self._try())

    def copy(self) -> None:
        """Step 1: copies a message to send to whoever may do the clicks."""
        self.app.copy(self.guide.message, "the message")

    # --- painting ---

    def follow(self, above: Sequence[Line]) -> int:
        del above
        return self._cursor.number + 1 if self.step == CHECKS else 0

    def paint(self) -> None:
        """The step that is shown."""
        if not self.is_mounted:
            return
        width = self.size.width
        above, below = self._lines(width)
        if self._busy:
            below = [(PaintSpan(clip(f" {self._busy} …", width), "accent"),), *below]
        elif self._problem is not None:
            below = [*problem_lines(*self._problem, width), BLANK, *below]
            above = above if self.size.height >= ROOMY or self.step != FILE else []
        rotating = self.rotate.name if self.rotate is not None else ""
        hints = "wizard" if self.fields else _HINTS[self.step]
        title = title_line(rotating, self.step, width, words.STEPS)
        self.show(title, [steps_line(self.step, width, words.STEPS), *above], below, hints)

    def _lines(self, width: int) -> tuple[list[Line], list[Line]]:
        if self.step == CLICKS:
            return words.clicks_lines(self.guide, self.store, self.app.keymap.shown("copy"), width), []
        if self.step == FILE or self.trial is None:
            folder = shorten_path(str(self.app.workspace.paths.keys), 40)
            above = words.file_lines(self.guide, width, rotating=self.rotate is not None)
            return above, words.promise_lines(self.guide, folder, width)
        above = words.checks_lines(self.trial, self.store, self._left_out, self._cursor.number, width)
        if self._comparison is not None:
            above += [BLANK, *comparison_lines(self._comparison, width)]
        app = self.trial.tried[self._cursor.number][0] if self.trial.tried else ""
        shown = self.app.keymap.shown
        here = (
            f"{shown('back')} goes back to the names, {shown('select')} leaves this one out, "
            f"{shown('sync')} tries again"
        )
        return above, [BLANK, *words.verdict_lines(self.trial, app, width, here=here)]

    # --- step 2: the file ---

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each field says how its value looks, as one types."""
        if (event.input.id or "") == "input-file":
            self._file_look = None
            self.set_timer(LOOK_AFTER_S, self._look_at_file)
        if self._problem is not None:
            self._problem = None
            self.paint()
        self._look_at_all()

    def _look_at_all(self) -> None:
        if not (self._has_fields and self.is_current):
            return
        from ascinbox.workers.accounts.credentials import look_at_apps, look_at_bucket

        looks: dict[str, Look | None] = {}
        for name, field in self.fields.items():
            text = field.value
            match name:
                case "apps":
                    looks[name] = (
                        look_at_apps(self.store, text) if text else Look(False, self.guide.apps_words)
                    )
                case "bucket":
                    looks[name] = (
                        look_at_bucket(self.store, text) if text else Look(True, self.guide.bucket_words)
                    )
                case "name":
                    looks[name] = look_at_name(text)
                case _ if text:
                    looks[name] = self._file_look
                case _:
                    stays = self.rotate is not None
                    looks[name] = Look(stays, "the key stays" if stays else "the path of the file")
        self.look(looks)

    def _look_again(self) -> None:
        """Whatever is wrong with the file may be put right in another window meanwhile."""
        if self._file_look is not None and not self._file_look.ok and self.is_current:
            self._look_at_file()

    def _look_at_file(self) -> None:
        # A timer may come after the step was left, or while the wizard closes and its fields are going.
        if self._has_fields and self.is_current and (path := self.value("file")):
            self.app.spawn(self._inspect(path))

    async def _inspect(self, path: str) -> None:
        from ascinbox.workers.accounts.credentials import look_at_account_file

        look = await self.app.work(look_at_account_file, self.app.workspace.vault, self.store, path)
        if self._has_fields and self.is_current and self.value("file") == path:
            self._file_look = look
            self._look_at_all()

    async def _try(self) -> None:
        """The live checks. What goes wrong with an app is shown beside it, the rest on the page."""
        from ascinbox.workers.accounts.trials import RefusedTrial

        self._busy = f"asking {self.store.company} (read only)"
        self._problem = None
        self.trial = None
        self.paint()
        typed = dict(self._typed)
        try:
            self._check_typed(typed)
            self.trial = await self.app.work(self._ask_store, typed)
            self._tried = typed
            if self.rotate is not None:
                self._renewed = self.service.with_all_it_can(self.rotate, self.trial)
                self._comparison = await self.app.ask(
                    self.service.compare, self._renewed, self.trial, self.old
                )
        except RefusedTrial as error:
            if error.trial.tried:
                self.trial, self._tried = error.trial, typed
            else:
                self._problem = (error.title, error.detail, error.next_step)
        except AscinboxError as error:
            self._problem = (error.title, error.detail, error.next_step)
        finally:
            self._busy = ""
        if self.trial is not None and self._problem is None:
            at = self._first_refused()
            await self._enter(CHECKS)
            self._cursor.number = at
        self.paint()

    def _check_typed(self, typed: dict[str, str]) -> None:
        name = look_at_name(typed.get("name", ""))
        if self.rotate is None and not typed.get("file"):
            label = self.guide.file_label
            raise UsageError(f"The {label} is missing: give its path.", "", "→ completes a path.")
        if self.rotate is None and not name.ok:
            raise UsageError(f"The name is missing: {name.words}.")
        if not typed.get("apps") and not typed.get("bucket"):
            raise UsageError(
                f"{self.guide.apps_label} are missing.",
                f"{self.store.company}'s API tells no apps.",
                f"Name them, with commas between; {self.guide.apps_words}.",
            )

    def _ask_store(self, typed: dict[str, str]) -> Trial:
        from ascinbox.workers.accounts.credentials import listed, service_account, with_reach

        vault = self.app.workspace.vault
        apps = tuple(app for app in listed(typed.get("apps", "")) if app not in self._left_out)
        bucket = typed.get("bucket", "")
        if typed.get("file"):
            candidate = service_account(vault, Path(typed["file"]).expanduser(), apps, bucket, self.store)
        else:
            assert self.old is not None
            candidate = with_reach(vault, self.old, apps, bucket)
        return self.service.try_credential(candidate, account=self.rotate)

    # --- step 3: going on ---

    @property
    def _answered(self) -> bool:
        """Whether the live checks need not be made again: what was refused may have been mended meanwhile."""
        return self.trial is not None and all(verdict.severity in {0, 1} for _, verdict in self.trial.tried)

    def _first_refused(self) -> int:
        tried = self.trial.tried if self.trial is not None else ()
        return next((n for n, (_, verdict) in enumerate(tried) if verdict.severity != 0), 0)

    async def _leave_checks(self) -> None:
        assert self.trial is not None
        refused = {app for app, verdict in self.trial.tried if verdict.severity not in {0, 1}}
        kept = [app for app, _ in self.trial.tried if app not in self._left_out]
        if not kept:
            self.app.notices.say("at least one has to be left", "warning")
        elif refused - self._left_out:
            self._cursor.number = self._first_refused()
            self.paint()
            self.app.notices.say("space leaves an app out that does not answer; esc goes back", "warning")
        elif self._left_out:
            self._typed["apps"] = ", ".join(kept)
            self._left_out.clear()
            self.app.spawn(self._try())
        elif self._comparison is not None and self._comparison.lost:
            title = f"{', '.join(self._comparison.lost)} would stop working."
            await self.app.push_screen(confirm_word(self, title, "switch", self._go_on, []))
        else:
            await self._go_on()

    async def _go_on(self) -> None:
        if self.rotate is not None and not self._typed.get("file"):
            self.app.spawn(self._keeping.save(""))
        else:
            self.app.spawn(self._keeping.ask())

    def _say_busy(self, words: str) -> None:
        self._busy = words
        self.paint()

    def _show_refusal(self, error: AscinboxError) -> None:
        self._problem = (error.title, error.detail, error.next_step)

    async def _show_linked(self, linked: Linked) -> None:
        await self.close()
        if self.rotate is None:
            await show_first_reviews(self.app, linked)
        elif not self.app.workspace.offline:
            self.app.sync.start()
        done = "linked" if self.rotate is None else "changed"
        self.app.notices.say(f"{linked.account.name} is {done}. {' '.join(linked.notes)}".rstrip())

    def _link(self, place: str, same_team: bool) -> Linked:
        from ascinbox.workers.accounts.linking import LinkRequest

        assert self.trial is not None
        trial, rotate = self.trial, self.rotate
        if rotate is None:
            request = LinkRequest(self._typed["name"], trial, vault=place, same_team=same_team)
            return self.service.link(request)
        if not place:
            return self.service.change_reach(rotate, trial.candidate.apps, trial.candidate.bucket)
        assert self._renewed is not None
        return self.service.rotate(
            self._renewed, trial, vault=place, accept_loss=True, old=self.old, same_team=same_team
        )
