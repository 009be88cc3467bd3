"""A cache in which every text that is not ours is an attack, filled through the doors that real data uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ascinbox.core import text
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.metrics.facts import SalesFact
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.outbox.states import Base, Draft, Kind, OutboxRow, Phase, Why, body_hash
from ascinbox.core.records import Account, App, Credential, CredentialKind, Review
from ascinbox.paths import Paths
from ascinbox.sources.apple import errors, parse
from ascinbox.store.hot.sync import Run
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.hostile.payloads import NAMES, marked, several

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
_NEVER = re.compile("(?!)")
_SURROGATES = re.compile("[\ud800-\udfff]")


@contextmanager
def cleaning_off() -> Iterator[None]:
    """Takes the first net away: what `core.text` finds harmful, it finds no more."""
    gone: dict[str, Any] = dict.fromkeys(
        ("_LINE_BREAK", "_ATTACK", "_INVISIBLE", "_ODD", "_MARK_RUN"), _NEVER
    )
    with patch.multiple(text, **gone):
        yield


def attack(name: str) -> str:
    """The attack as it can be stored: SQLite takes no lone surrogates, so only `clean` lets those in."""
    return marked(name) if text._ATTACK is not _NEVER else _SURROGATES.sub("", marked(name))


def body(name: str) -> str:
    """Three attacks, a line each."""
    return "\n".join(map(attack, several(name)))


def plant(home: Path) -> Paths:
    """One account, app, review, draft, reply and so on for each attack."""
    paths = Paths.under(home)
    paths.create()
    _files(paths)
    store = StoreThread.open(paths, ShiftedClock(NOW))
    try:
        store.call(_fill)
    finally:
        store.close()
    return paths


def apps() -> tuple[App, ...]:
    """The apps as Apple's list gives them."""
    return parse.apps_page({"data": [
        {"type": "apps", "id": str(1_000_000 + number), "attributes": {
            field: attack(name) for field in ("name", "bundleId", "sku", "primaryLocale")
        }} for number, name in enumerate(NAMES)
    ]}).items  # fmt: skip


def reviews(app: App, name: str, number: int) -> tuple[Review, ...]:
    """One review with a response and one that waits for an answer."""

    def said(which: int) -> dict[str, Any]:
        moment = NOW - timedelta(hours=2 * number + which + 1)
        return {
            "rating": which + 1,
            "title": attack(name),
            "body": body(name),
            "reviewerNickname": attack(name),
            "createdDate": moment.isoformat(),
            "territory": "USA",
        }

    reply = {"type": "customerReviewResponses", "id": f"reply{number}"}
    answered = {"response": {"data": reply}}
    return parse.reviews_page(
        {
            "data": [
                {"type": "customerReviews", "id": f"open{number:02d}", "attributes": said(0)},
                {
                    "type": "customerReviews",
                    "id": f"done{number:02d}",
                    "attributes": said(1),
                    "relationships": answered,
                },
            ],
            "included": [
                {**reply, "attributes": {"responseBody": body(name), "state": attack(name)}},
            ],
        },
        app.id,
    ).items


def apples_words(name: str) -> str:
    """An error of Apple's whose every field is the attack, as verdicts and the outbox quote it."""
    entries = [{"code": attack(one), "title": attack(one), "detail": attack(one)} for one in several(name)]
    return errors.describe(409, errors.problems_of(409, json.dumps({"errors": entries}).encode()))


def _fill(store: Store) -> None:
    for number, (name, app) in enumerate(zip(NAMES, apps(), strict=True)):
        line = text.clean_line(attack(name))
        key = Credential(CredentialKind.TEAM, f"KEY{number:02d}D127F", "69a6de7f-03d1-47e3", "file:/none")
        features = ("reviews", "reply", "sales")
        account = store.accounts.add(Account(0, line, f"850{number:05d}", features, (key,), NOW), (app,))
        store.sync.save_run(Run(account.id, "reviews", NOW, NOW - timedelta(minutes=2), True))
        waiting, answered = reviews(app, name, number)
        store.reviews.save_page(app.id, [waiting, answered])
        changed = replace(answered, title=f"{answered.title} changed")
        store.reviews.save_page(app.id, [waiting, changed])
        store.queue.tag([waiting.id], [line])
        store.queue.assign([waiting.id], line)
        store.queue.note(waiting.id, text.clean_body(attack(name)))
        written = text.clean_body(body(name))
        store.queue.save_draft(Draft(waiting.id, written, NOW, Base.of(waiting), "mia"), app.id)
        store.queue.queue(_failed(changed, account, written, apples_words(name)))
        store.health.save(account.id, _verdicts(name, key.key_id), NOW)
        people = parse.users_page({"data": [{"type": "users", "id": f"user{number}", "attributes": {
            "username": attack(name), "firstName": attack(name), "lastName": attack(name),
            "roles": [attack(name)],
        }}]}).items  # fmt: skip
        store.health.save_people(account.id, people, NOW)
        _figures(store, account, app, line)


def _failed(review: Review, account: Account, written: str, words: str) -> OutboxRow:
    return OutboxRow(
        op_id=f"op{review.id}", kind=Kind.PUBLISH, review_id=review.id, app_id=review.app_id,
        account_id=account.id, credential=account.primary.key_id, phase=Phase.FAILED, text=written,
        sha256=body_hash(written), base=Base.of(review), queued_at=NOW, send_after=NOW, changed_at=NOW,
        by=account.name, template=account.name, why=Why.REFUSED, status=409, detail=words,
    )  # fmt: skip


def _verdicts(name: str, key_id: str) -> list[Verdict]:
    words = apples_words(name)
    return [
        Verdict("reviews", HealthState.OK, words, words, "", severity=0, checked_at=NOW, credential=key_id),
        Verdict("reply", HealthState.NO_ROLE, words, words, words, words, words, words, 2, NOW, key_id),
        Verdict("sales", HealthState.LIMITED, words, words, words, words, words, words, 1, NOW, key_id),
    ]


def _figures(store: Store, account: Account, app: App, title: str) -> None:
    for back in range(1, 8):
        day = (NOW - timedelta(days=back)).date()
        fact = SalesFact(
            day, day, app.id, "", app.sku, title, "1F", "USA", "USD", Decimal(5), Decimal(0), Decimal(4)
        )
        file = ReportFile(str(account.vendor), Dataset.SALES, ReportSpan.DAY, day, FileStatus.STORED, NOW)
        store.reports.save_sales(file, [fact])


def _files(paths: Paths) -> None:
    """Templates, views and settings: files that somebody else may have written."""
    paths.templates.mkdir(parents=True, exist_ok=True)
    paths.config.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES):
        written = _SURROGATES.sub("", marked(name))
        head = f"---\nname: {' '.join(written.split())}\n---\n"
        (paths.templates / f"t{number:02d}.md").write_text(f"{head}{written}\n", "utf-8")
        # Without a name of its own a template has its file's, which may hold all but NUL and a slash.
        stem = written.translate({0: None, ord("/"): "-"})[:60]
        (paths.templates / f"f{number:02d} {stem}.md").write_text("Thank you\n", "utf-8")
    views = [f'[[view]]\nname = {_toml(marked(name))}\nquery = "rating:1"\n' for name in NAMES]
    paths.views_file.write_text("\n".join(views), "utf-8")
    paths.config_file.write_text(f"[ui]\n{_toml(marked('clipboard'))} = 1\n", "utf-8")


def _toml(value: str) -> str:
    """A basic string of TOML that stands for `value`, controls and all."""
    value = _SURROGATES.sub("", value)
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub("[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", plain) + '"'
