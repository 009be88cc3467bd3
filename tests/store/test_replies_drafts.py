"""Drafts: saved whole, found again for thirty days, and nobody writes unseen beside another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ascinbox.core.outbox import Base, Draft, Kind
from ascinbox.paths import Paths
from ascinbox.store.database import Database
from ascinbox.store.opening import open_database
from ascinbox.store.replies import Replies
from tests.store.test_replies import intention
from tests.workers.clocks import StepClock

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(Paths.under(tmp_path), StepClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def replies(database: Database) -> Replies:
    return Replies(database)


def later(days: float = 0, seconds: float = 0) -> datetime:
    return NOW + timedelta(days=days, seconds=seconds)


DRAFT = Draft("1", "Hello", NOW, Base("hash", "r", "key", NOW), "anna", "crash")


def test_a_draft_comes_back_and_keeps_what_its_writer_saw_first(replies: Replies) -> None:
    replies.drafts.save(DRAFT, "app")
    assert replies.drafts.get("1") == DRAFT
    replies.drafts.save(replace(DRAFT, text="Hello sam", saved_at=later(seconds=2), base=Base("new")), "app")
    saved = replies.drafts.get("1")
    assert saved is not None
    assert (saved.text, saved.base) == ("Hello sam", DRAFT.base)
    assert [draft.review_id for draft in replies.drafts.all()] == ["1"]


def test_a_discarded_text_is_found_for_thirty_days(replies: Replies) -> None:
    replies.drafts.save(DRAFT, "app")
    assert replies.drafts.discard("1", NOW)
    assert not replies.drafts.discard("1", NOW)
    assert replies.drafts.get("1") is None
    assert [kept.text for kept in replies.drafts.discarded()] == ["Hello"]
    replies.drafts.save(replace(DRAFT, review_id="2"), "app")
    replies.drafts.discard("2", later(days=29))
    assert len(replies.drafts.discarded()) == 2
    replies.drafts.discard("none", later(days=31))
    assert [kept.review_id for kept in replies.drafts.discarded()] == ["2"]


def test_an_empty_draft_leaves_nothing_behind(replies: Replies) -> None:
    replies.drafts.save(replace(DRAFT, text="  \n"), "app")
    assert replies.drafts.discard("1", NOW)
    assert replies.drafts.discarded() == ()


def test_o12_a_reply_in_other_words_loses_no_draft(replies: Replies) -> None:
    def confirm(text: str, kind: Kind = Kind.PUBLISH) -> list[str]:
        replies.drafts.save(Draft("1", "My own long thought", NOW), "app")
        replies.queue(intention(text=text, kind=kind, op_id=f"{kind} {text}"))
        return [kept.text for kept in replies.drafts.discarded("1")]

    assert confirm("My own long thought, finished") == []
    assert replies.drafts.get("1") is None
    assert confirm("A script's answer") == ["My own long thought"]
    assert replies.drafts.get("1") is None
    assert confirm("", Kind.WITHDRAW) == ["My own long thought"]
    kept = replies.drafts.get("1")
    assert kept is not None
    assert kept.text == "My own long thought"


def test_an_altered_draft_is_noticed(database: Database, replies: Replies) -> None:
    replies.drafts.save(DRAFT, "app")
    assert replies.altered() == []
    database.execute("UPDATE user.draft SET text = 'Hell'")
    assert replies.altered() == ["1"]


def test_who_is_writing_here(replies: Replies) -> None:
    lasts = timedelta(seconds=60)
    begin = replies.drafts.begin_editing
    assert begin("1", "a", "anna", NOW, lasts) is None
    assert begin("1", "a", "anna", later(seconds=30), lasts) is None
    other = begin("1", "b", "ben", later(seconds=80), lasts)
    assert other is not None
    assert (other.who, other.since) == ("anna", NOW)
    assert begin("1", "b", "ben", later(seconds=91), lasts) is None, "it runs out by itself"
    replies.drafts.end_editing("1", "b")
    assert begin("1", "a", "anna", later(seconds=92), lasts) is None
    assert begin("1", "b", "ben", later(seconds=-9999), lasts) is None, "the clock was set back"
