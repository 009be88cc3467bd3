"""Any query gives the rows that plain Python gives: read through, from the index, and from both mixed."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascinbox.core.filters import FilterError, Query, parse
from ascinbox.core.outbox.states import Draft
from ascinbox.core.records import Account, App, Credential, CredentialKind, Response, Review
from ascinbox.core.reviews.answer_clock import AnswerClock
from ascinbox.core.reviews.sla_section import read_sla
from ascinbox.paths import Paths
from ascinbox.store.cache.index import build, evaluate
from ascinbox.store.cache.index import terms as index_terms
from ascinbox.store.store import Store
from tests.examples import examples
from tests.store.conftest import NOW
from tests.store.naive import Known, World
from tests.workers.clocks import StepClock

WORDS = (
    "the app cream crab crude cry crest crash crashes white screen don't refund refunded the of a "
    "über café naïve 5 stars no"
).split()
CJK = "更新之后不能打开了闪退广告アップデート後に落ちます업데이트후에앱"
NAMES = ("max_b", "Ann Lee", "José", "更新君", "x", "")
APPS = [App("1", "Tide Clock", "com.tide"), App("2", "HabitGarden", "com.habit"), App("9", "Tide Pro", "pro")]
ACCOUNTS = {"North": {"1", "2"}, "Süd": {"9"}}
TAGS = ("Crash", "billing", "Übel")


@dataclass
class Case:
    """A store and what plain Python knows of it."""

    store: Store
    world: World

    def ids(self, query: Query, limit: int = 500, **place: object) -> list[str]:
        window = self.store.reviews.window(query, limit=limit, **place)  # type: ignore[arg-type]
        return [row.id for row in window.rows]


def invented(count: int, seed: int) -> list[Review]:
    """Reviews of every kind: several in one second, without date, rating, territory or text."""
    pick = random.Random(seed)
    reviews = []
    for number in range(count):
        words = pick.choices(WORDS, k=pick.randrange(0, 14))
        start = pick.randrange(len(CJK) - 8)
        body = pick.choice(
            (" ".join(words), CJK[start : start + pick.randrange(1, 9)], ", ".join(words) + "!")
        )
        answer = Response(f"r{number}", "ours", pick.choice(("PUBLISHED", "PENDING_PUBLISH")), NOW)
        # Seconds differ, so that the order is one and only; those without a date are few and far between.
        created = NOW - timedelta(days=number, seconds=pick.randrange(80_000))
        reviews.append(
            Review(
                id=f"id-{number}",
                app_id=pick.choice(("1", "1", "2", "9")),
                rating=pick.choice((1, 1, 2, 3, 4, 5, 5, None)),
                title=pick.choice(("", "Crash", pick.choice(WORDS), CJK[start : start + 2])),
                body=body,
                nickname=pick.choice(NAMES),
                created_at=None if number == 17 else created,
                territory=pick.choice(("DEU", "USA", "USA", "JPN", None)),
                response=answer if pick.random() < 0.3 else None,
            )
        )
    return reviews


def answer_clock() -> AnswerClock:
    """Rules of every kind: one for few, one that overlaps it, one by words, and one for apps by name."""
    file = """
[sla]
"rating:<=2 territory:US" = "8h"
"rating:1..3 -tag:billing" = "30d"
"crash" = "12w"
"app:tide is:flagged,unread" = "100d"
hours = ["Mon-Fri 09:00-17:00", "Sun 10:00-11:30"]
timezone = "Europe/Berlin"
closed = ["12-25", "2026-10-01..2026-10-20"]
"""
    found = read_sla(tomllib.loads(file)["sla"], file, "config.toml")
    assert found.clock is not None
    assert not found.problems
    return found.clock


def filled(folder: Path, seed: int, count: int = 200, clocked: AnswerClock | None = None) -> Case:
    """A store with `count` reviews and local marks on many of them."""
    clock = StepClock(NOW)
    store = Store.open(Paths.under(folder), clock, me="Anna", answer_clock=clocked)
    for name, seen in ACCOUNTS.items():
        credential = Credential(CredentialKind.TEAM, "K" + name, "I", "file:k")
        store.accounts.add(
            Account(0, name, None, ("reviews",), (credential,)), [app for app in APPS if app.id in seen]
        )
    reviews = invented(count, seed)
    for app in APPS:
        store.reviews.save_page(app.id, [review for review in reviews if review.app_id == app.id])
    marked(store, clock, reviews, seed)
    world = World([], APPS, ACCOUNTS, clock=clocked, now=clock.now())
    claims = store.team.claims(clock.now())
    for review in reviews:
        detail = store.reviews.get(review.id)
        assert detail is not None
        changed = None if detail.changed_at is None else int(detail.changed_at.timestamp())
        world.known.append(
            Known(
                detail.review,
                detail.state,
                detail.tags,
                detail.note,
                detail.draft,
                detail.assignee,
                detail.flagged,
                detail.read,
                detail.removed_at is not None,
                changed,
                detail.app_version,
                claim.who if (claim := claims.get(review.id)) is not None else "",
            )
        )
    return Case(store, world)


def marked(store: Store, clock: StepClock, reviews: list[Review], seed: int) -> None:
    """Some of everything that a person does, customers who change their reviews, and reviews that go."""
    pick = random.Random(seed + 1)
    ids = [review.id for review in reviews]

    def some(share: float) -> list[str]:
        return [i for i in ids if pick.random() < share]

    store.queue.opened(some(0.2))
    store.queue.done(some(0.1))
    store.queue.snooze(some(0.05), NOW + timedelta(days=3))
    store.queue.flag(some(0.1))
    for review_id in some(0.05):
        who = pick.choice(["Anna", "Raj", "Übel"])
        store.queue.claim(review_id, f"program of {who}", who, clock.now(), timedelta(days=400))
    store.queue.read(some(0.1))
    for tag in TAGS:
        store.queue.tag(some(0.1), add=[tag])
    store.queue.assign(some(0.15), "anna")
    store.queue.assign(some(0.1), "Raj")
    for review_id in some(0.05):
        store.queue.note(review_id, "look")
        store.queue.save_draft(Draft(review_id, "text", NOW), "1")
    for name in ("5.1", "5.2"):
        reading = store.app_versions.reading("1", name)
        assert reading is not None
        store.app_versions.save_page(reading, name, some(0.3), None)
    for review in (r for r in reviews if r.id in set(some(0.1))):
        clock.sleep(pick.randrange(5, 90))
        changed = Review(
            review.id, review.app_id, 1, review.title, review.body + " again", review.nickname,
            review.created_at, review.territory, review.response,
        )  # fmt: skip
        store.reviews.save_page(review.app_id, [changed])
    clock.sleep(60)
    walk = store.sync.open_walk("9", full=True).after(None)
    kept = [r for r in reviews if r.app_id == "9" and pick.random() < 0.8]
    store.reviews.save_page("9", [store.reviews.get(r.id).review for r in kept], walk=walk)  # type: ignore[union-attr]
    assert store.reviews.finish_walk(walk).removed


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Case]]:
    """The same reviews read through, all indexed in several blocks, and half indexed with changes since.

    In blocks this small a word is frequent, and a start shared, from a few reviews on.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr(build, "FREQUENT", 5)
    patch.setattr(evaluate, "FREQUENT", 5)
    patch.setattr(index_terms, "WORDS_LOOKED_UP", 3)
    ways = ("scan", "index", "mixed")
    made = [filled(tmp_path_factory.mktemp(name), seed=3, clocked=answer_clock()) for name in ways]
    scan, index, mixed = made
    while (draft := build.draft_block(index.store.database, size=64)) is not None:
        write(index.store, draft)
    for _ in range(2):
        draft = build.draft_block(mixed.store.database, size=60)
        assert draft is not None
        write(mixed.store, draft)
    # Marks set and taken back again move reviews out of their blocks and leave them as they were.
    mixed.store.queue.flag([f"id-{n}" for n in range(0, 200, 7)], flagged=True)
    assert mixed.store.queue.undo_last()
    assert mixed.store.database.one("SELECT count(*) FROM cache.fresh") > 80
    assert scan.store.database.one("SELECT count(*) FROM cache.block") == 0
    assert index.store.database.one("SELECT count(*) FROM cache.fresh") == 0
    for kind in (index_terms.PAIR, index_terms.START):
        filed = "SELECT count(*) FROM cache.term WHERE term >= ? AND term < ?"
        assert index.store.database.one(filed, kind, kind + index_terms.LAST) > 2
    yield made
    for case in made:
        case.store.close()
    patch.undo()


def write(store: Store, draft: build.BlockDraft) -> None:
    writing = build.Writing(store.database, draft)
    while writing.step():
        pass


def quoted(text: str) -> str:
    return '"' + text.replace('"', "").replace("\\", "") + '"'


word = st.sampled_from([*WORDS, "cr", "c", "s", "th", "zzz", "re", "nai", "cafe"])
cjk = st.builds(lambda start, length: CJK[start : start + length], st.integers(0, 30), st.integers(1, 5))
text_terms = st.one_of(
    word,
    cjk,
    st.lists(word, min_size=2, max_size=3).map(lambda words: quoted(" ".join(words))),
    cjk.map(quoted),
    st.tuples(word, word).map(lambda pair: f"{pair[0]}-{pair[1]}"),
    st.tuples(word, cjk).map(",".join),
)
values = st.sampled_from(
    [
        "app:tide", 'app:"tide clock"', "app:9", "app:nothing", "app:habit,9", "acct:north", "acct:sud",
        "rating:<=2", "rating:5", "rating:1,3..4", "territory:DE", "territory:US,JP", "is:new", "is:answered",
        "is:unanswered", "is:needs-reply", "is:opened,done", "is:snoozed", "is:pending", "is:flagged",
        "is:mine", "is:read", "is:unread", "is:removed", "is:changed", "has:reply", "has:note,draft",
        "has:tag", "version:5.1", "version:5.1,5.2", "version:9",
        "lang:en", "lang:ja,zh,ko", "since:30d", "since:2026-08-01..2026-09-15", "until:90d", "tag:crash",
        "tag:ubel,billing", "tag:übel", "by:max", "by:ann", '"by:ann"', "by:jose", "by:更新", "by:x", "by:m",
        "assignee:me", "assignee:raj,none", "assignee:none", "is:claimed", "claimed:others",
        "claimed:me,raj", "claimed:übel", "is:overdue", "is:overdue,flagged", "due:<4h", "due:>10d",
        "due:2d..40d", "due:<=9999w",
    ]
)  # fmt: skip
terms = st.builds(
    lambda minus, term: minus + term, st.sampled_from(["", "", "-"]), st.one_of(values, text_terms)
)
sorts = st.sampled_from(
    ["newest", "oldest", "rating", "-rating", "changed", "-changed", "longest", "-longest", "due", "-due"]
)
queries = st.builds(
    lambda parts, sort: " ".join([*parts, f"sort:{sort}"]), st.lists(terms, max_size=4), sorts
)


def understood(text: str) -> Query:
    return parse(text, now=NOW)


@pytest.mark.slow
@settings(
    max_examples=examples(120, quick=40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=queries, where=st.integers(0, 199))
def test_every_way_gives_the_rows_of_plain_python(cases: list[Case], text: str, where: int) -> None:
    query = understood(text)
    for case in cases:
        expected = case.world.rows(query)
        assert case.ids(query) == expected, text
        assert case.store.reviews.count(query) == len(expected)
        assert case.store.reviews.count(query, cap=5) == min(5, len(expected))
        if expected:
            check_places(case, query, expected, where % len(expected))


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(
        st.sampled_from(
            ["is:overdue", "-is:overdue", "due:<20d", "-due:<20d", "due:>5d", "rating:1", "crash"]
        ),
        max_size=3,
        unique=True,
    ).map(" ".join),
    sort=st.sampled_from(["due", "-due", "newest"]),
    where=st.integers(0, 199),
)
def test_what_is_due_is_the_same_in_every_way(cases: list[Case], text: str, sort: str, where: int) -> None:
    query = understood(f"{text} sort:{sort}")
    for case in cases:
        expected = case.world.rows(query)
        assert case.ids(query) == expected, text
        assert case.store.reviews.count(query) == len(expected)
        if expected:
            check_places(case, query, expected, where % len(expected))
        assert case.store.reviews.fitting(query, [k.review.id for k in case.world.known]) == [
            i for i in case.world.rows(understood(f"{text} sort:oldest")) if i in expected
        ]


def test_rows_and_details_tell_the_due_time_and_some_are_over(cases: list[Case]) -> None:
    for case in cases:
        known = {k.review.id: case.world.due(k) for k in case.world.known}
        assert sum(due is not None for due in known.values()) > 20
        ids = list(known)
        rows = {row.id: row.due_at for row in case.store.reviews.rows(ids)}
        details = {d.review.id: d.due_at for d in case.store.reviews.details(ids)}
        assert rows == details
        assert {i: None if at is None else int(at.timestamp()) for i, at in rows.items()} == known
        window = case.store.reviews.window(understood(""), limit=50)
        assert all(row.due_at == rows[row.id] for row in window.rows)
        overdue, all_due = case.ids(understood("is:overdue")), case.ids(understood("due:<9999w"))
        assert 5 < len(overdue) < len(all_due)


def test_without_rules_nothing_is_due_and_nothing_is_asked(tmp_path: Path) -> None:
    case = filled(tmp_path, seed=5, count=60)
    for _ in ("read through", "indexed"):
        assert case.ids(understood("is:overdue")) == []
        assert case.ids(understood("due:<9999w")) == []
        assert case.ids(understood("-is:overdue sort:due")) == case.ids(understood(""))
        assert all(row.due_at is None for row in case.store.reviews.window(Query(), limit=9).rows)
        assert "answer_by" not in str(case.store.reviews._reader())
        draft = build.draft_block(case.store.database, size=40)
        if draft is not None:
            write(case.store, draft)
    case.store.close()


def check_places(case: Case, query: Query, expected: list[str], n: int) -> None:
    located = case.store.reviews.locate(query, expected[n])
    assert located is not None
    assert located.position == n
    assert case.store.reviews.nth(query, n) == located.key
    after = case.store.reviews.window(query, anchor=located.key, limit=5)
    assert [row.id for row in after.rows] == expected[n + 1 : n + 6]
    assert (after.has_before, after.has_after) == (True, n + 6 < len(expected))
    before = case.store.reviews.window(query, anchor=located.key, limit=5, direction="before", inclusive=True)
    assert [row.id for row in before.rows] == expected[max(0, n - 4) : n + 1]
    assert (before.has_before, before.has_after) == (n > 4, n + 1 < len(expected))
    last = case.store.reviews.window(query, limit=3, direction="before")
    assert [row.id for row in last.rows] == expected[-3:]
    assert (last.has_before, last.has_after) == (len(expected) > 3, False)


@settings(
    max_examples=examples(250, quick=80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=st.text(
        st.one_of(st.characters(), st.sampled_from("'\"%_;--)(*?:,.\\\x00\x01\x02\x03\x04 ")), max_size=40
    )
)
def test_no_query_breaks_out_of_its_values(cases: list[Case], text: str) -> None:
    try:
        query = understood(text)
    except FilterError:
        return
    results = {tuple(case.ids(query)) for case in cases}
    assert results == {tuple(cases[0].world.rows(query))}
    assert cases[0].store.database.one("SELECT count(*) FROM cache.review") == 200


@pytest.mark.parametrize("order", ["newest", "rating", "changed", "longest"])
def test_a_filter_that_no_app_fits_gives_nothing_in_every_order(cases: list[Case], order: str) -> None:
    query = understood(f"app:nothing sort:{order}")
    assert [case.ids(query) for case in cases] == [[], [], []]


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE review; --", "%' OR 1=1 --", '" OR ""="', "a\x00b", "\x01a1"]
)
def test_hostile_values_are_values(cases: list[Case], hostile: str) -> None:
    for key in ("", "app:", "tag:", "by:", "assignee:", "acct:"):
        try:
            query = understood(key + quoted(hostile))
        except FilterError:
            continue
        for case in cases:
            assert case.ids(query) == case.world.rows(query)


def test_facets_add_up_to_what_plain_python_counts(cases: list[Case]) -> None:
    for text in ("", "rating:<=2", "crash", "-is:new acct:north", "更新"):
        query = understood(text)
        for case in cases:
            chosen = set(case.world.rows(query))
            rows = [k for k in case.world.known if k.review.id in chosen]
            facets = case.store.facets.of(query)
            for name, number in facets.apps:
                app = next(app for app in APPS if app.name == name)
                assert sum(k.review.app_id == app.id for k in rows) == number
            assert sum(number for _, number in facets.apps) == len(rows)
            for rating, number in facets.ratings:
                assert sum(k.review.rating == rating for k in rows) == number
            for territory, number in facets.territories:
                assert sum(k.review.territory == territory for k in rows) == number
            assert dict(facets.states) == {
                letter: sum(k.state == letter for k in rows) for letter in {k.state for k in rows}
            }


@pytest.mark.parametrize(
    "key",
    [
        "app",
        "acct",
        "rating",
        "is",
        "lang",
        "version",
        "territory",
        "tag",
        "assignee",
        "claimed",
        "by",
        "nonsense",
    ],
)
def test_values_for_completion_count_the_same_everywhere(cases: list[Case], key: str) -> None:
    counted = [dict(case.store.facets.values(key)) for case in cases]
    assert counted[0] == counted[1] == counted[2]
    for value, number in counted[0].items():
        if key not in ("tag", "assignee", "claimed"):
            query = understood(f"{key}:{quoted(value)}")
            assert len(cases[0].world.rows(query)) == number, value


def test_hidden_apps_are_left_out_everywhere(tmp_path: Path) -> None:
    case = filled(tmp_path, seed=5)
    north = case.store.accounts.named("north")
    assert north is not None
    hiding = Account(
        north.id, north.name, north.vendor, north.features, north.credentials, hidden_apps=("2",)
    )
    case.store.accounts.update(hiding)
    shown = [k.review.id for k in case.world.known if k.review.app_id != "2" and not k.removed]
    for _ in ("read through", "indexed"):
        assert set(case.ids(Query())) == set(shown)
        assert case.store.reviews.count(Query()) == len(shown)
        draft = build.draft_block(case.store.database, size=300)
        if draft is not None:
            write(case.store, draft)
    case.store.close()


def test_export_gives_the_whole_list_in_steps(cases: list[Case]) -> None:
    query = understood("-is:done sort:rating")
    for case in cases:
        details = list(case.store.reviews.export(query))
        assert [detail.review.id for detail in details] == case.world.rows(query)
        assert [d.review.id for d in case.store.reviews.export(query, limit=7)] == case.world.rows(query)[:7]
