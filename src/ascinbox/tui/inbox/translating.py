"""Translations under the review that is read, as one reads on, and of the reply in the check step."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.actions import Handler, Handlers, Spoken
from ascinbox.tui.inbox.engine_consent import with_consent
from ascinbox.tui.inbox.readtext import ShownTranslation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ascinbox.core.records import ReviewDetail
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.reading import CurrentReview
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.screen import InboxScreen

KEPT = 200
"""Translations at hand; older ones are in the store."""
READ_ON_AFTER_S = 0.6
"""While one reads on, a review is translated once the cursor has rested on it so long."""
WAITING = "being translated …"


class InboxTranslating:
    """One key shows a translation and hides it; nothing is asked without the key or `:translate on`."""

    def __init__(self, screen: InboxScreen, reading: CurrentReview, reply: InboxReply) -> None:
        self._screen = screen
        self._reader = screen.reader
        self._reading = reading
        self._reply = reply
        self._shown: OrderedDict[str, ShownTranslation] = OrderedDict()
        self._reads_on = False
        self._rested: asyncio.Task[None] | None = None
        reading.translated = self.of
        reading.read_now = self.read

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {"translate": Handler(self.translate, self._why_not)}

    def answering_actions(self) -> Handlers:
        """What it does in the check step."""
        return {"translate": Handler(self.translate_reply, self._no_reply)}

    def spoken(self) -> Mapping[str, Spoken]:
        """Commands with words: `:translate on`."""
        how = "translate on: each review as you read on (translate off: only by the key)"
        return {"translate": Spoken(how, self.read_on)}

    def _why_not(self) -> str:
        return self._app.workspace.assist.why_not() or (
            "" if self._reader.reading is not None else "there is no review here"
        )

    def _no_reply(self) -> str:
        if self._reply.bulk is not None:
            return "a batch is not translated back"
        return self._app.workspace.assist.why_not()

    # --- reviews ---

    def of(self, detail: ReviewDetail) -> ShownTranslation | None:
        """What is shown under a review."""
        found = self._shown.get(detail.review.id)
        return found if found is not None and found.is_of(detail) else None

    async def translate(self) -> None:
        """Shows the translation of the review that is read, or hides it."""
        reading = self._reader.reading
        if reading is None:
            return
        if reading.translation is not None:
            self._shown.pop(reading.detail.review.id, None)
            self._show_again(reading.detail.review.id)
            return
        detail = reading.detail
        await with_consent(self._app, self._screen, lambda: self._begin(detail))

    async def read_on(self, word: str) -> None:
        """Translates each review as one reads on, or no longer."""
        if word not in ("on", "off"):
            self._app.notices.say("translate on, or translate off")
            return
        refusal = self._app.workspace.assist.why_not()
        if word == "on" and refusal:
            self._app.notices.say(refusal)
            return

        async def switch() -> None:
            self._reads_on = word == "on"
            said = "reviews are translated as you read on" if self._reads_on else "translated by the key only"
            self._app.notices.say(said)
            if self._reads_on and self._reader.reading is not None:
                self.read(self._reader.reading.detail)

        if word == "on":
            await with_consent(self._app, self._screen, switch)
        else:
            await switch()

    def read(self, detail: ReviewDetail) -> None:
        """A review is read: while one reads on, it is translated once the cursor rests."""
        if self._rested is not None:
            self._rested.cancel()
            self._rested = None
        if not self._reads_on or self.of(detail) is not None or detail.language.code is None:
            return
        if detail.language.code != self._app.workspace.assist.target:
            self._rested = self._app.spawn(self._when_rested(detail))
            self._rested.set_name("engine")

    async def _when_rested(self, detail: ReviewDetail) -> None:
        await asyncio.sleep(READ_ON_AFTER_S)
        self._rested = None
        assist = self._app.workspace.assist
        known = await self._app.work(assist.known, detail.review.id)
        if known is None and await self._app.work(assist.left_today) <= 0:
            self._reads_on = False
            self._app.notices.say("today's translations are used up: [assist] a_day; the key still works")
            return
        await self._begin(detail)

    async def _begin(self, detail: ReviewDetail) -> None:
        assist = self._app.workspace.assist
        self._put(ShownTranslation.waiting(detail, assist.choice.name, WAITING))
        self._app.spawn(self._ask(detail)).set_name("engine")

    async def _ask(self, detail: ReviewDetail) -> None:
        review_id = detail.review.id
        try:
            made = await self._app.work(self._app.workspace.assist.translate, review_id)
        except AscinboxError as error:
            if self.of(detail) is not None:
                self._shown.pop(review_id, None)
            self._show_again(review_id)
            self._app.notices.tell_error(error)
            return
        if self.of(detail) is not None:
            self._put(ShownTranslation.made(detail, made.engine, made.title, made.body))

    def _put(self, shown: ShownTranslation) -> None:
        self._shown[shown.review_id] = shown
        self._shown.move_to_end(shown.review_id)
        while len(self._shown) > KEPT:
            self._shown.popitem(last=False)
        self._show_again(shown.review_id)

    def _show_again(self, review_id: str) -> None:
        reading = self._reader.reading
        if reading is not None and reading.detail.review.id == review_id:
            self._reading.show(reading.detail)

    # --- the reply ---

    async def translate_reply(self) -> None:
        """Shows beside the reply what it says in one's own language, or hides that."""
        panel = self._reply.panel
        job = panel.job
        if job is None:
            return
        if job.back is not None:
            panel.set_back(None)
            return
        detail, text = job.detail, job.text

        async def begin() -> None:
            panel.set_back(ShownTranslation.waiting(detail, self._app.workspace.assist.choice.name, WAITING))
            self._app.spawn(self._ask_reply(detail, text)).set_name("engine")

        await with_consent(self._app, self._screen, begin)

    async def _ask_reply(self, detail: ReviewDetail, text: str) -> None:
        ask = partial(self._app.workspace.assist.translate_reply, detail.review.id, text)
        panel = self._reply.panel
        try:
            made = await self._app.work(ask)
        except AscinboxError as error:
            self._set_back(detail, text, None)
            self._app.notices.tell_error(error)
            return
        if panel.job is not None and panel.job.back is not None:
            self._set_back(detail, text, ShownTranslation.made(detail, made.engine, "", made.body))

    def _set_back(self, detail: ReviewDetail, text: str, back: ShownTranslation | None) -> None:
        panel = self._reply.panel
        job = panel.job
        if job is not None and job.review_id == detail.review.id and job.text == text:
            panel.set_back(back)
