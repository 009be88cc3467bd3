"""Sentences for acts that are not kept here while the team's database does not take them."""

from __future__ import annotations

from copy import copy

from ascinbox.core.team import Standing
from ascinbox.store.queue.team.errors import OF_KEPT_ACTS, TeamFull, TeamOffline

_WAITS = {
    "queue": "publishing has to wait, your text is kept",
    "hand_over": "handing over has to wait, your text is kept",
    "withdraw": "deleting a reply has to wait",
    "approve": "approving has to wait",
    "take_back": "taking a reply back has to wait",
    "send_back": "sending it back has to wait",
    "move": "what becomes of a reply has to wait",
    "claim": "taking a review over has to wait",
    "undo_last": "what was sent is taken back when it is back",
}
"""By the act: the function of the database, or another name for a use of it. A line of 80 cells holds it."""

NOT_KNOWN = "it is not known whether it arrived; it is looked up when the team is back"


def named_for(act: str, standing: Standing) -> str:
    """The act as it is for this person: whom a publisher has to read hands over."""
    return "hand_over" if act == "queue" and standing.why_not_publish(standing.me) else act


def has_to_wait(act: str, error: TeamOffline) -> TeamOffline:
    """The error with what a screen's line says of the act that was refused, and what a terminal does."""
    found = copy(error)
    if found.next_step in OF_KEPT_ACTS:
        found.next_step = "Nothing was done. Do it again when it is back."
    why = "the team's disk is full" if isinstance(error, TeamFull) else "the team cannot be reached"
    found.brief = f"{why}: {_WAITS.get(act, 'this has to wait')}"
    return found


def may_have_arrived() -> TeamOffline:
    """The act that would be taken back was asked for without an answer."""
    found = TeamOffline(
        "It is not known whether your last act arrived",
        "",
        "It can be taken back when the team can be reached.",
    )
    found.brief = "it is not known whether that arrived: take it back when the team is back"
    return found


def not_known(error: TeamOffline) -> TeamOffline:
    """The same for an act that was asked for without an answer, and is looked up later."""
    found = copy(error)
    found.title = "The team's database did not answer: it is not known whether this arrived"
    found.next_step = "Look when it is back, before you do it again: ascinbox outbox."
    found.brief = NOT_KNOWN
    return found
