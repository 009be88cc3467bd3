"""SQL that is spelled out is in few places, fits the models, and needs no SQLModel."""

from __future__ import annotations

import ast
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import ascinbox
from ascinbox.core.filters import Query, parse
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_coverage import Grain, Piece
from ascinbox.core.metrics.report_files import ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.records import Account, App, Credential, CredentialKind
from ascinbox.core.reviews.answer_clock import AnswerClock, AnswerRule
from ascinbox.core.reviews.open_hours import OpenHours, OpenWeek
from ascinbox.paths import Paths
from ascinbox.store.cache.index import build
from ascinbox.store.store import Store
from tests.store.conftest import NOW, Written
from tests.store.test_replies import intention
from tests.workers.clocks import StepClock

SOURCE = Path(ascinbox.__file__).parent
SPELLED = (
    "store/hot/",
    "store/migrations/",
    "store/cache/index/",
    # What a damaged or older file still says is asked in the words of that file.
    "store/salvage.py",
    "store/outboxmark.py",
    # SQLite's own catalogue of a file, which names no column of ours.
    "store/attaching.py",
    "store/integrity.py",
    "store/suspicion.py",
    # The functions of a team's PostgreSQL database are called in its own words.
    "store/queue/team/",
    # One named value of a file.
    "store/upkeep.py",
)
"""Where statements may be text."""
STATEMENT = re.compile(
    r"\b(SELECT\b.*\bFROM|INSERT (OR \w+ )?INTO|UPDATE \w+\.\w+ SET|DELETE FROM)\b", re.DOTALL
)


VERB = re.compile(r"SELECT|INSERT|UPDATE|DELETE")
"""One of them is in each statement: a file without any need not be parsed."""


def test_statements_are_text_in_these_places_only() -> None:
    elsewhere = set()
    for path in SOURCE.rglob("*.py"):
        name, source = path.relative_to(SOURCE).as_posix(), path.read_text("utf-8")
        if name.startswith(SPELLED) or not VERB.search(source):
            continue
        for node in ast.walk(ast.parse(source)):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if STATEMENT.search(text):
                elsewhere.add(name)
    assert elsewhere == set()


PIECE = re.compile(
    r"\b(SELECT|FROM|WHERE|ORDER BY|GROUP BY|EXISTS|BETWEEN|IS NULL|IS NOT NULL|IN)\b"
    r"|\b[a-z]\.[a-z_]+\b|\b(cache|user)\.|= \?"
)
"""What makes a text of ours a piece of SQL."""


def pieces(path: Path) -> Iterator[str]:
    """Every text in a module that is (part of) a statement; of one with gaps, what stands between them."""
    tree = ast.parse(path.read_text("utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            parts = map(plain, re.split(r"\{\w+\}", node.value))
            yield from (part for part in parts if PIECE.search(part))


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_piece_of_sql_fits_the_tables_that_the_models_make(store: Store, written: Written) -> None:
    """SQLite refuses a statement with a table or column that is not there, and each piece was part of one."""
    executed: list[str] = []
    execute = store.database.execute

    def record(sql: str, *values: Any) -> sqlite3.Cursor:
        executed.append(plain(sql))
        return execute(sql, *values)

    store.database.execute = record
    read_everything(store, written)
    draft = build.draft_block(store.database)
    assert draft is not None
    writing = build.Writing(store.database, draft)
    while writing.step():
        pass
    read_everything(store, written)
    read_what_people_did(store)
    said = "\n".join(executed)
    unread = {piece for path in SOURCE.joinpath("store", "hot").glob("*.py") for piece in pieces(path)}
    assert {piece for piece in unread if piece not in said} == set()


def read_what_people_did(store: Store) -> None:
    """The reads that need something to be there."""
    read_what_is_due(store)
    store.delivery_reads.broken()
    store.outbox.has_queued_of_others("other")
    store.delivery_reads.recent(5)
    store.triage.woken_since(NOW)
    store.reviews.fitting(parse("", now=NOW), ["id1"])
    credential = Credential(CredentialKind.TEAM, "K", "issuer", "file:k.p8")
    app = App("1", "Tide", "com.tide", "tide")
    account = store.accounts.add(Account(0, "North", "8", ("reviews",), (credential,)), [app])
    store.accounts.add_credential(account.id, replace(credential, key_id="L"))
    store.accounts.update(replace(account, hidden_apps=("1",)))
    store.reviews.count(parse("crash version:1.0 assignee:Bo -assignee:none", now=NOW))
    store.reviews.count(parse("store:play device:pixel", now=NOW))
    store.accounts.call_apps()
    store.reviews.count(parse("territory:deu rating:1 lang:en version:2.0 is:mine", now=NOW))
    store.queue.tag(["id1"], add=["crash"])
    store.queue.assign(["id1"], "Bo")
    assert store.triage.last_act() is not None
    assert store.triage.last_act_at() is not None
    store.facets.by_account()
    store.acts.since(NOW)
    store.acts.approvers(NOW)
    store.team.notes("id1")
    store.team.notes_since(NOW)
    store.team.claims(NOW)
    assert store.team.holder("id1", NOW, "me") is None
    assert store.team.standing("Bo").alone
    store.database.execute("INSERT INTO user.member VALUES ('Bo', 'replier', 0, NULL)")
    assert store.team.standing("Bo").level == "replier"
    assert store.team.standing("Eve").level == "viewer"
    store.reviews.count(parse("claimed:bo is:claimed", now=NOW))
    store.team.members()
    store.database.execute(
        "INSERT INTO user.intent (kind, review_id, wanted, seen, at) VALUES ('mark', 'id1', '{}', '{}', 0)"
    )
    assert store.triage.last_act() is not None
    store.team.differences()
    store.team.unsent()
    store.reviews.ids_beginning("id", 3)
    store.reviews.rows(["id1"])
    waiting = store.queue.queue(intention("id1"))
    assert store.outbox.later(waiting) == []
    assert store.outbox.of_operation(waiting.op_id) == waiting
    assert store.drafts.altered() == store.outbox.altered() == []


def read_what_is_due(store: Store) -> None:
    """What is read only where reviews have times to answer by."""
    rules = (AnswerRule("rating:1", 60), AnswerRule("", 60), AnswerRule("crash", 60))
    hours = OpenHours(OpenWeek(), lambda _moment: 0)
    clocked = Store(store.database, store.clock, answer_clock=AnswerClock(rules, hours))
    query = parse("is:overdue,new due:<9w sort:due", now=NOW)
    clocked.reviews.count(query)
    clocked.reviews.fitting(query, ["id1"])
    assert [row.id for row in clocked.reviews.window(parse("sort:due", now=NOW)).rows]
    clocked.reviews.get("id1")
    assert clocked.reply_figures.first_replies(["1"], (NOW.date(), NOW.date())) == []
    assert store.reply_figures.first_replies(["1"], (NOW.date(), NOW.date())) == []


def read_everything(store: Store, written: Written) -> None:
    """Every read of `store/hot`, with each of its branches."""
    store.reviews.save_page("1", [written(n) for n in range(3)])
    span = (date(2026, 1, 1), date(2026, 1, 31))
    for sort in ("newest", "oldest", "rating", "changed", "longest"):
        query = parse(f"is:needs-reply -is:removed tag:x has:note assignee:none sort:{sort}", now=NOW)
        store.reviews.window(query)
        store.reviews.count(query)
        store.reviews.locate(query, "id1")
        store.reviews.nth(query, 0)
        every = parse(f"sort:{sort}", now=NOW)
        store.reviews.window(every, anchor=store.reviews.window(every).rows[0].key, limit=1)
        store.reviews.locate(every, "id1")
    # A device that no review has is not looked for among the reviews.
    store.database.execute(
        "INSERT OR IGNORE INTO cache.review_device SELECT key, 'x', '', 0, 0 FROM cache.review LIMIT 1"
    )
    for text in (
        "app:1",
        "acct:x",
        "rating:1",
        "territory:deu",
        "lang:en",
        "translated:x",
        "by:nick",
        "store:apple",
        "device:x",
        "crash",
        "since:1d",
    ):
        store.reviews.count(parse(text, now=NOW))
    assert store.reviews.get("id1") is not None
    assert [detail.review.id for detail in store.reviews.export(Query())] == ["id0", "id1", "id2"]
    store.facets.of(Query())
    for key in ("app", "acct", "rating", "territory", "lang", "is", "tag", "assignee", "device"):
        store.facets.values(key)
    assert (store.accounts.list(), len(store.accounts.apps()), store.accounts.accounts_of("1")) == ((), 0, ())
    store.accounts.apps(1, hidden=False)
    store.accounts.holdings(1)
    assert not store.accounts.several_stores()
    assert (store.health.verdicts(), store.health.changes(1), store.health.people(1)) == ((), (), ())
    noted = store.observations
    assert (noted.listings(1), noted.retired(1), noted.reminded(1, "T")) == ({}, (), None)
    assert (noted.delivered(1), noted.creations(1)) == (frozenset(), {})
    assert (noted.troubles(1), noted.read_at(1)) == ((), {})
    assert (store.sync.runs(), store.sync.budget("K"), store.sync.lease("n")) == ((), None, None)
    store.sync.cache_age_s()
    store.sync.walk_state("1")
    assert (store.triage.tags(), store.triage.assignees(), store.triage.place("v")) == ({}, {}, None)
    assert (store.triage.last_act(), store.triage.last_act_at()) == (None, None)
    assert store.triage.next_wake() is None
    assert (store.drafts.all(), store.drafts.discarded(), store.drafts.get("id1")) == ((), (), None)
    assert (store.outbox.open_rows(), store.outbox.finished(NOW), store.outbox.pauses(NOW)) == ([], [], {})
    assert (store.outbox.altered(), store.outbox.get(1), store.outbox.latest("id1")) == ([], None, None)
    assert store.outbox.accepted_at(1, "K") is None
    assert store.outbox.refused_at(1, "K") is None
    pieces = [Piece(grain, Period(*span)) for grain in (Grain.DAY, Grain.MONTH)]
    for group in (None, "territory", "day"):
        store.figures.sales("8", pieces, group)
        store.figures.sales("8", pieces, group, [1])
        store.figures.finance(["8"], ["2026-01"], group)
        store.figures.analytics(["1"], span, group)
        store.figures.analytics_both(["1"], span, group, ("a", "b"))
        store.figures.reviews(["1"], span, group)
        store.figures.subscriptions("8", span, group)
        store.figures.events("8", span, group)
    store.figures.products(["8"])
    store.figures.places("8", pieces, [1])
    store.figures.units_by_day([1], "8", span)
    store.figures.analytics_days(["1"], "a", span)
    assert store.public_ratings.looks(["1"], span) == {}
    assert store.public_ratings.seen_on(["1"], span[0]) == set()
    store.public_ratings.storefronts(["1"], span[0])
    store.figures.subscription_names("8")
    store.report_files.newest_read("8", Dataset.SALES)
    store.report_files.files("8", Dataset.SALES, ReportSpan.DAY, *span)
    store.report_files.known_days("8", Dataset.SALES, ReportSpan.DAY, *span)
    store.summaries.of_app("1")


QUICK = """
import sys
from ascinbox.cli import main
code = main(sys.argv[1:])
print([m for m in ("sqlmodel", "sqlalchemy", "pydantic", "fasttext") if m in sys.modules], file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "command", [["reviews"], ["outbox"], ["accounts"], ["health", "--max-age", "10000h"]], ids=lambda c: c[0]
)
def test_a_quick_command_imports_no_sqlmodel(command: list[str], tmp_path: Path, written: Written) -> None:
    paths = Paths.under(tmp_path)
    store = Store.open(paths, StepClock(NOW - timedelta(days=1)))
    store.reviews.save_page("1", [written(n) for n in range(3)])
    store.queue.note("id1", "a note")
    store.close()
    done = subprocess.run(
        [sys.executable, "-c", QUICK, *command, "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ASCINBOX_HOME": str(tmp_path)},
    )
    assert done.stdout.startswith(("{", "[")), done.stderr
    assert done.stderr.splitlines()[-1] == "[]", done.stderr
