"""Drafts: saved whole, found again for thirty days, and nobody writes unseen beside another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ascinbox.core.outbox.states import Base, Draft, Kind
from ascinbox.store.store import Store
from tests.store.test_replies import intention

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


def later(days: float = 0, seconds: float = 0) -> datetime:
    return NOW + timedelta(days=days, seconds=seconds)


DRAFT = Draft("1", "Hello", NOW, Base("hash", "r", "key", NOW), "anna", "crash")


def test_a_draft_comes_back_and_keeps_what_its_writer_saw_first(store: Store) -> None:
    store.queue.save_draft(DRAFT, "app")
    assert store.drafts.get("1") == DRAFT
    store.queue.save_draft(
        replace(DRAFT, text="Hello sam", saved_at=later(seconds=2), base=Base("new")), "app"
    )
    saved = store.drafts.get("1")
    assert saved is not None
    assert (saved.text, saved.base) == ("Hello sam", DRAFT.base)
    assert [draft.review_id for draft in store.drafts.all()] == ["1"]


def test_a_discarded_text_is_found_for_thirty_days(store: Store) -> None:
    store.queue.save_draft(DRAFT, "app")
    assert store.queue.discard_draft("1", NOW)
    assert not store.queue.discard_draft("1", NOW)
    assert store.drafts.get("1") is None
    assert [kept.text for kept in store.drafts.discarded()] == ["Hello"]
    store.queue.save_draft(replace(DRAFT, review_id="2"), "app")
    store.queue.discard_draft("2", later(days=29))
    assert len(store.drafts.discarded()) == 2
    store.queue.discard_draft("none", later(days=31))
    assert [kept.review_id for kept in store.drafts.discarded()] == ["2"]


def test_an_empty_draft_leaves_nothing_behind(store: Store) -> None:
    store.queue.save_draft(replace(DRAFT, text="  \n"), "app")
    assert store.queue.discard_draft("1", NOW)
    assert store.drafts.discarded() == ()


def test_o12_a_reply_in_other_words_loses_no_draft(store: Store) -> None:
    def confirm(text: str, kind: Kind = Kind.PUBLISH) -> list[str]:
        store.queue.save_draft(Draft("1", "My own long thought", NOW), "app")
        store.queue.queue(intention(text=text, kind=kind, op_id=f"{kind} {text}"))
        return [kept.text for kept in store.drafts.discarded("1")]

    assert confirm("My own long thought, finished") == []
    assert store.drafts.get("1") is None
    assert confirm("A script's answer") == ["My own long thought"]
    assert store.drafts.get("1") is None
    assert confirm("", Kind.WITHDRAW) == ["My own long thought"]
    kept = store.drafts.get("1")
    assert kept is not None
    assert kept.text == "My own long thought"


def test_an_altered_draft_is_noticed(store: Store) -> None:
    store.queue.save_draft(DRAFT, "app")
    assert store.outbox.altered() == []
    store.database.execute("UPDATE user.draft SET text = 'Hell'")
    assert store.outbox.altered() == ["1"]


def test_who_is_writing_here(store: Store) -> None:
    lasts = timedelta(seconds=60)
    begin = store.queue.claim
    assert begin("1", "a", "anna", NOW, lasts) is None
    assert begin("1", "a", "anna", later(seconds=30), lasts) is None
    other = begin("1", "b", "ben", later(seconds=80), lasts)
    assert other is not None
    assert (other.who, other.since) == ("anna", NOW)
    assert begin("1", "b", "ben", later(seconds=91), lasts) is None, "it runs out by itself"
    store.queue.release("1", "b")
    assert begin("1", "a", "anna", later(seconds=92), lasts) is None
    assert begin("1", "b", "ben", later(seconds=-9999), lasts) is None, "the clock was set back"
