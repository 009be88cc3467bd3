"""Deliveries under faults and kills: every event at every destination, once where the receiver knows ids,
and nothing that was there before."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from ascinbox.core.records import Review
from ascinbox.workers.workspace import Workspace
from tests.faults.children import Where
from tests.faults.deliverers import deliver_for_ever, open_hurried
from tests.faults.nursery import Child, Nursery
from tests.workers.deliveries.receivers import MailServer, Receiver, chance, mailing, serving

SETTINGS = {
    ("outbox", "lease_seconds"): 120,
    ("network", "deadline_seconds"): 1.0,
    ("sync", "every_minutes"): 0,
    ("health", "every_minutes"): 0,
}
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
MAIL_FAULTS = ("lost", "451 4.3.0 later")


@dataclass
class Stage:
    """A home whose deliveries are carried out by children, and the receivers."""

    where: Where
    space: Workspace
    nursery: Nursery
    hook: Receiver
    desk: Receiver
    slack: Receiver
    post: MailServer
    dice: random.Random
    kills: int = 0

    def walk(self, numbers: range) -> None:
        """A page of reviews comes, as a sync stores it."""
        now = self.space.clock.now()
        reviews = [
            Review(f"r{n:05d}", "1", n % 5 + 1, f"Title {n}", "Body @everyone <!channel>", "nick",
                   now - timedelta(days=1, seconds=-n), "DEU")
            for n in numbers
        ]  # fmt: skip

        def store_page(store: object) -> None:
            begun = store.sync.open_walk("1", full=True)  # type: ignore[attr-defined]
            store.reviews.save_page("1", reviews, walk=begun.after(None))  # type: ignore[attr-defined]
            store.reviews.finish_walk(begun.after(None), gone=False)  # type: ignore[attr-defined]

        self.space.store.call(store_page)

    def open_rows(self) -> int:
        return sum(row.state.value in ("queued", "sending", "unknown") for row in self.space.deliveries.log())

    def run(self, reviews: int, kills: int, *, children: int = 2, limit_s: float = 600.0) -> None:
        """Reviews come, children deliver and are killed, until all is told."""
        pages = [range(n, min(n + 50, reviews)) for n in range(0, reviews, 50)]
        alive: list[Child] = [self.nursery.fork(deliver_for_ever, self.where) for _ in range(children)]
        until = time.monotonic() + limit_s
        while pages or self.kills < kills or self._missing(reviews):
            assert time.monotonic() < until, f"{self.open_rows()} are open, {self._missing(reviews)} missing"
            if pages:
                self.walk(pages.pop(0))
            time.sleep(self.dice.uniform(0.1, 0.5))
            if self.kills < kills:
                victim = alive.pop(self.dice.randrange(len(alive)))
                victim.kill()
                self.kills += 1
                alive.append(self.nursery.fork(deliver_for_ever, self.where))
        for child in alive:
            child.kill()

    def _missing(self, reviews: int) -> int:
        missing = 4 * reviews - self.space.store.call(
            lambda s: sum(row.state.value == "sent" for row in s.deliveries.log())
        )
        return max(0, missing)


@pytest.fixture
def stage(quick_folder: Path, nursery: Nursery) -> Iterator[Stage]:
    with ExitStack() as stack:
        hook, desk, slack = (stack.enter_context(serving(Receiver(hang_s=1.5))) for _ in range(3))
        post = stack.enter_context(mailing(MailServer()))
        environ = {"HOOK": hook.url, "DESK": desk.url, "SLACK": slack.url, "SIGN": SECRET}
        where = Where(quick_folder / "home", "http://127.0.0.1:9", SETTINGS, environ)
        space = open_hurried(where)
        space.wait_ready()
        stack.callback(space.close)
        space.paths.notify_file.parent.mkdir(parents=True, exist_ok=True)
        space.paths.notify_file.write_text(
            '[[destination]]\nname = "hook"\nkind = "webhook"\nurl = "env:HOOK"\nsecret = "env:SIGN"\n'
            '[[destination]]\nname = "desk"\nkind = "zendesk"\nurl = "env:DESK"\n'
            '[[destination]]\nname = "team"\nkind = "slack"\nurl = "env:SLACK"\n'
            f'[[destination]]\nname = "post"\nkind = "email"\nhost = "127.0.0.1"\nport = {post.port}\n'
            'tls = "none"\nfrom = "a@example.com"\nto = ["b@example.com"]\n'
            '[[rule]]\nname = "all"\nto = ["hook", "desk", "team", "post"]\n'
        )
        yield Stage(where, space, nursery, hook, desk, slack, post, random.Random(7))


def check(stage: Stage, reviews: int, before: int, share: float, kills: int) -> str:
    stage.walk(range(100_000, 100_000 + before))
    stage.space.deliveries.begin()
    for number, receiver in enumerate((stage.hook, stage.desk, stage.slack)):
        receiver.faults = chance(share, number)
    stage.post.after_data = chance(share, 9, MAIL_FAULTS)
    stage.run(reviews, kills)
    expected = {f"r{n:05d}" for n in range(reviews)}

    # Who knows ids sees each event under one id, however often it was sent.
    by_id = {each.json["id"]: each.json["review"]["id"] for each in stage.hook.taken}
    assert Counter(by_id.values()) == Counter(expected)
    assert all(each.has_valid_signature(SECRET) for each in stage.hook.taken)
    tickets = {
        each.headers["idempotency-key"]: each.json["ticket"]["external_id"] for each in stage.desk.taken
    }
    assert Counter(tickets.values()) == Counter(expected)
    assert len(stage.post.ids()) == reviews
    # Who knows none sees each at least once; what may be a second copy says so.
    told = Counter(
        next(f"r{int(text.split('Title ')[1].split()[0].rstrip(chr(10)).split(chr(92))[0]):05d}"
             for text in [each.json["blocks"][1 if "twice" not in each.body.decode() else 2]["text"]["text"]])
        for each in stage.slack.taken
    )  # fmt: skip
    assert set(told) == expected
    marked = sum(b"may be there twice" in each.body for each in stage.slack.taken)
    assert sum(told.values()) - len(told) <= marked
    assert stage.hook.elsewhere + stage.desk.elsewhere + stage.slack.elsewhere == 0
    states = Counter(row.state.value for row in stage.space.deliveries.log())
    assert states == {"sent": 4 * reviews}
    asked = len(stage.hook.asked) + len(stage.desk.asked) + len(stage.slack.asked)
    return (
        f"{stage.kills} kills, {reviews} events to 4 destinations, {asked} requests and "
        f"{sum(stage.post.ids().values())} mails: all arrived; second copies: "
        f"{sum(stage.hook.ids().values()) - reviews} at the webhook (one id each), "
        f"{sum(told.values()) - reviews} at Slack, {marked} messages marked"
    )


@pytest.mark.slow
def test_events_survive_faults_and_kills(stage: Stage) -> None:
    print(check(stage, reviews=60, before=20, share=0.3, kills=6))


@pytest.mark.slow
def test_two_thousand_events_survive_faults_and_a_hundred_kills(stage: Stage) -> None:
    print(check(stage, reviews=2_000, before=200, share=0.3, kills=100))


def test_events_looked_at_again_are_not_told_again(stage: Stage) -> None:
    """The unique key is the second net: looking at the same arrivals again adds nothing."""
    stage.walk(range(100_000, 100_001))
    stage.space.deliveries.begin()
    stage.walk(range(10))
    assert stage.space.deliveries.evaluate() == 40

    def look_again(store: object) -> None:
        database = store.database  # type: ignore[attr-defined]
        with database.write() as connection:
            connection.execute("UPDATE user.delivery_rule SET seen = 0")

    stage.space.store.call(look_again)
    stage.space.deliveries._evaluator.ahead.clear()
    assert stage.space.deliveries.evaluate() == 0
