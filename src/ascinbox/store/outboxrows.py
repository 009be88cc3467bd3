"""How an `OutboxRow` lies in the table `outbox`: one place for its columns, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ascinbox.core.clock import from_epoch
from ascinbox.core.outbox import Base, Kind, OutboxRow, Phase, Why
from ascinbox.core.records import Response

COLUMNS = (
    "op_id",
    "kind",
    "review_id",
    "app_id",
    "account_id",
    "credential",
    "state",
    "version",
    "text",
    "sha256",
    "base_review",
    "base_response_id",
    "base_response_key",
    "base_modified_at",
    "queued_at",
    "send_after",
    "changed_at",
    "author",
    "template",
    "batch",
    "session",
    "lease_owner",
    "lease_until",
    "attempts",
    "posted_at",
    "lost_at",
    "rounds",
    "last_read",
    "last_read_at",
    "check_after",
    "looks",
    "accepted_at",
    "published_at",
    "response_id",
    "echo_key",
    "why",
    "detail",
    "status",
    "theirs_id",
    "theirs_text",
    "theirs_state",
    "theirs_at",
    "seen_review",
    "seen_response_id",
    "seen_response_key",
    "seen_modified_at",
)
"""Every column but `id`, in the order of `values_of`."""

SELECTED = ", ".join(f"o.{name}" for name in ("id", *COLUMNS))
"""The select list for `row_from`, of a table named `o`."""


def seconds(moment: datetime | None) -> float | None:
    """Epoch seconds with their fraction."""
    return None if moment is None else moment.timestamp()


def moment(value: float | None) -> datetime | None:
    """The aware UTC time of `seconds`."""
    return None if value is None else from_epoch(value)


def values_of(row: OutboxRow) -> tuple[Any, ...]:
    """The row's values in the order of `COLUMNS`."""
    theirs, seen = row.theirs, row.seen
    return (
        row.op_id,
        str(row.kind),
        row.review_id,
        row.app_id,
        row.account_id,
        row.credential,
        str(row.phase),
        row.version,
        row.text,
        row.sha256,
        row.base.review_hash,
        row.base.response_id,
        row.base.response_key,
        seconds(row.base.response_modified_at),
        seconds(row.queued_at),
        seconds(row.send_after),
        seconds(row.changed_at),
        row.by,
        row.template,
        row.batch,
        row.session,
        row.lease_owner,
        seconds(row.lease_until),
        row.attempts,
        seconds(row.posted_at),
        seconds(row.lost_at),
        row.rounds,
        row.last_read,
        seconds(row.last_read_at),
        seconds(row.check_after),
        row.looks,
        seconds(row.accepted_at),
        seconds(row.published_at),
        row.response_id,
        row.echo_key,
        str(row.why),
        row.detail,
        row.status,
        theirs.id if theirs else None,
        theirs.text if theirs else None,
        theirs.state if theirs else None,
        seconds(theirs.modified_at) if theirs else None,
        seen.review_hash if seen else None,
        seen.response_id if seen else None,
        seen.response_key if seen else None,
        seconds(seen.response_modified_at) if seen else None,
    )


def row_from(record: Sequence[Any]) -> OutboxRow:
    """The row of a record selected by `SELECTED`."""
    at = dict(zip(("id", *COLUMNS), record, strict=False))
    theirs = None
    if at["theirs_id"] is not None:
        theirs = Response(at["theirs_id"], at["theirs_text"], at["theirs_state"], moment(at["theirs_at"]))
    seen = None
    if at["seen_review"] is not None:
        seen = Base(
            at["seen_review"], at["seen_response_id"], at["seen_response_key"], moment(at["seen_modified_at"])
        )
    return OutboxRow(
        id=at["id"],
        op_id=at["op_id"],
        kind=Kind(at["kind"]),
        review_id=at["review_id"],
        app_id=at["app_id"],
        account_id=at["account_id"],
        credential=at["credential"],
        phase=Phase(at["state"]),
        version=at["version"],
        text=at["text"],
        sha256=at["sha256"],
        base=Base(
            at["base_review"],
            at["base_response_id"],
            at["base_response_key"],
            moment(at["base_modified_at"]),
        ),
        queued_at=from_epoch(at["queued_at"]),
        send_after=from_epoch(at["send_after"]),
        changed_at=from_epoch(at["changed_at"]),
        by=at["author"],
        template=at["template"],
        batch=at["batch"],
        session=at["session"],
        lease_owner=at["lease_owner"],
        lease_until=moment(at["lease_until"]),
        attempts=at["attempts"],
        posted_at=moment(at["posted_at"]),
        lost_at=moment(at["lost_at"]),
        rounds=at["rounds"],
        last_read=at["last_read"],
        last_read_at=moment(at["last_read_at"]),
        check_after=moment(at["check_after"]),
        looks=at["looks"],
        accepted_at=moment(at["accepted_at"]),
        published_at=moment(at["published_at"]),
        response_id=at["response_id"],
        echo_key=at["echo_key"],
        why=Why(at["why"]),
        detail=at["detail"],
        status=at["status"],
        theirs=theirs,
        seen=seen,
    )
