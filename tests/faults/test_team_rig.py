"""A team at work while its workers are killed, its store fails and its server stops at once.

0 lost, 0 doubled, 0 overwritten, no two claims at one time, and nobody misses a row.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.outbox.states import Base, Phase, Why
from ascinbox.paths import Paths
from tests.faults.children import Where
from tests.faults.rig import FAST, ChanceFaults, Rig, wait_for
from tests.faults.team_children import TABLES, Crowd, Story, attend, digest, open_joined, work
from tests.postgres import PostgresServer, binaries, server

psycopg = pytest.importorskip("psycopg")
RIVALS = 5
SETTINGS = {
    **FAST,
    ("outbox", "settle_seconds"): 3.0,
    ("network", "deadline_seconds"): 2.0,
    ("outbox", "lease_seconds"): 3.0,
}


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    if binaries() is None:
        pytest.skip("no PostgreSQL here: initdb and postgres are neither in PATH nor in /usr/lib/postgresql")
    with server() as started:
        yield started


@dataclass
class Team:
    """A rig whose home and one more are workers of a team."""

    rig: Rig
    own: PostgresServer
    database: str
    homes: list[Where]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.own.url(self.database), autocommit=True) as root:
            found: list[tuple[Any, ...]] = root.execute(sql).fetchall()
            return found


@pytest.fixture
def make_team(make_rig: Callable[..., Rig], own: PostgresServer, quick_folder: Path) -> Callable[..., Team]:
    def make(*, reviews: int, share: float) -> Team:
        from ascinbox.store.queue.team import install
        from ascinbox.store.queue.team.address import TeamAddress
        from ascinbox.workers.team import joining

        rig = make_rig(reviews=reviews, settings=SETTINGS)
        database = own.database()
        with psycopg.connect(own.url(database), autocommit=True) as root:
            install.init(root, "North")
            group = install.members_of(database)
            for name in ("w0", "w1"):
                root.execute(f'CREATE ROLE "{name}" LOGIN IN ROLE "{group}"')
                root.execute("SELECT ascinbox.put_member(%s, 'worker')", (name,))
        account = rig.apple.account()
        homes = []
        for name in ("w0", "w1"):
            where = Where(quick_folder / name, rig.where.url, SETTINGS)
            Paths.under(where.home).create()
            found = joining.look(TeamAddress.parse(own.url(database, name)), None)
            joining.join(Paths.under(where.home), found, works=True, apps=(), since=None, ref="")
            space = open_joined(where)
            space.store.call(lambda store: store.accounts.add(account))
            assert space.team is not None
            space.team.catch_up()
            with space.working():
                space.sync.run(datasets=("reviews",))
            space.close()
            homes.append(where)
        rig.simulator.faults = ChanceFaults(seed=3, share=share)
        rig.simulator.ledger.reset()
        return Team(rig, own, database, homes)

    return make


def soak(team: Team, folder: Path, *, members: int, kills: int, every_s: float, processes: int) -> str:
    """Members act, workers are killed, the server stops in the middle; then what came of it is checked."""
    rig = team.rig
    folder.mkdir()
    wanted = [review for review in rig.reviews if rig.standing(review) is None]
    rivals = set(wanted[:RIVALS])
    for review in rivals:
        rig.simulator.happen("answer", review_id=review, text="A colleague's answer")
    crowds = _crowds(team, wanted, folder, members, processes)
    actors = [rig.spawn(attend, where=crowd) for crowd in crowds]  # type: ignore[arg-type]
    workers = [rig.spawn(work, where=home) for home in team.homes]
    chance = random.Random(3)
    for kill in range(kills):
        time.sleep(every_s)
        number = chance.randrange(2)
        rig.end(workers[number])
        workers[number] = rig.spawn(work, where=team.homes[number])
        if kill == kills // 2:
            team.own.stop("immediate")
            time.sleep(0.5)
            team.own.start()
    (folder / "stop").touch()
    # Members end their last act.
    time.sleep(4)
    # Most is sent now that nobody is killed: it goes wrong as often as before.
    queued = "SELECT 1 FROM ascinbox.outbox WHERE state = 'queued'"
    wait_for(lambda: _rests(team) or not team.rows(queued), limit_s=600, step_s=0.5)
    struck = rig.simulator.faults.struck  # type: ignore[attr-defined]
    rig.simulator.faults.share = 0.0  # type: ignore[attr-defined]
    wait_for(lambda: _rests(team), limit_s=600, step_s=1)
    for worker in workers:
        rig.end(worker)
    (folder / "finish").touch()
    for actor in actors:
        assert actor.join(240) == 0
        rig.children.remove(actor)
    stories = [Story(**json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]
    assert len(stories) == members
    return _check(team, stories, rivals, kills, struck)


def _rests(team: Team) -> bool:
    """Approves what waits, which members who are still at an act may add to; True when nothing moves."""
    with psycopg.connect(team.own.url(team.database, "p0"), autocommit=True) as publisher:
        for row_id, sha in team.rows("SELECT id, sha256 FROM ascinbox.outbox WHERE state = 'waiting'"):
            publisher.execute("SELECT ascinbox.approve(%s, %s, 0)", (row_id, sha))
    moving = "SELECT 1 FROM ascinbox.outbox WHERE state IN ('waiting', 'queued', 'sending', 'unknown')"
    return not team.rows(moving)


def _crowds(team: Team, wanted: list[str], folder: Path, members: int, processes: int) -> list[Crowd]:
    rig = team.rig
    names = [f"p{number}" for number in range(members)]
    # One in five may not publish: what he writes waits for somebody else.
    publishers = frozenset(name for number, name in enumerate(names) if number % 5 != 4)
    from ascinbox.store.queue.team import install

    with psycopg.connect(team.own.url(team.database), autocommit=True) as root:
        group = install.members_of(team.database)
        for name in names:
            root.execute(f'CREATE ROLE "{name}" LOGIN IN ROLE "{group}"')
            level = "publisher" if name in publishers else "replier"
            root.execute("SELECT ascinbox.put_member(%s, %s)", (name, level))
    [(account,)] = team.rows("SELECT id FROM ascinbox.account")
    about = []
    for review_id in wanted:
        detail = rig.space.store.call(lambda store, i: store.reviews.get(i), review_id)
        assert detail is not None
        about.append((review_id, detail.review.app_id, Base.of(detail.review)))
    credential = rig.apple.account().primary.key_id
    addresses = {name: team.own.url(team.database, name) for name in names}
    return [
        Crowd(
            {name: addresses[name] for name in names[place::processes]},
            publishers,
            tuple(about),
            account,
            credential,
            pause_s=1.0 if members < 10 else 3.0,
            folder=folder,
        )
        for place in range(processes)
    ]


def _check(team: Team, stories: list[Story], rivals: set[str], kills: int, struck: int) -> str:
    rig = team.rig
    assert [(s.name, c) for s in stories for c in s.complaints] == []
    landed = rig.landed()
    rows = {
        op_id: (review, state, why, text)
        for op_id, review, state, why, text in team.rows(
            "SELECT op_id, review_id, state, why, text FROM ascinbox.outbox"
        )
    }
    # 0 lost: what the queue said it has is there, word for word, and came out or waits for a person.
    said = [reply for story in stories for reply in story.replies]
    assert len({op_id for op_id, _, _ in said}) == len(said)
    for op_id, review, text in said:
        assert rows[op_id][0] == review
        assert rows[op_id][3] == text
    # 0 doubled, 0 overwritten.
    assert max(landed.values(), default=0) <= 1, "doubled"
    held = 0
    for review, state, why, text in rows.values():
        if review in rivals:
            assert (state, why) == (Phase.HELD, Why.ANSWERED_ELSEWHERE)
            assert (review, text) not in landed
            assert rig.standing(review) == "A colleague's answer", "overwritten"
        elif state == Phase.HELD:
            held += 1
            assert why == Why.UNSETTLED
            assert (review, text) not in landed
        else:
            assert state in (Phase.PENDING, Phase.PUBLISHED), state
            assert rig.standing(review) == text, "lost"
    assert sum(landed.values()) == len(landed) > 0
    # No two claims of one review at one time, by the clock of the one machine that all of this runs on.
    claims = sorted((review, begins, ends) for story in stories for review, begins, ends in story.claims)
    for (review, _, ends), (other, begins, _) in pairwise(claims):
        assert review != other or begins >= ends, "two claims at one time"
    # No internal note over one that was not seen.
    seen = [(review, before) for story in stories for review, before, _ in story.replaced]
    assert len(set(seen)) == len(seen), "a note was overwritten unseen"
    # Nobody misses a row.
    here = {name: digest(team.rows(sql.format("ascinbox."))) for name, sql in TABLES.items()}
    assert {story.name: story.has for story in stories} == {story.name: here for story in stories}
    kept = {note for (note,) in team.rows("SELECT id FROM ascinbox.note")}
    assert {note for story in stories for note in story.notes} <= kept, "a note was lost"
    return (
        f"{len(stories)} members, {sum(s.acts for s in stories)} acts, {kills} kills, 1 stop of the server,"
        f" {struck} of {rig.posts()} requests to publish went wrong: {len(rows)} replies,"
        f" {sum(landed.values())} landed, {held} held beside the rivals', {len(claims)} claims,"
        f" {len(seen)} notes replaced, {sum(s.differences for s in stories)} differences,"
        f" {sum(s.away for s in stories)} times away;"
        " 0 lost, 0 doubled, 0 overwritten, 0 overlapping claims, 0 rows missed"
    )


@pytest.mark.slow
@pytest.mark.xdist_group("team-rig")
def test_a_team_loses_doubles_and_misses_nothing(make_team: Callable[..., Team], quick_folder: Path) -> None:
    team = make_team(reviews=300, share=0.3)
    print(soak(team, quick_folder / "team", members=6, kills=5, every_s=1.0, processes=1))


@pytest.mark.slow
@pytest.mark.xdist_group("team-rig")
def test_fifty_members_and_sixty_kills(make_team: Callable[..., Team], quick_folder: Path) -> None:
    team = make_team(reviews=3_000, share=0.3)
    print(soak(team, quick_folder / "team", members=50, kills=60, every_s=1.0, processes=2))
