"""The wizard's frame: its six steps, going forth and back, ticking lists, painting. Asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ascinbox.core.capabilities import DEFAULT_FEATURES, LISTED, Capability, parse_features
from ascinbox.core.planner import message_for_admin, plan
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.core.shapes import Look
from ascinbox.tui import wizardtext as words
from ascinbox.tui.accountstext import shorten_path
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.paint import BLANK, Line, Span, clip
from ascinbox.tui.screens.base import KeyedScreen
from ascinbox.tui.screens.form import Field, FormScreen
from ascinbox.tui.screens.menu import Choice
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation

if TYPE_CHECKING:
    from ascinbox.workers.linking import Accounts
    from ascinbox.workers.rotating import Comparison
    from ascinbox.workers.trials import Trial

FEATURES, MAKE, KEY, CHECKS, APPS, VENDOR = range(1, 7)
ROOMY = 18
"""Lines from which a refusal and the explanation above the fields fit together."""
_HINTS = {FEATURES: "wizard_tick", MAKE: "wizard_make", APPS: "wizard_tick"}


class WizardCore(FormScreen):
    """Steps and what is chosen in them. Subclasses say what the steps with fields do when they are left."""

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
        self.kind = CredentialKind.TEAM
        self.trial: Trial | None = None
        self._typed: dict[str, str] = {}
        self._tried: dict[str, str] = {}
        self._hidden: set[str] = set()
        self._cursor = ListCursor(self._rows)
        self._navigation = ListNavigation.over(self._cursor, self.paint, lambda: 5)
        self._busy = ""
        self._problem: tuple[str, str, str] | None = None
        self._comparison: Comparison | None = None
        self._file_look: Look | None = None
        self._places: Sequence[Choice] = ()
        self._no_keyring: Sequence[str] = ()
        if rotate is not None:
            self.chosen = set(parse_features(rotate.features))
            assert self.old is not None
            self.kind = self.old.kind
            self.step = MAKE
            self._typed = {"issuer": self.old.issuer_id or "", "vendor": rotate.vendor or ""}
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
        self._typed = {k: v for k, v in kept.items() if k not in {"features", "kind", "step"}}
        self.chosen = set(parse_features(kept["features"].split(",")))
        self.kind = CredentialKind(kept["kind"])
        self.step = max(self.step, min(KEY, int(kept["step"])))
        self.call_after_refresh(self.app.notices.say, "continuing where you left")

    def _keep(self) -> None:
        self._typed.update({name: field.value for name, field in self.fields.items()})
        if self.rotate is None:
            self.service.unfinished = {
                **self._typed,
                "features": ",".join(c.value for c in self.chosen),
                "kind": self.kind.value,
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

    async def arrived(self) -> None:
        """A step is shown; subclasses begin what it needs."""

    def _fields_of(self, step: int) -> list[Field]:
        def field(name: str, label: str, **more: Any) -> Field:
            return Field(name, label, self._typed.get(name, ""), **more)

        if step == VENDOR and self._wants_vendor:
            return [field("vendor", "Vendor no.")]
        if step != KEY:
            return []
        fields = [field("name", "Name")] if self.rotate is None else []
        if self.kind is CredentialKind.REPORTER:
            return [
                field("file", "Token file", path=True),
                field("made", "Made on"),
                field("account", "Account no."),
                *fields,
            ]
        issuer = [field("issuer", "Issuer ID")] if self.kind is CredentialKind.TEAM else []
        return [*issuer, field("key_id", "Key ID"), field("file", ".p8 file", path=True), *fields]

    @property
    def _wants_vendor(self) -> bool:
        return bool(self.chosen & {Capability.SALES, Capability.FINANCE}) and (
            self.kind is not CredentialKind.INDIVIDUAL
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
            return len(LISTED)
        return len(self.trial.apps) if self.step == APPS and self.trial is not None else 0

    def actions(self) -> Handlers:
        """What the keys of the wizard do, beside those of every form."""
        return {
            **self._navigation.actions(),
            **super().actions(),
            "select": Handler(self.select, self._no_list),
            "select_all": Handler(self.select_all, self._no_list),
            "pane_next": Handler(lambda: self._turn_kind(1)),
            "pane_prev": Handler(lambda: self._turn_kind(-1)),
            "copy": Handler(self.copy, self._no_message),
        }

    def _no_list(self) -> str:
        return "" if self._rows() else "there is no list to tick in this step"

    def _no_message(self) -> str:
        return "" if self.step == MAKE else "y copies the message for an Admin in step 2"

    def select(self) -> None:
        """Ticks the row under the cursor."""
        if self.step == FEATURES:
            self.chosen ^= {LISTED[self._cursor.number]}
        elif self.step == APPS and self.trial is not None and self.trial.apps:
            self._hidden ^= {self.trial.apps[self._cursor.number].id}
        self.paint()

    def select_all(self) -> None:
        """Ticks all rows, or none."""
        if self.step == FEATURES:
            self.chosen = set() if len(self.chosen) == len(LISTED) else set(LISTED)
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
            below = [(Span(clip(f" {self._busy} …", width), "accent"),), *below]
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
                    below.append((Span(" enter continues"),))
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
