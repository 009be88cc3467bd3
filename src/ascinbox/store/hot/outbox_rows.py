"""How an `OutboxRow` lies in the table `outbox`: one place for both ways."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ascinbox.core.clock import from_epoch
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Why
from ascinbox.core.records import Response


def seconds(moment: datetime | None) -> float | None:
    """Epoch seconds with their fraction."""
    return None if moment is None else moment.timestamp()


def moment(value: float | None) -> datetime | None:
    """The aware UTC time of `seconds`."""
    return None if value is None else from_epoch(value)


def values_of(row: OutboxRow) -> dict[str, Any]:
    """The row's values by column; all but `id`."""
    theirs, seen = row.theirs, row.seen
    return {
        "op_id": row.op_id,
        "kind": str(row.kind),
        "review_id": row.review_id,
        "app_id": row.app_id,
        "account_id": row.account_id,
        "credential": row.credential,
        "state": str(row.phase),
        "version": row.version,
        "text": row.text,
        "sha256": row.sha256,
        "base_review": row.base.review_hash,
        "base_response_id": row.base.response_id,
        "base_response_key": row.base.response_key,
        "base_modified_at": seconds(row.base.response_modified_at),
        "queued_at": seconds(row.queued_at),
        "send_after": seconds(row.send_after),
        "changed_at": seconds(row.changed_at),
        "author": row.by,
        "template": row.template,
        "batch": row.batch,
        "session": row.session,
        "lease_owner": row.lease_owner,
        "lease_until": seconds(row.lease_until),
        "attempts": row.attempts,
        "posted_at": seconds(row.posted_at),
        "lost_at": seconds(row.lost_at),
        "rounds": row.rounds,
        "last_read": row.last_read,
        "last_read_at": seconds(row.last_read_at),
        "check_after": seconds(row.check_after),
        "looks": row.looks,
        "accepted_at": seconds(row.accepted_at),
        "published_at": seconds(row.published_at),
        "response_id": row.response_id,
        "echo_key": row.echo_key,
        "why": str(row.why),
        "detail": row.detail,
        "status": row.status,
        "theirs_id": theirs.id if theirs else None,
        "theirs_text": theirs.text if theirs else None,
        "theirs_state": theirs.state if theirs else None,
        "theirs_at": seconds(theirs.modified_at) if theirs else None,
        "seen_review": seen.review_hash if seen else None,
        "seen_response_id": seen.response_id if seen else None,
        "seen_response_key": seen.response_key if seen else None,
        "seen_modified_at": seconds(seen.response_modified_at) if seen else None,
    }


def row_from(at: Mapping[str, Any]) -> OutboxRow:
    """The row of a record by column, `id` among them."""
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


def rows_from(cursor: sqlite3.Cursor) -> list[OutboxRow]:
    """The rows of a statement that selects every column of the table."""
    names = [column[0] for column in cursor.description]
    return [row_from(dict(zip(names, record, strict=True))) for record in cursor]
