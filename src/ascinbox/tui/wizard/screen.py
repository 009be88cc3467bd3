"""The link wizard: six steps, back and forth. Nothing is stored before the last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.health.capabilities import DEFAULT_FEATURES, OFFERED, Capability, parse_features
from ascinbox.core.health.credential_shapes import (
    look_at_day,
    look_at_name,
)
from ascinbox.core.health.planner import message_for_admin, plan
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.tui.accounts.text import shorten_path
from ascinbox.tui.actions import Handler, Handlers, sideways
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.form import Field, FormScreen
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation
from ascinbox.tui.widgets.menu import confirm_word
from ascinbox.tui.wizard import text as words
from ascinbox.tui.wizard.keeping import KeepingSteps, KeyKeeping, show_first_reviews
from ascinbox.tui.wizard.key_fields import LOOK_AGAIN_S, KeyFields
from ascinbox.tui.wizard.text import APPS, CHECKS, FEATURES, KEY, MAKE, VENDOR

if TYPE_CHECKING:
    from textual.timer import Timer

    from ascinbox.core.records import Account
    from ascinbox.workers.accounts.linking import Accounts, Linked
    from ascinbox.workers.accounts.rotating import Comparison
    from ascinbox.workers.accounts.trials import Trial

ROOMY = 18
"""Lines from which a refusal and the explanation above the fields fit together."""
_HINTS = {FEATURES: "wizard_tick", MAKE: "wizard_make", APPS: "wizard_tick"}


class WizardScreen(FormScreen):
    """Links an account; with `rotate`, gives that account a new key in place of `old` (its first)."""

    def __init__(
        self,
        below: KeyedScreen | None,
        *,
        rotate: Account | None = None,
        old: Credential | None = None,
        has_key: bool = False,
    ) -> None:
        super().__init__(below)
        self.rotate = rotate
        self.renewed = rotate
        """The account as the rotation leaves it: with all that the tried key can do."""
        self.old = old or (rotate.primary if rotate is not None else None)
        self.step = FEATURES
        self.chosen: set[Capability] = set(DEFAULT_FEATURES)
        self.kind: str = CredentialKind.TEAM
        self.trial: Trial | None = None
        self.typed: dict[str, str] = {}
        self._tried: dict[str, str] = {}
        self._hidden: set[str] = set()
        self._cursor = ListCursor(self._rows)
        self._navigation = ListNavigation.over(self._cursor, self.paint, lambda: 5)
        self._busy = ""
        self._problem: tuple[str, str, str] | None = None
        self._comparison: Comparison | None = None
        self._key_fields = KeyFields(self)
        self._looking: Timer | None = None
        steps = KeepingSteps(self._link, self._say_busy, self._show_refusal, self._show_linked)
        self._keeping = KeyKeeping(self, steps)
        if rotate is not None:
            self.chosen = set(parse_features(rotate.features))
            assert self.old is not None
            self.kind = self.old.kind
            self.step = MAKE
            self.typed = {"issuer": self.old.issuer_id or "", "vendor": rotate.vendor or ""}
        elif has_key:
            self.step = KEY

    @property
    def place(self) -> str:
        return "accounts"

    @property
    def service(self) -> Accounts:
        """Linking itself."""
        return self.app.workspace.accounts

    async def on_mount(self) -> None:
        if self.rotate is None:
            self._resume()
        await self._enter(self.step)

    # --- unfinished work is kept until the program ends ---

    def _resume(self) -> None:
        kept = self.service.unfinished
        if not kept:
            return
        self.typed = {k: v for k, v in kept.items() if k not in {"features", "kind", "step"}}
        self.chosen = set(parse_features(kept["features"].split(",")))
        self.kind = kept["kind"]
        self.step = max(self.step, min(KEY, int(kept["step"])))
        self.call_after_refresh(self.app.notices.say, "continuing where you left")

    def _keep(self) -> None:
        self.typed.update({name: field.value for name, field in self.fields.items()})
        if self.rotate is None:
            self.service.unfinished = {
                **self.typed,
                "features": ",".join(c.value for c in self.chosen),
                "kind": self.kind,
                "step": str(self.step),
            }

    # --- going from step to step ---

    async def _enter(self, step: int) -> None:
        self.step = step
        self._cursor.number = 0
        self._problem = None
        await self.put_fields(self._fields_of(step))
        await self.arrived()
        self.call_after_refresh(self.paint)

    def _fields_of(self, step: int) -> list[Field]:
        def field(name: str, label: str, **more: Any) -> Field:
            return Field(name, label, self.typed.get(name, ""), **more)

        if step == VENDOR and self._wants_vendor:
            return [field("vendor", "Vendor no.")]
        if step != KEY:
            return []
        fields = [field("name", "Name")] if self.rotate is None else []
        if self.kind == CredentialKind.REPORTER:
            return [
                field("file", "Token file", path=True),
                field("made", "Made on"),
                field("account", "Account no."),
                *fields,
            ]
        issuer = [field("issuer", "Issuer ID")] if self.kind == CredentialKind.TEAM else []
        return [*issuer, field("key_id", "Key ID"), field("file", ".p8 file", path=True), *fields]

    @property
    def _wants_vendor(self) -> bool:
        return bool(self.chosen & {Capability.SALES, Capability.FINANCE}) and (
            self.kind != CredentialKind.INDIVIDUAL
        )

    async def back(self) -> None:
        """esc: one step back; what was typed is kept."""
        self._keep()
        first = MAKE if self.rotate is not None else FEATURES
        if self.step <= first:
            await self.close()
            return
        step = self.step - 1
        await self._enter(CHECKS if step == APPS and self.rotate is not None else step)

    # --- step 1, 2, 5: lists ---

    def _rows(self) -> int:
        if self.step == FEATURES:
            return len(OFFERED)
        return len(self.trial.apps) if self.step == APPS and self.trial is not None else 0

    def actions(self) -> Handlers:
        """What the keys of the wizard do, beside those of every form."""
        return {
            **self._navigation.actions(),
            **super().actions(),
            "select": Handler(self.select, self._no_list),
            "select_all": Handler(self.select_all, self._no_list),
            **sideways(self._turn_kind),
            "copy": Handler(self.copy, self._no_message),
        }

    def _no_list(self) -> str:
        return "" if self._rows() else "there is no list to tick in this step"

    def _no_message(self) -> str:
        return "" if self.step == MAKE else "y copies the message for an Admin in step 2"

    def select(self) -> None:
        """Ticks the row under the cursor."""
        if self.step == FEATURES:
            self.chosen ^= {OFFERED[self._cursor.number]}
        elif self.step == APPS and self.trial is not None and self.trial.apps:
            self._hidden ^= {self.trial.apps[self._cursor.number].id}
        self.paint()

    def select_all(self) -> None:
        """Ticks all rows, or none."""
        if self.step == FEATURES:
            self.chosen = set() if len(self.chosen) == len(OFFERED) else set(OFFERED)
        elif self.step == APPS and self.trial is not None:
            ids = {app.id for app in self.trial.apps}
            self._hidden = set() if self._hidden else ids
        self.paint()

    def _turn_kind(self, by: int) -> None:
        """The next or previous kind of key in step 1, field elsewhere."""
        if self.step == FEATURES:
            self._change_kind(by)
        else:
            self.turn(by)

    def _change_kind(self, by: int) -> None:
        kinds = [kind for kind, _, _ in words.KINDS]
        self.kind = kinds[(kinds.index(self.kind) + by) % len(kinds)]
        self.trial = None
        self.paint()

    def copy(self) -> None:
        """Step 2: copies a message to send to an Admin."""
        self.app.copy(message_for_admin(plan(self.chosen, self.kind), self._key_name()), "the message")

    def _key_name(self) -> str:
        return f"ascinbox {self.app.now().astimezone():%Y-%m}"

    # --- painting ---

    def follow(self, above: Sequence[Line]) -> int:
        del above
        return self._cursor.number + 2 if self.step in {FEATURES, APPS} else 0

    def paint(self) -> None:
        """The step that is shown."""
        if not self.is_mounted:
            return
        width = self.size.width
        above, below = self._lines(width)
        if self._busy:
            below = [(PaintSpan(clip(f" {self._busy} …", width), "accent"),), *below]
        elif self._problem is not None:
            below = [*words.problem_lines(*self._problem, width), BLANK, *below]
            above = above if self.size.height >= ROOMY else []
        rotating = self.rotate.name if self.rotate is not None else ""
        hints = _HINTS.get(self.step, "wizard_page") if not self.fields else "wizard"
        title = words.title_line(rotating, self.step, width)
        self.show(title, [words.steps_line(self.step, width), *above], below, hints)

    def _lines(self, width: int) -> tuple[list[Line], list[Line]]:
        wanted = plan(self.chosen, self.kind)
        match self.step:
            case 1:
                above = words.feature_lines(self.chosen, self.kind, self._cursor.number, width)
                return above, words.plan_lines(wanted, width)
            case 2:
                return words.making_lines(wanted, self.app.keymap.shown("copy"), width), []
            case 3:
                below = words.promise_lines(shorten_path(str(self.app.workspace.paths.keys), 40), width)
                if self.trial is not None:
                    below += [BLANK, *words.trial_lines(self.trial, self.chosen, width)]
                    below.append((PaintSpan(" enter continues"),))
                return words.key_lines(self.kind, width), below
            case 4 if self._comparison is not None:
                return words.comparison_lines(self._comparison, width), []
            case 4 if self.trial is not None:
                return words.matrix_lines(self.trial, self.chosen, width), []
            case 5 if self.trial is not None:
                above = words.app_lines(self.trial.apps, self._hidden, self._cursor.number, width)
                return above, words.apps_note(self.kind, width)
            case _:
                vendors = self.trial.vendors if self.trial is not None else ()
                return words.vendor_lines(self._wants_vendor, vendors, width), []

    async def arrived(self) -> None:
        if self.step == KEY:
            self._key_fields.look_at_all()
            if self._looking is None:
                self._looking = self.set_interval(LOOK_AGAIN_S, self._key_fields.look_again)
            await self._key_fields.offer_found()
        elif self.step == VENDOR:
            self.app.spawn(self._keeping.look())

    async def hand_in(self) -> None:
        """enter: on to the next step, when this one is in order."""
        if self._busy:
            self.app.notices.say(self._busy)
            return
        self._keep()
        match self.step:
            case 1 if not self.chosen:
                self.app.notices.say("tick at least one feature (space)", "warning")
            case 3:
                await self._leave_key_step()
            case 4:
                await self._leave_checks()
            case 6:
                self.app.spawn(self._leave_vendor())
            case _:
                await self._enter(self.step + 1)

    # --- step 3: the key ---

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was refused may be right now."""
        if self._problem is not None:
            self._problem = None
            self.paint()
        self._key_fields.changed((event.input.id or "").removeprefix("input-"))

    async def _leave_key_step(self) -> None:
        if self.trial is not None and self._tried == self._key_values() and self._problem is None:
            await self._enter(CHECKS)
            return
        self.app.spawn(self._try())

    def _key_values(self) -> dict[str, str]:
        return {name: self.typed.get(name, "") for name in ("issuer", "key_id", "file", "made", "account")}

    async def _try(self) -> None:
        """The live checks. What goes wrong is said on the page, and what was typed stays."""
        self._busy = "asking Apple (read only)"
        self._problem = None
        self.trial = None
        self.paint()
        values = self._key_values()
        try:
            name = self.typed.get("name", "")
            if self.rotate is None and not look_at_name(name).ok:
                raise UsageError(f"The name is missing: {look_at_name(name).words}.")
            if not look_at_day(values["made"]).ok:
                raise UsageError(f"{values['made'][:20]!r} is no day.", "", "Write it as 2026-11-21.")
            if not values["file"]:
                what = "token" if self.kind == CredentialKind.REPORTER else ".p8"
                raise UsageError(f"The {what} file is missing: give its path.", "", "→ completes a path.")
            self.trial = await self.app.work(self._ask_apple, values)
            self._tried = values
            if self.rotate is not None:
                await self._compare(self.rotate)
        except AscinboxError as error:
            self._problem = (error.title, error.detail, error.next_step)
        finally:
            self._busy = ""
            self.paint()

    async def _compare(self, account: Account) -> None:
        assert self.trial is not None
        self.renewed = self.service.with_all_it_can(account, self.trial)
        self._comparison = await self.app.ask(self.service.compare, self.renewed, self.trial, self.old)

    def _ask_apple(self, values: dict[str, str]) -> Trial:
        from ascinbox.workers.accounts.credentials import for_account, from_typed, reporter_from_file

        vault = self.app.workspace.vault
        if self.kind == CredentialKind.REPORTER:
            made = datetime.fromisoformat(values["made"]).replace(tzinfo=UTC) if values["made"] else None
            token = reporter_from_file(vault, Path(values["file"]).expanduser(), self.app.now(), made)
            candidate = for_account(token, values["account"] or None)
        else:
            candidate = from_typed(vault, values["file"], values["key_id"] or None, values["issuer"] or None)
        vendor = self.typed.get("vendor") or (self.rotate.vendor if self.rotate else None)
        return self.service.try_credential(
            candidate,
            vendor=vendor or None,
            features=None if self.rotate is not None else tuple(self.chosen),
            account=self.rotate,
        )

    # --- step 4 and 6: going on ---

    async def _leave_checks(self) -> None:
        assert self.trial is not None
        lost = self._comparison.lost if self._comparison is not None else ()
        if lost:

            async def switch() -> None:
                await self._enter(VENDOR)

            title = f"{', '.join(lost)} would stop working."
            await self.app.push_screen(confirm_word(self, title, "switch", switch, []))
            return
        await self._enter(VENDOR if self.rotate is not None or not self.trial.apps else APPS)

    async def _leave_vendor(self) -> None:
        """Tests the number with a read, then asks where the key is to be kept."""
        vendor = self.typed.get("vendor", "")
        assert self.trial is not None
        if self._wants_vendor and vendor != (self.trial.vendor or ""):
            self._busy = "testing the vendor number with a sales report"
            self._problem = None
            self.paint()
            try:
                self.trial = await self.app.work(self._ask_apple, self._tried)
                if self.rotate is not None:
                    await self._compare(self.rotate)
            except AscinboxError as error:
                self._problem = (error.title, error.detail, error.next_step)
                return
            finally:
                self._busy = ""
                self.paint()
        await self._keeping.ask()

    def _say_busy(self, words: str) -> None:
        self._busy = words
        self.paint()

    def _show_refusal(self, error: AscinboxError) -> None:
        self._problem = (error.title, error.detail, error.next_step)

    async def _show_linked(self, linked: Linked) -> None:
        if self.rotate is None:
            self.service.unfinished = {}
        await self.close()
        if self.rotate is None:
            await show_first_reviews(self.app, linked)
        self.app.notices.say(f"{linked.account.name} is linked. {' '.join(linked.notes)}")

    def _link(self, place: str, same_team: bool) -> Linked:
        from ascinbox.workers.accounts.linking import LinkRequest

        assert self.trial is not None
        if self.renewed is not None:
            return self.service.rotate(
                self.renewed,
                self.trial,
                vault=place,
                accept_loss=True,
                old=self.old,
                same_team=same_team,
            )
        shown = tuple(app.id for app in self.trial.apps if app.id not in self._hidden) or None
        features = tuple(c for c in OFFERED if c in self.chosen)
        apps = shown if self._hidden else None
        return self.service.link(
            LinkRequest(self.typed["name"], self.trial, features, apps, place, same_team)
        )
