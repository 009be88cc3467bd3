"""How events come in: gathered for a moment, merged, told to the screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message

from ascinbox.core.events import (
    AccountsChanged,
    ActLookedUp,
    Connectivity,
    DifferencesFound,
    Event,
    FactsChanged,
    NoteMentioned,
    Notice,
    ReplyEnded,
    ReplyWaiting,
    ReviewsChanged,
    SyncProgress,
    TeamConnection,
)
from ascinbox.core.text import list_cell
from ascinbox.tui.coalescer import PATIENCE_S
from ascinbox.tui.summary import with_progress

if TYPE_CHECKING:
    from ascinbox.tui.app import AscinboxApp

GATHER_S = 0.1
"""Events are gathered this long before a screen hears of them."""
_FROM_SYNC = (SyncProgress, ReviewsChanged, FactsChanged, AccountsChanged, Connectivity)
"""What a sync tells all the time."""


ENDED_WORDS = {
    "send back": "{by} sent your reply back: it is your draft again",
    "take back": "{by} took your reply back: it waits no more",
    "replace": "{by} put another reply in the place of yours (Activity has both)",
    "drop": "{by} dropped your reply: it is not sent (Activity has it)",
}
"""What is said of somebody else's act on one's own reply."""
ENDED_VERBS = {"send back": "sent back", "take back": "took back", "replace": "replaced", "drop": "dropped"}


class Heard(Message):
    """Something happened in the background."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class EventFeed:
    """Hears what the workers publish, on any thread, and tells the screens on the loop."""

    def __init__(self, app: AscinboxApp) -> None:
        self._app = app
        self._gathered: list[Event] = []
        self._gathered_at = 0.0
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def waiting(self) -> bool:
        """Whether something was heard that the screens do not know yet."""
        return bool(self._gathered)

    def start(self) -> None:
        """Begins to listen."""
        self._unsubscribe = self._app.workspace.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        """On any thread."""
        self._app.post_message(Heard(event))

    def stop(self) -> None:
        """Listens no more."""
        self._unsubscribe()

    def take(self, event: Event) -> None:
        """Gathers events for a moment, so that a busy sync repaints ten times a second at most.

        What the sync tells while somebody is at the keys waits until they rest, up to `PATIENCE_S`.
        """
        if isinstance(event, Notice):
            self._app.notices.say_fitting(event.text, event.severity)
            if event.severity == "error" and self._app.frame.preparing:
                # Nothing is being prepared any more, and nobody has to wait for it.
                self._app.frame = replace(self._app.frame, preparing=False)
        else:
            if isinstance(event, DifferencesFound):
                self._app.frame = replace(self._app.frame, to_settle=event.count)
            words = team_words(event, self._app.keymap.shown)
            if isinstance(event, TeamConnection) and words:
                self._app.notices.say_fitting(words)
            elif words:
                self._app.notices.say(words, "warning")
        if not self._gathered:
            self._gathered_at = monotonic()
            self._app.set_timer(GATHER_S, self._deliver)
        self._gathered.append(event)

    def _deliver(self) -> None:
        waited = monotonic() - self._gathered_at
        only_sync = all(isinstance(event, _FROM_SYNC) for event in self._gathered)
        if only_sync and waited < PATIENCE_S and self.keys_first():
            self._app.set_timer(GATHER_S, self._deliver)
            return
        gathered, self._gathered = self._gathered, []
        for event in gathered:
            if isinstance(event, SyncProgress):
                self._app.frame = with_progress(self._app.frame, event)
        if any(not isinstance(event, SyncProgress | Notice) for event in gathered):
            self._app.summary.refresh()
        self._app.tell_frame()
        merged = merge_events(gathered)
        for screen in self._app.top_screens():
            for event in merged:
                self._app.spawn(screen.heard(event))
        if self._app.profile.bell and any(isinstance(e, ReviewsChanged) and e.new for e in merged):
            self._app.bell()

    def keys_first(self) -> bool:
        """While a sync brings news all the time, they wait for a pause of the keys."""
        return self._app.workspace.throttle.keys_first


def team_words(event: Event, shown: Callable[[str], str]) -> str:
    """What is said at once of what teammates did; empty for other events. `shown`: the key of an action."""
    match event:
        case NoteMentioned():
            return f"{list_cell(event.author)} in a note: {list_cell(event.body)}"
        case ReplyEnded():
            return _ended_words(event)
        case ReplyWaiting():
            return f"a reply by {list_cell(event.author)} waits for a publisher (is:waiting)"
        case DifferencesFound():
            many = "1 of your acts meets" if event.count == 1 else f"{event.count} of your acts meet"
            return f"{many} a change by a teammate: {shown('differences')} asks which one holds"
        case ActLookedUp():
            return event.words
        case TeamConnection(online=False):
            return event.words or "the team cannot be reached: what you do is kept and sent later"
        case _:
            return ""


def _ended_words(event: ReplyEnded) -> str:
    by, author = list_cell(event.by), list_cell(event.approved_of)
    if not author:
        return ENDED_WORDS[event.verb].format(by=by)
    what = "a reply" if event.by == event.approved_of else f"{author}'s reply"
    return f"{by} {ENDED_VERBS[event.verb]} {what} that you had approved: it is not sent"


def merge_events(gathered: Sequence[Event]) -> list[Event]:
    """A burst as few events: changed reviews as one, doubles and progress left out."""
    merged: list[Event] = []
    ids: dict[str, None] = {}
    new = 0
    every = False
    for event in gathered:
        if isinstance(event, ReviewsChanged):
            every = every or event.ids is None
            new += event.new
            ids.update(dict.fromkeys(event.ids or ()))
        elif not isinstance(event, SyncProgress | Notice) and event not in merged:
            merged.append(event)
    if ids or every or new:
        merged.insert(0, ReviewsChanged(None if every else tuple(ids), new))
    return merged
