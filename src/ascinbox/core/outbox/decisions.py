"""What a person decides about a reply in the outbox. Pure; each result is one committed write."""

from __future__ import annotations

from datetime import datetime, timedelta

from ascinbox.core.outbox.delivery import free
from ascinbox.core.outbox.states import OutboxRow, Phase, Rules, Why, moved


def sent_now(row: OutboxRow, now: datetime) -> OutboxRow:
    """The person ends the undo window of a queued row; a wait that the store asked for they cannot end."""
    if row.why is Why.RATE_LIMITED:
        return row
    return moved(row, Phase.QUEUED, now, send_after=now)


def consented(row: OutboxRow, credential: str, now: datetime, rules: Rules) -> OutboxRow:
    """A held or failed row goes out again: what the person was shown becomes the new base."""
    return moved(
        free(row),
        Phase.QUEUED,
        now,
        base=row.seen or row.base,
        credential=credential,
        queued_at=now,
        send_after=now + timedelta(seconds=rules.undo_s),
        posted_at=None,
        lost_at=None,
        rounds=0,
        last_read="",
        last_read_at=None,
        check_after=None,
        looks=0,
        why=Why.NONE,
        detail="",
        status=None,
        theirs=None,
        seen=None,
    )


def approved(row: OutboxRow, now: datetime, rules: Rules) -> OutboxRow:
    """A publisher has read what waits: from here on it is on its way like any other."""
    return moved(row, Phase.QUEUED, now, queued_at=now, send_after=now + timedelta(seconds=rules.undo_s))


def taken_back(row: OutboxRow, now: datetime) -> OutboxRow:
    """The text goes back to being a draft."""
    return moved(row, Phase.UNDONE, now, check_after=None)


def dropped(row: OutboxRow, now: datetime) -> OutboxRow:
    """The person lets a held or failed reply go; the text stays in the row."""
    return moved(row, Phase.DROPPED, now, check_after=None)


def superseded(row: OutboxRow, now: datetime) -> OutboxRow:
    """A later text of ours took its place."""
    return moved(row, Phase.SUPERSEDED, now, check_after=None)
