"""Whom an act concerns that ended a reply before it went out: its author, and who had approved it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ascinbox.core.events import ReplyEnded
from ascinbox.core.outbox.sentences import ENDED
from ascinbox.core.reviews.acts import APPROVED


def ended(act: Mapping[str, Any], me: str) -> ReplyEnded | None:
    """What a row of a team's log tells this login; None where it ended nothing of theirs, or is their own."""
    author, by, verb = act["subject"], act["who"], act["verb"]
    if verb not in ENDED or by == me or me not in (author, act["detail"].partition(APPROVED)[2]):
        return None
    approved_of = "" if author == me else author
    return ReplyEnded(json.loads(act["reviews"])[0], by, verb, approved_of=approved_of)
