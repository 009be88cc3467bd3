"""Replies to Google Play while answers get lost and processes die: none lost, doubled or written over."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Why, body_hash
from ascinbox.core.records import Account, App, Credential
from ascinbox.simulator.play.app import PlayFault, PlaySettings, PlaySimulator
from ascinbox.simulator.play.world import PlayReview, make_play_world
from ascinbox.simulator.server import RunningSimulator, serve_in_thread
from ascinbox.workers.workspace import Workspace
from tests.faults.children import Where, Work, flush_blindly, flush_for_ever, resting, to_rest
from tests.faults.nursery import Nursery
from tests.faults.rig import FAST, all_rows, wait_for

PACKAGES = ("com.example.tide", "com.example.moon")
OPS, RIVALS, KILLS = 50, 8, 60
SHARE = 0.3
SETTINGS = {
    **FAST,
    ("outbox", "settle_seconds"): 2.0,
    ("network", "deadline_seconds"): 5.0,
    ("outbox", "lease_seconds"): 7.0,
}


@dataclass(slots=True)
class UnluckyPlay(PlaySimulator):
    """Beside the ordered faults any reply goes wrong with a probability: before it is taken, or after."""

    share: float = 0.0
    struck: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(3))

    def _fault(self, method: str, path: str) -> PlayFault | None:
        if method != "POST" or not path.endswith(":reply") or self.chance.random() >= self.share:
            return PlaySimulator._fault(self, method, path)
        self.struck += 1
        kind = self.chance.choice(("drop", "lose", "lose", "status"))
        return PlayFault(":reply", kind, status=503)


@dataclass
class PlayRig:
    """A Google Play, and a home that is linked to it and synced."""

    sim: UnluckyPlay
    served: RunningSimulator
    where: Where
    space: Workspace
    nursery: Nursery

    @property
    def reviews(self) -> dict[str, PlayReview]:
        """Every review by the id that it has here."""
        packages = self.sim.world.packages.items()
        return {f"play:{name}:{r.id}": r for name, found in packages for r in found.values()}

    def landed(self) -> Counter[tuple[str, str]]:
        """How often each reply landed, by review and text."""
        ours = {review.id: unique for unique, review in self.reviews.items()}
        return Counter((ours[native], text) for _, native, text in self.sim.world.replies)

    def queue(self, replies: Sequence[tuple[str, str]]) -> list[OutboxRow]:
        """Confirms replies (review id, text) in one transaction, on what the cache shows."""

        def work(store: Any) -> list[OutboxRow]:
            now = datetime.now(UTC)
            account = store.accounts.list()[0]
            rows = []
            with store.database.write():
                for number, (review_id, text) in enumerate(replies):
                    review = store.reviews.get(review_id).review
                    rows.append(
                        store.queue.queue(
                            OutboxRow(
                                op_id=uuid.uuid4().hex,
                                kind=Kind.PUBLISH,
                                review_id=review_id,
                                app_id=review.app_id,
                                account_id=account.id,
                                credential=account.primary.key_id,
                                phase=Phase.QUEUED,
                                text=text,
                                sha256=body_hash(text),
                                base=Base.of(review),
                                queued_at=now,
                                send_after=now + timedelta(microseconds=number),
                                changed_at=now,
                            )
                        )
                    )
            return rows

        return self.space.store.call(work)


@pytest.fixture
def make_play(quick_folder: Path, nursery: Nursery) -> Iterator[Callable[[], PlayRig]]:
    made: list[PlayRig] = []

    def make() -> PlayRig:
        world = make_play_world(7, datetime.now(UTC), packages=PACKAGES, reviews=80)
        # Reads lag half a second behind a reply, so that a look right after it does not show it.
        settings = PlaySettings(gets_an_hour=100_000, stale_s=0.5)
        sim = UnluckyPlay(world, settings=settings)
        served = serve_in_thread(sim)
        folder = quick_folder / str(len(made))
        (key,) = world.accounts.values()
        file = key.write(folder / "keys", f"{served.url}/token")
        environ = {"ASCINBOX_PLAY_URL": served.url, "ASCINBOX_PLAY_STORAGE_URL": served.url}
        where = Where(folder / "home", served.url, SETTINGS, environ)
        space = where.open()
        space.wait_ready()
        credential = Credential(
            "service_account", key.key_id, key.email, f"file:{file.resolve()}", apps=PACKAGES
        )
        account = Account(0, "Android", None, ("reviews", "reply"), (credential,), store="play")
        apps = [App(name, name, name) for name in PACKAGES]
        space.store.call(lambda store: store.accounts.add(account, apps))
        space.sync.run(datasets=("reviews",))
        made.append(PlayRig(sim, served, where, space, nursery))
        return made[-1]

    yield make
    for rig in made:
        rig.space.close()
        rig.served.stop()


def replies_to(rig: PlayRig) -> list[tuple[str, str]]:
    """Replies to reviews without one, the last to reviews that a colleague answers before they are sent."""
    listed = {
        f"play:{name}:{review.id}"
        for name in PACKAGES
        for review in rig.sim.world.listed(name, rig.sim.now())
    }
    free = [unique for unique, review in rig.reviews.items() if unique in listed and not review.reply]
    # From both packages in turn: each has an hour of requests of its own.
    free.sort(key=lambda unique: unique.rpartition(":")[2])
    pairs = [(unique, f"Reply {number} to {unique[-8:]}") for number, unique in enumerate(free[:OPS])]
    assert len(pairs) == OPS
    for unique, _ in pairs[-RIVALS:]:
        review = rig.reviews[unique]
        review.reply, review.replied = "A colleague's answer", rig.sim.now()
    return pairs


def send(rig: PlayRig, work: Work, pairs: Sequence[tuple[str, str]], kills: int) -> None:
    """Queues the replies little by little while one of two flushers is killed again and again."""
    chance = random.Random(2)
    flushers = [rig.nursery.fork(work, rig.where) for _ in range(2)]
    try:
        for kill in range(kills):
            rig.queue(pairs[kill * len(pairs) // kills : (kill + 1) * len(pairs) // kills])
            _let_work(rig, chance.randrange(1, 9))
            number = chance.randrange(2)
            flushers[number].kill()
            flushers[number] = rig.nursery.fork(work, rig.where)
        if work is not flush_for_ever:
            wait_for(lambda: resting(all_rows(rig.space)), limit_s=60, step_s=0.1)
    finally:
        for flusher in flushers:
            flusher.kill()
    to_rest(rig.space.sender, rig.space, limit_s=120)


def _let_work(rig: PlayRig, requests: int) -> None:
    """Until so many more requests came (a busy machine is slow), three seconds at most."""
    asked, until = len(rig.sim.seen), time.monotonic() + 3
    while len(rig.sim.seen) < asked + requests and time.monotonic() < until:
        time.sleep(0.005)


def check(rig: PlayRig, pairs: Sequence[tuple[str, str]]) -> None:
    """0 lost, 0 doubled, 0 written over: Google and the store tell the same story."""
    landed = rig.landed()
    assert max(landed.values()) == 1
    rivals = {unique for unique, _ in pairs[-RIVALS:]}
    rows = all_rows(rig.space)
    assert len(rows) == OPS
    for row in rows:
        standing = rig.reviews[row.review_id].reply
        if row.review_id in rivals:
            assert row.why is Why.ANSWERED_ELSEWHERE
            assert standing == "A colleague's answer"
        elif row.phase is Phase.HELD:
            assert row.why is Why.UNSETTLED
            assert (row.review_id, row.text) not in landed
        else:
            assert row.phase is Phase.PUBLISHED
            assert standing == row.text
    assert set(landed) == {(row.review_id, row.text) for row in rows if row.phase is not Phase.HELD}


@pytest.mark.slow
def test_fifty_replies_under_lost_answers_resets_and_kills(make_play: Callable[[], PlayRig]) -> None:
    rig = make_play()
    pairs = replies_to(rig)
    rig.sim.share = SHARE
    send(rig, flush_for_ever, pairs, KILLS)
    check(rig, pairs)
    rows = all_rows(rig.space)
    held = sum(row.phase is Phase.HELD for row in rows)
    posts = sum(seen.method == "POST" and seen.path.endswith(":reply") for seen in rig.sim.seen)
    print(
        f"{KILLS} kills, {OPS} replies, {rig.sim.struck} of {posts} requests to reply went wrong: "
        f"{sum(rig.landed().values())} landed, {held} held ({RIVALS} for a colleague's answer)"
    )
    assert rig.sim.struck > 5


@pytest.mark.slow
def test_the_same_turns_red_without_the_look_before_sending(make_play: Callable[[], PlayRig]) -> None:
    rig = make_play()
    pairs = replies_to(rig)
    rig.sim.share = SHARE
    send(rig, flush_blindly, pairs, 10)
    with pytest.raises(AssertionError):
        check(rig, pairs)
