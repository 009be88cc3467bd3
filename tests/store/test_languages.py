"""The language of a review: detected once a text, corrected for good, the same for lists and the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ascinbox.core.filters import parse
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.reviews.language_decision import FoundLanguage, LanguageSource, decide, text_of
from ascinbox.paths import Paths
from ascinbox.store.cache.accounts import AccountRows
from ascinbox.store.cache.index import build
from ascinbox.store.cache.index.indexer import build_index
from ascinbox.store.cache.languages import is_any_undetected, undetected, write_detected
from ascinbox.store.cache.review_state import doubtful_states, refresh_states
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.store.conftest import NOW, Written
from tests.workers.clocks import StepClock

UNKNOWN = "qrvlk ztbm"
GERMAN = "Seit dem Update geht es nicht mehr"


def portuguese(_line: str) -> Mapping[str, float]:
    return {"pt": 0.9}


def detect(store: Store, limit: int = 1000, wrong: bool = False) -> int:
    waiting = undetected(store.database, limit)
    found = [(each, decide(text_of(each.title, each.body), each.territory, portuguese)) for each in waiting]
    if wrong:
        found = [(each._replace(content=1), decision) for each, decision in found]
    return write_detected(store.database, found)


def language(store: Store, review_id: str) -> FoundLanguage:
    detail = store.reviews.get(review_id)
    assert detail is not None
    return detail.language


def listed(store: Store, query: str) -> list[str]:
    return [row.id for row in store.reviews.window(parse(query, now=NOW)).rows]


@pytest.fixture
def inbox(store: Store, written: Written) -> Store:
    store.reviews.save_page("1", [written(n, t, title="") for n, t in enumerate((UNKNOWN, GERMAN, "5.2"), 1)])
    return store


def test_before_detection_scripts_and_small_words_tell_and_they_stay(inbox: Store) -> None:
    assert language(inbox, "id2").code == "de"
    assert language(inbox, "id1") == FoundLanguage()
    assert (listed(inbox, "lang:de"), listed(inbox, "lang:none")) == (["id2"], ["id1", "id3"])
    assert is_any_undetected(inbox.database)
    assert detect(inbox) == 1
    assert not is_any_undetected(inbox.database)
    assert language(inbox, "id1") == FoundLanguage("pt", 0.9, LanguageSource.DETECTOR)
    assert language(inbox, "id2").source is LanguageSource.WORDS
    assert language(inbox, "id3") == FoundLanguage()
    assert listed(inbox, "lang:pt") == ["id1"]
    assert listed(inbox, "-lang:none") == ["id1", "id2"]
    assert inbox.facets.values("lang") == {"pt": 1, "de": 1}


def test_only_a_new_or_changed_text_is_looked_at_again(inbox: Store, written: Written) -> None:
    detect(inbox)
    inbox.reviews.save_page("1", [written.answered(1, body=UNKNOWN, title="")])
    assert not is_any_undetected(inbox.database)
    inbox.reviews.save_page("1", [written.answered(1, body=GERMAN, title="")])
    assert [each.body for each in undetected(inbox.database, 9)] == [GERMAN]
    assert language(inbox, "id1").code == "de"
    moved = replace(written(1, UNKNOWN, title=""), created_at=NOW)
    inbox.reviews.save_page("1", [moved])
    assert [each.body for each in undetected(inbox.database, 9)] == [UNKNOWN]


def test_what_changed_while_it_was_read_still_waits(inbox: Store) -> None:
    assert detect(inbox, wrong=True) == 0
    assert len(undetected(inbox.database, 9)) == 3


def test_a_correction_stays_and_is_undone(inbox: Store, written: Written) -> None:
    said = FoundLanguage("fr", 1.0, LanguageSource.PERSON)
    assert inbox.queue.mark({"id1": MarkChange(language="fr")}) == ("id1",)
    assert inbox.queue.mark({"id1": MarkChange(language="fr")}) == ()
    detect(inbox)
    assert language(inbox, "id1") == said
    assert listed(inbox, "lang:fr") == ["id1"]
    inbox.reviews.save_page("1", [written(1, GERMAN, title="")])
    detect(inbox)
    assert language(inbox, "id1") == said
    # A rebuilt cache has only what Apple gives.
    for table in ("review_language", "undetected"):
        inbox.database.execute(f"DELETE FROM cache.{table}")
    refresh_states(inbox.database, doubtful_states(inbox.database))
    assert language(inbox, "id1") == said
    act = inbox.acts.since(NOW)[0]
    assert (act.verb, act.detail, act.review_ids) == ("language", "fr", ("id1",))
    assert inbox.queue.undo_last() is not None
    detect(inbox)
    assert language(inbox, "id1").code == "de"


def test_an_older_copy_of_what_persons_said_counts(inbox: Store) -> None:
    inbox.queue.mark({"id1": MarkChange(language="fr")})
    inbox.database.execute("UPDATE user.triage SET language = NULL")
    refresh_states(inbox.database, doubtful_states(inbox.database))
    assert language(inbox, "id1") == FoundLanguage()
    detect(inbox)
    assert language(inbox, "id1").code == "pt"


def test_the_index_follows(
    monkeypatch: pytest.MonkeyPatch, paths: Paths, clock: StepClock, written: Written
) -> None:
    monkeypatch.setattr(build, "FIRST_BLOCK", 20)
    monkeypatch.setattr(build, "BLOCK_SIZE", 20)
    monkeypatch.setattr(build.draft_block, "__defaults__", (20,))
    thread = StoreThread.open(paths, clock)
    texts = [UNKNOWN if n % 3 else GERMAN for n in range(60)]
    thread.call(lambda s: s.reviews.save_page("1", [written(n, t, title="") for n, t in enumerate(texts)]))
    assert build_index(thread) == 3

    def counted(store: Store) -> list[int]:
        queries = [parse(f"lang:{code}", now=NOW) for code in ("de", "pt", "none", "fr")]
        return [store.reviews.count(query) for query in queries]

    assert thread.call(counted) == [20, 0, 40, 0]
    thread.call(lambda s: detect(s, 30))
    assert thread.call(counted) == [20, 20, 20, 0]
    thread.call(detect)
    assert thread.call(counted) == [20, 40, 0, 0]
    build_index(thread)
    assert thread.call(counted) == [20, 40, 0, 0]
    thread.call(lambda s: s.queue.mark({"id1": MarkChange(language="fr")}))
    assert thread.call(counted) == [20, 39, 0, 1]
    thread.close()


def test_reviews_that_are_dropped_leave_nothing_behind(inbox: Store) -> None:
    detect(inbox, 2)
    inbox.queue.mark({"id1": MarkChange(language="fr")})
    keys = [row[0] for row in inbox.database.execute("SELECT key FROM cache.review")]
    with inbox.database.write():
        AccountRows(inbox.database).drop_reviews(keys)
    for table in ("review_language", "undetected", "review"):
        assert inbox.database.one(f"SELECT count(*) FROM cache.{table}") == 0
