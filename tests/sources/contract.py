"""What every `StoreSource` is held to. A store's test module subclasses `SourceContract`, gives `store`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from ascinbox.core.clock import Clock, SystemClock
from ascinbox.core.errors import NotFound, Rejected, Unauthorized, UnexpectedAnswer
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Circumstances, HealthState
from ascinbox.core.records import Credential, Page, Review
from ascinbox.core.secret import Secret
from ascinbox.core.stores import StoreInfo, native_id, store_info, store_of_review, unique_id
from ascinbox.sources.base import BudgetLedger, Connection, Found, RawReviews, SourceTools, Target
from ascinbox.sources.paging import walk
from ascinbox.sources.registry import source_of

TEXT = "Thank you. The next version puts this right."


@dataclass
class StoreAtHand:
    """A store with at least three reviews without a reply, and a key that may read and answer them."""

    store: str
    credential: Credential
    secret: Secret
    app_id: str
    base_url: str
    refuse: Callable[[], None]
    """From then on the store accepts the key no more."""

    def __post_init__(self) -> None:
        self.source = source_of(self.store)
        self.clock: Clock = SystemClock()
        self.tools = SourceTools(self.clock, threading.Event(), _one_by_one, base_url=self.base_url)

    @property
    def info(self) -> StoreInfo:
        return store_info(self.store)

    def connect(self) -> Connection:
        ledger = BudgetLedger(lambda _budget: None, lambda _until: None, lambda: None)
        budget = self.source.budget(self.tools, ledger)
        return self.source.connect(self.credential, self.secret, budget, self.tools)

    def pages(self, connection: Connection) -> list[Page[Review]]:
        """Every page of the app."""

        def fetch(query: str | None) -> Page[Review]:
            return connection.reviews_read(self.app_id, lambda raw: raw.parse(), query=query)

        return list(walk(fetch))

    def reviews(self, connection: Connection) -> list[Review]:
        return [review for page in self.pages(connection) for review in page.items]

    def unanswered(self, connection: Connection) -> Review:
        return next(review for review in self.reviews(connection) if review.response is None)

    def probe(self, *features: Capability) -> Found:
        with_reviews = frozenset((*features, Capability.REVIEWS))
        return self.source.prober(self.connect(), Target(with_reviews), self.tools).run()

    def facts(self) -> Circumstances:
        return Circumstances("North", self.credential.kind, self.credential.key_id, self.clock.now())


def _one_by_one(steps: Iterable[Callable[[], None]]) -> None:
    for step in steps:
        step()


class SourceContract:
    """The tests. `store` is a fixture of the subclass."""

    def test_the_kind_of_the_credential_is_the_stores(self, store: StoreAtHand) -> None:
        assert store.info.kind(store.credential.kind).lists_apps

    def test_apps_are_listed_once(self, store: StoreAtHand) -> None:
        ids = [app.id for page in store.connect().apps() for app in page.items]
        assert store.app_id in ids
        assert len(ids) == len(set(ids))

    def test_reviews_come_newest_first_and_each_once(self, store: StoreAtHand) -> None:
        reviews = store.reviews(store.connect())
        dates = [review.created_at for review in reviews if review.created_at is not None]
        assert dates == sorted(dates, reverse=True)
        assert len({review.id for review in reviews}) == len(reviews) >= 3
        assert {review.app_id for review in reviews} == {store.app_id}

    def test_ids_are_the_stores_own_in_every_way_that_they_are_given(self, store: StoreAtHand) -> None:
        connection = store.connect()
        for review in store.reviews(connection):
            assert store_of_review(review.id) is store.info
            assert unique_id(store.store, native_id(review.id)) == review.id
        first = store.unanswered(connection)
        assert connection.review(first.id, store.app_id) == first

    def test_foreign_text_is_clean(self, store: StoreAtHand) -> None:
        for review in store.reviews(store.connect()):
            told = review.title + review.body + review.nickname
            assert not [char for char in told if ord(char) < 32 and char != "\n"]

    def test_a_page_reads_the_same_in_another_process(self, store: StoreAtHand) -> None:
        def both(raw: RawReviews) -> tuple[Page[Review], Page[Review]]:
            assert raw.store == store.store
            assert raw.latest > store.clock.now() - timedelta(minutes=5)
            packed = raw.packed()
            return raw.parse(), store.source.parse_reviews(packed, store.app_id, raw.latest)

        here, there = store.connect().reviews_read(store.app_id, both)
        assert here == there
        assert here.items

    @pytest.mark.parametrize("packed", [b"", b"[1]", b"{", b"\xff\xfe"])
    def test_what_is_no_page_is_said_to_be_none(self, store: StoreAtHand, packed: bytes) -> None:
        with pytest.raises(UnexpectedAnswer):
            store.source.parse_reviews(packed, store.app_id, store.clock.now())

    def test_a_review_that_is_not_there_is_not_found(self, store: StoreAtHand) -> None:
        missing = unique_id(store.store, "00000000-0000-0000-0000-000000000000")
        with pytest.raises(NotFound):
            store.connect().review(missing, store.app_id)

    def test_a_reply_is_published_replaced_and_withdrawn(self, store: StoreAtHand) -> None:
        connection = store.connect()
        review = store.unanswered(connection)
        assert connection.publish(review.id, TEXT).text == TEXT
        read = connection.review(review.id, store.app_id)
        assert read.response is not None
        assert (read.response.text, read.id) == (TEXT, review.id)
        again = connection.publish(review.id, TEXT + " Soon.")
        read = connection.review(review.id, store.app_id)
        assert read.response is not None
        assert read.response.text == again.text == TEXT + " Soon."
        if store.info.withdraws:
            connection.withdraw(read.response.id)
            assert connection.review(review.id, store.app_id).response is None
            with pytest.raises(NotFound):
                connection.withdraw(read.response.id)

    def test_a_reply_to_nothing_is_refused(self, store: StoreAtHand) -> None:
        missing = unique_id(store.store, "00000000-0000-0000-0000-000000000000")
        with pytest.raises((NotFound, Rejected)):
            store.connect().publish(missing, TEXT)

    def test_a_good_key_is_proved(self, store: StoreAtHand) -> None:
        found = store.probe()
        assert found.accepted
        assert found.apps is not None
        assert store.app_id in {app.id for app in found.apps}
        verdict = store.source.judge(Capability.REVIEWS, found.evidence[Capability.REVIEWS], store.facts())
        assert (verdict.state, verdict.severity) == (HealthState.OK, 0)
        assert verdict.credential == store.credential.key_id
        assert store.source.is_accepted(store.connect(), 10.0) is True

    def test_what_the_kind_cannot_have_is_said_to_be_impossible(self, store: StoreAtHand) -> None:
        able = store.info.kind(store.credential.kind).capabilities
        for capability in Capability:
            if capability not in able:
                verdict = store.source.judge(capability, None, store.facts())
                assert verdict.state is HealthState.NOT_POSSIBLE

    def test_a_key_that_is_refused_is_told_with_the_way_out(self, store: StoreAtHand) -> None:
        store.refuse()
        with pytest.raises(Unauthorized):
            store.reviews(store.connect())
        found = store.probe()
        assert not found.accepted
        verdict = store.source.judge(Capability.REVIEWS, found.evidence[Capability.REVIEWS], store.facts())
        assert (verdict.state, verdict.severity) == (HealthState.REJECTED, 2)
        assert verdict.fix
        assert store.source.is_accepted(store.connect(), 10.0) is False
