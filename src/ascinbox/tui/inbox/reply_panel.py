"""The reply editor and its check step, as one panel: whole screen when narrow, in the pane when wide."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import TextArea

from ascinbox.core.replies.checks import check
from ascinbox.core.text import list_cell
from ascinbox.tui.context import app_of
from ascinbox.tui.inbox.bulk import Batch
from ascinbox.tui.inbox.replytext import (
    OfferedDraft,
    ReplyJob,
    back_lines,
    beside,
    checking_title,
    checks_lines,
    crumb_line,
    facts_of,
    heading_line,
    offer_lines,
    preview_lines,
    review_lines,
    summary_line,
)
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, rule
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from datetime import datetime

    from ascinbox.tui.inbox.readtext import ShownTranslation

SAVE_AFTER_S = 0.4
"""A pause of this length saves the draft; during steady typing it is saved every second."""
SAVE_AT_LEAST_S = 0.9
CHECK_AFTER_S = 0.2
TEXT_LINES = 5
"""So many lines of the reply are shown before the review above it gets more."""
TWO_COLUMNS = 60
"""From so many cells on a reply and what it says in one's own language stand side by side."""


Save = Callable[[ReplyJob], Awaitable["datetime | None"]]


class ReplyPanel(Vertical):
    """Holds one `ReplyJob`. In the editor the text is typed; in the check step it is shown as it will be."""

    def __init__(self) -> None:
        super().__init__(id="reply")
        self.job: ReplyJob | None = None
        self.checking = False
        self.docked = False
        self.phone = False
        self.batch_shown: Batch | None = None
        self._save: Save | None = None
        self._begun: Callable[[ReplyJob], Awaitable[None]] | None = None
        self._save_timer: Timer | None = None
        self._check_timer: Timer | None = None
        self._dirty_since: float | None = None
        self._preview_top = 0

    def compose(self) -> ComposeResult:
        yield Lines(id="rp-crumb")
        yield Lines(id="rp-review")
        yield Lines(id="rp-heading")
        area = TextArea("", soft_wrap=True, show_line_numbers=False, compact=True, id="rp-text")
        area.cursor_blink = False
        area.highlight_cursor_line = False
        with Horizontal(id="rp-columns"):
            yield area
            yield Lines(id="rp-offer")
        yield Lines(id="rp-preview")
        yield Lines(id="rp-count")
        yield Lines(id="rp-checks")
        yield Lines(id="rp-foot")

    @property
    def area(self) -> TextArea:
        """The text field."""
        return self.query_one("#rp-text", TextArea)

    # --- opening and closing ---

    def open(
        self,
        job: ReplyJob,
        save: Save,
        batch: Batch | None,
        *,
        checking: bool,
        docked: bool,
        unsaved: bool,
        begun: Callable[[ReplyJob], Awaitable[None]] | None = None,
    ) -> None:
        """Shows a job, in the editor or in the check step, or a whole batch there.

        `unsaved`: the text is nowhere yet, and becomes the draft when the panel is left. `begun` is called
        once, at the first keystroke that changes the text.
        """
        self.job, self._save, self.batch_shown, self._begun = job, save, batch, begun
        self.checking, self.docked = checking, docked
        self.phone, self._preview_top = False, 0
        self._dirty_since = self._monotonic() if unsaved else None
        self._lines("rp-offer").display = False
        self.area.load_text(job.text)
        self.area.move_cursor(self.area.document.end)
        self._recheck()
        self._arrange()

    def to_check(self) -> None:
        """From the editor to the check step."""
        self.checking = True
        self._preview_top = 0
        self._recheck()
        self._arrange()

    def drop_unsaved(self) -> None:
        """What was typed is on its way elsewhere: no later save may bring it back as a draft."""
        self._dirty_since = None
        if self._save_timer is not None:
            self._save_timer.stop()
            self._save_timer = None

    def to_editor(self) -> None:
        """From the check step back to the editor."""
        self.checking = False
        self._arrange()

    def leave(self) -> None:
        """Nothing is shown any more."""
        self.job = self.batch_shown = None
        self.drop_unsaved()

    def turn_page(self, step: int) -> bool:
        """Pages through a batch; False at its ends and for a single reply."""
        if self.batch_shown is None or not self.batch_shown.turn(step):
            return False
        self.paint()
        return True

    def _monotonic(self) -> float:
        return app_of(self).workspace.clock.monotonic()

    def dock(self, docked: bool) -> None:
        """It stands beside the review now, or shows the review itself: the terminal has another size."""
        self.docked = docked
        self._lines("rp-crumb").display = not docked
        self.call_after_refresh(self.paint)

    def _arrange(self) -> None:
        # Shown and hidden one by one: a class of the panel would style all of it, the text field too.
        self._lines("rp-crumb").display = not self.docked
        self.query_one("#rp-columns").display = self.area.display = not self.checking
        self._lines("rp-preview").display = self.checking
        if self.checking:
            self.screen.set_focus(None)
        else:
            self.screen.set_focus(self.area)
            self.call_after_refresh(self.screen.set_focus, self.area)
        self.call_after_refresh(self.paint)

    # --- the text ---

    def set_template(self, name: str) -> None:
        """Notes which template the text comes from."""
        if self.job is not None:
            self.job = replace(self.job, template=name)

    def put_text(self, text: str) -> None:
        """Replaces the text, as the external editor does; undo in the field goes back."""
        self.area.replace(text, self.area.document.start, self.area.document.end)

    def offer(self, offered: OfferedDraft | None) -> None:
        """Shows a draft beside the editor, as far as it has come; None takes it away."""
        if self.job is None or self.job.offered == offered:
            return
        self.job = replace(self.job, offered=offered)
        self._lines("rp-offer").display = offered is not None
        self._paint_offer()

    def set_back(self, back: ShownTranslation | None) -> None:
        """Shows beside the reply what it says in one's own language; None takes it away."""
        if self.job is not None:
            self.job = replace(self.job, back=back)
            self._paint_preview()

    def insert(self, text: str) -> None:
        """Puts text in at the cursor."""
        self.area.insert(text)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Typing: the counter follows at once, checks and draft a moment later."""
        event.stop()
        job = self.job
        if job is None or self.area.text == job.text:
            return
        self.job = replace(job, text=self.area.text, back=None)
        begun, self._begun = self._begun, None
        if begun is not None:
            app_of(self).spawn(begun(self.job))
        now = self._monotonic()
        if self._dirty_since is None:
            self._dirty_since = now
        left = max(0.05, min(SAVE_AFTER_S, self._dirty_since + SAVE_AT_LEAST_S - now))
        if self._save_timer is not None:
            self._save_timer.stop()
        self._save_timer = self.set_timer(left, self._save_soon)
        if self._check_timer is None:
            self._check_timer = self.set_timer(CHECK_AFTER_S, self._check_soon)
        self._paint_count()

    def _save_soon(self) -> None:
        self._save_timer = None
        app_of(self).spawn(self.save_now())

    async def save_now(self) -> None:
        """Writes the draft, if something was typed since the last time."""
        if self._save_timer is not None:
            self._save_timer.stop()
            self._save_timer = None
        job, save = self.job, self._save
        if job is None or save is None or self._dirty_since is None:
            return
        self._dirty_since = None
        saved_at = await save(job)
        if self.job is not None and self.job.review_id == job.review_id:
            self.job = replace(self.job, saved_at=saved_at)
            self._paint_count()

    def _check_soon(self) -> None:
        self._check_timer = None
        self._recheck()
        self.paint()

    def _recheck(self) -> None:
        if self.job is not None:
            self.job = replace(self.job, findings=check(self.job.text, self.job.context))

    # --- painting ---

    def on_resize(self) -> None:
        """Everything is wrapped for the new size."""
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Brings every part up to date."""
        job = self.job
        width, height = self.size
        if job is None or not self.is_mounted or width < 8 or height < 4:
            return
        now = app_of(self).now()
        if self.batch_shown is not None:
            self._paint_batch(self.batch_shown, now, width, height)
            return
        edged = not self.docked
        if edged:
            self._lines("rp-crumb").show([crumb_line(replace(job, position=facts_of(job, now)), width)])
        live = not self.checking
        keymap = app_of(self).keymap
        checks = checks_lines(job, width, keymap, live=live, most=max(3, min(8, height // 3)))
        counts = [summary_line(job, width, live=live)]
        foot = self._foot(job, width) if self.docked else []
        left = height - (2 if edged else 1) - len(counts) - len(checks) - len(foot)
        most = max(3, min(14, left - max(TEXT_LINES, left // 3)))
        review = review_lines(job, now, width, edged=edged, most=most)
        self._set("rp-review", review)
        title = checking_title(job) if self.checking else ""
        self._set("rp-heading", [heading_line(job, now, width, docked=self.docked, checking=title)])
        self._set("rp-count", counts)
        self._set("rp-checks", checks)
        self._set("rp-foot", foot)
        if self.checking:
            self._paint_preview()
        self._paint_offer()

    def _paint_offer(self) -> None:
        offer = self._lines("rp-offer")
        if self.job is None or self.job.offered is None:
            offer.show([])
            return
        width, height = offer.size
        if width < 8 or height < 1:
            # It was hidden until now.
            self.call_after_refresh(self._paint_offer_laid_out)
            return
        offer.show(offer_lines(self.job.offered, width, height))

    def _paint_offer_laid_out(self) -> None:
        offer = self._lines("rp-offer")
        if self.job is not None and self.job.offered is not None and offer.size.width >= 8:
            offer.show(offer_lines(self.job.offered, *offer.size))

    def _paint_batch(self, batch: Batch, now: datetime, width: int, height: int) -> None:
        """Only the texts, as many as fit, and what stands against them."""
        if not self.docked:
            crumb = f" {len(batch.jobs)} replies · template {list_cell(batch.template)}"
            self._lines("rp-crumb").show([(PaintSpan(clip(crumb, width), "strong"),)])
        foot = self._batch_foot(batch, width)
        batch.lay_out(width, height - (2 if self.docked else 3) - len(foot), now)
        self._set("rp-review", [])
        page = f"page {batch.at + 1} of {len(batch.pages)}"
        title = rule(
            f"What customers will see · {page}", f"{len(batch.seen)} of {len(batch.jobs)} seen", width
        )
        self._set("rp-heading", [title])
        self._set("rp-count", [])
        self._set("rp-checks", [])
        self._set("rp-foot", foot)
        self._lines("rp-preview").show(batch.look())

    def _batch_foot(self, batch: Batch, width: int) -> list[Line]:
        shown = app_of(self).keymap.shown
        if batch.blocks:
            number, finding = batch.blocks[0]
            words = f" x {len(batch.blocks)} blocked ({shown('back')} back): {number + 1} {finding.sentence}"
        elif batch.warnings:
            number, finding = batch.warnings[0]
            words = f" ! {len(batch.warnings)} to accept ({shown('accept')}): {number + 1} {finding.sentence}"
        else:
            words = " ok  nothing stands against them"
        return [
            (PaintSpan(clip(words, width), "bad" if batch.blocks else "warn" if batch.warnings else "good"),)
        ]

    def _foot(self, job: ReplyJob, width: int) -> list[Line]:
        """Where one has only this panel, the status line says it."""
        return [BLANK, (PaintSpan(clip(f" {job.capability}", width), "dim"),)] if job.capability else []

    def _paint_count(self) -> None:
        # A draft is also saved while the app ends, when the lines may be gone.
        if self.job is not None and self.size.width >= 8 and self.query("#rp-count"):
            self._lines("rp-count").show([summary_line(self.job, self.size.width, live=not self.checking)])

    def _paint_preview(self) -> None:
        if self.job is not None:
            preview = self._lines("rp-preview")
            width, back = self.size.width, self.job.back
            lines: Sequence[Line]
            if back is None:
                lines = preview_lines(self.job.text, width, phone=self.phone)
            elif width >= TWO_COLUMNS:
                left = preview_lines(self.job.text, width // 2, phone=False)
                lines = beside(left, back_lines(back, width - width // 2 - 1), width)
            else:
                text = preview_lines(self.job.text, width, phone=self.phone)
                lines = [*text, BLANK, *back_lines(back, width)]
            preview.show(lines, self._preview_top)
            self._preview_top = preview.top

    def _lines(self, name: str) -> Lines:
        return self.query_one(f"#{name}", Lines)

    def _set(self, name: str, lines: list[Line]) -> None:
        widget = self._lines(name)
        if widget.styles.height is None or widget.styles.height.value != len(lines):
            widget.styles.height = len(lines)
            widget.display = bool(lines)
            widget.call_after_refresh(widget.show, lines)
        widget.show(lines)

    # --- the check step ---

    def scroll_preview(self, by: int) -> None:
        """Scrolls the text that customers will see."""
        self._preview_top = max(0, self._preview_top + by)
        self._paint_preview()

    def turn_phone(self) -> None:
        """Wraps the preview at a phone's width, and back."""
        self.phone = not self.phone
        self._paint_preview()

    def accept(self) -> int:
        """Accepts the warnings shown; how many there were."""
        if self.job is None:
            return 0
        warnings = self.job.open_warnings
        self.job = self.job.accepting({finding.key for finding in warnings})
        self.paint()
        return len(warnings)
