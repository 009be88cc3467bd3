"""The guided tour of the demo: eight steps on the real screens, each done by doing it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ascinbox.tui.actions import CHECK, LIST, TYPING, Keymap
from ascinbox.tui.inbox.panes import panes_of


@dataclass(frozen=True, slots=True)
class Doing:
    """What was just done, and where it led."""

    action: str
    context: str
    place: str
    after: str = ""
    """What opened the menu that was just left; empty when none was."""


@dataclass(frozen=True, slots=True)
class TourStep:
    """What to read, what to press (`{action}` stands for its key), and when it is done."""

    title: str
    says: str
    press: str
    done: Callable[[Doing], bool]


def _did(*actions: str) -> Callable[[Doing], bool]:
    return lambda doing: doing.action in actions


STEPS: tuple[TourStep, ...] = (
    TourStep(
        "The queue",
        "What needs you in all apps, oldest first. The mark at the left of a review says why; {help} tells "
        "what each mark means. Nothing here waits for a store.",
        "Press {next} a few times, or {need_next}.",
        _did("next", "need_next", "last", "page_down"),
    ),
    TourStep(
        "Views",
        "{views_place} Each is a saved filter with its count; {view_next} goes to the next.",
        "Press {views}, then 2 for Low stars.",
        lambda doing: (
            doing.context == LIST
            and (
                doing.action in {"view_next", "view_prev"}
                or (doing.after == "views" and doing.action != "back")
            )
        ),
    ),
    TourStep(
        "Filter",
        "A filter narrows the list while you type; enter keeps it, esc brings the former one back.",
        "Press {filter}, type  territory:US  and press enter.",
        lambda doing: doing.action == "open" and doing.context not in TYPING,
    ),
    TourStep(
        "Answer one review",
        "A template is filled in the language of the review and shown as customers will see it.",
        "Press {template}, then 1.",
        lambda doing: doing.context == CHECK,
    ),
    TourStep(
        "The check step",
        "The last look. Contact data, a wrong language or an unfilled {{variable}} are pointed out below.",
        "Press {publish} to publish (nothing leaves this machine in the demo).",
        lambda doing: doing.action == "publish" and doing.context != CHECK,
    ),
    TourStep(
        "Thirty seconds",
        "The reply waits, and {undo} would take it back. Just before it leaves, the review is read again; if "
        "somebody else was quicker, the reply is held and both texts are shown.",
        "Press {go_outbox} to see what is on its way.",
        lambda doing: doing.place == "outbox",
    ),
    TourStep(
        "Health",
        "Every connection by what it may do. A red cell says what the store said, what it means and who "
        "clicks what where: read one.",
        "Press {go_health}, then {need_next}.",
        lambda doing: doing.place == "health" and doing.action in {"need_next", "next"},
    ),
    TourStep(
        "The rest",
        "{help} shows the keys that work where you are, {commands} finds any of them by name, {similar} "
        "lists reviews with the same words, {go_metrics} has the figures, {done} and {snooze} clear a review "
        "without an answer.",
        "Press {go_inbox} for the queue. {leave} leaves the demo; nothing of it stays behind.",
        _did("go_inbox", "help", "commands"),
    ),
)


def _views_place(width: int, height: int, key: str) -> str:
    """Where the views stand in the Inbox at this size."""
    panes = panes_of(width, height)
    if panes.wide:
        return "The column at the left begins with the views."
    return f"{key} lists the views." if panes.tiny else "The line above the filter holds the views."


class Tour:
    """Where a person is in the tour."""

    def __init__(self) -> None:
        self.number = 0
        self._opened = ""

    @property
    def over(self) -> bool:
        """All steps done or skipped."""
        return self.number >= len(STEPS)

    def skip(self) -> None:
        """On to the next step."""
        self.number += 1

    def saw(self, doing: Doing) -> bool:
        """True when that was what the step asked for; the tour is then one step on."""
        if doing.context != LIST:
            self._opened = doing.action or self._opened
        else:
            doing, self._opened = replace(doing, after=self._opened), ""
        if self.over or not STEPS[self.number].done(doing):
            return False
        self.number += 1
        return True

    def words(self, keymap: Keymap, width: int, height: int) -> tuple[str, str, str]:
        """Title, text and what to press, with this person's keys, in a terminal of this size."""
        step = STEPS[self.number]
        keys = {action: keymap.shown(action) for action in keymap.keys}
        keys["views_place"] = _views_place(width, height, keys["views"])
        title = f"Tour {self.number + 1} of {len(STEPS)} · {step.title}"
        return title, step.says.format(**keys), step.press.format(**keys)
