"""Reading, marking and exporting reviews through the services that screen and commands share."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.clock import iso
from ascinbox.core.errors import UsageError
from ascinbox.core.filters import FilterError
from ascinbox.core.records import Response, Review, ReviewDetail
from ascinbox.core.reviews.acts import ActItem
from ascinbox.workers.reviews import export
from ascinbox.workers.reviews.activity import activity
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


@pytest.fixture
def workspace(apple: Apple, desk: Desk) -> Workspace:
    opened = desk.open(apple.account())
    opened.sync.run(datasets=["reviews"])
    return opened


def detail(**changes: object) -> ReviewDetail:
    values: dict[str, object] = {
        "title": "Title", "body": "Body", "nickname": "nick", "rating": 2, "territory": "DEU",
        "created_at": NOW, "response": None, **changes,
    }  # fmt: skip
    about = {
        name: values.pop(name)
        for name in ("tags", "note", "assignee", "snoozed_until", "app_version", "due_at")
        if name in values
    }
    review = Review(id="r1", app_id="42", **values)  # type: ignore[arg-type]
    return ReviewDetail(review, "North", "Tide Clock", "N", **about)  # type: ignore[arg-type]


# --- inbox ---


def test_windows_by_keyset_go_through_the_whole_list(workspace: Workspace) -> None:
    query = workspace.inbox.query("sort:oldest")
    seen: list[str] = []
    anchor: int | None = None
    while True:
        window = workspace.inbox.window(query, anchor, 25)
        seen += [row.id for row in window.rows]
        if not window.has_after:
            break
        anchor = window.rows[-1].key
    assert len(seen) == len(set(seen)) == workspace.inbox.count(query) == 120
    exported = [d.review.id for d in workspace.inbox.export(query)]
    assert exported == seen
    assert [d.review.id for d in workspace.inbox.export(query, 7)] == seen[:7]


def test_a_review_is_found_where_it_stands(workspace: Workspace) -> None:
    query = workspace.inbox.query("rating:<=3")
    rows = workspace.inbox.window(query, None, 10).rows
    place = workspace.inbox.locate(query, rows[4].id)
    assert place is not None
    assert (place.key, place.position) == (rows[4].key, 4)
    assert workspace.inbox.locate(workspace.inbox.query("rating:>=4"), rows[4].id) is None
    assert [row.id for row in workspace.inbox.rows([rows[2].id, "none", rows[0].id])] == [
        rows[2].id,
        rows[0].id,
    ]


def test_views_and_their_counts(workspace: Workspace) -> None:
    workspace.inbox.save_view("Fives", "rating:5")
    counts = workspace.inbox.view_counts()
    fives = workspace.inbox.count(workspace.inbox.query("rating:5"))
    assert counts["Fives"].count == fives
    assert str(counts["All"]) == "120"
    assert workspace.inbox.delete_view("fives")
    assert "Fives" not in workspace.inbox.view_counts()


def test_facets_add_up(workspace: Workspace) -> None:
    facets = workspace.inbox.facets(workspace.inbox.query(""))
    assert sum(n for _, n in facets.apps) == sum(n for _, n in facets.ratings) == 120
    assert dict(workspace.inbox.values("rating")) == {str(stars): n for stars, n in facets.ratings}


def test_the_place_in_a_view_and_the_last_of_all_are_kept(workspace: Workspace, desk: Desk) -> None:
    assert workspace.inbox.last_place() is None
    workspace.inbox.save_place("Needs reply", "is:needs-reply", "r7")
    workspace.inbox.save_place("All", "", None)
    again = desk.open()
    assert again.inbox.place("Needs reply") == "r7"
    assert again.inbox.place("All") is None
    assert again.inbox.last_place() == ("All", "", None)


def test_a_bad_query_says_where_it_goes_wrong(workspace: Workspace) -> None:
    with pytest.raises(FilterError) as raised:
        workspace.inbox.query("rating:1 terr:DE")
    assert raised.value.exit_code == 3
    assert raised.value.start == 9


# --- triage ---


def test_every_mark_is_set_and_taken_back(workspace: Workspace) -> None:
    ids = [row.id for row in workspace.inbox.window(workspace.inbox.query(""), None, 3).rows]
    triage = workspace.triage
    before = workspace.inbox.details(ids)
    later = workspace.clock.now() + timedelta(days=1)
    acts: list[Callable[[], tuple[str, ...]]] = [
        lambda: triage.done(ids),
        lambda: triage.snooze(ids, later),
        lambda: triage.assign(ids, "anna"),
        lambda: triage.tag(ids, ["crash", " crash ", ""]),
        lambda: triage.flag(ids),
        lambda: triage.note(ids[0], "  a note\x1b[31m  "),
    ]
    for act in acts:
        assert act()
    first = workspace.inbox.details(ids)[0]
    assert (first.assignee, first.tags, first.flagged, first.snoozed_until) == (
        "anna",
        ("crash",),
        True,
        later.replace(microsecond=0),
    )
    assert first.note.startswith("a note")
    assert "\x1b" not in first.note
    for _ in acts:
        assert triage.undo() is not None
    assert triage.undo() is None
    assert workspace.inbox.details(ids) == before


def test_me_is_the_person_at_the_keyboard(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account(), reply_me="anna")
    workspace.sync.run(datasets=["reviews"])
    row = workspace.inbox.window(workspace.inbox.query(""), None, 1).rows[0]
    workspace.triage.assign([row.id], "me")
    assert workspace.inbox.count(workspace.inbox.query("is:mine")) == 1
    assert workspace.triage.assignees() == {"anna": 1}


def test_what_changes_nothing_is_no_act(workspace: Workspace) -> None:
    ids = [workspace.inbox.window(workspace.inbox.query(""), None, 1).rows[0].id]
    assert workspace.triage.flag(ids) == tuple(ids)
    assert workspace.triage.flag(ids) == ()
    assert workspace.triage.undo() is not None
    assert workspace.triage.last_act() is None


# --- export ---


def test_a_record_has_the_shape_of_the_contract() -> None:
    answer = Response("x", "Thanks", "PENDING_PUBLISH", NOW)
    record = export.review_record(detail(response=answer, tags=("a", "b"), snoozed_until=NOW))
    assert record == {
        "id": "r1",
        "account": "North",
        "app": {"id": "42", "name": "Tide Clock"},
        "rating": 2,
        "title": "Title",
        "body": "Body",
        "nickname": "nick",
        "created_at": "2026-11-21T14:02:00Z",
        "territory": "DEU",
        "state": "new",
        "reply": {"text": "Thanks", "state": "pending_publish", "modified_at": "2026-11-21T14:02:00Z"},
        "tags": ["a", "b"],
        "note": "",
        "assignee": "",
        "snoozed_until": "2026-11-21T14:02:00Z",
        "app_version": None,
        "language": None,
        "language_score": None,
        "store": "apple",
        "device": None,
    }
    assert export.review_record(detail(app_version="5.2"))["app_version"] == "5.2"
    assert export.review_record(detail())["reply"] is None
    assert "due_at" not in export.review_record(detail())
    assert export.review_record(detail(due_at=NOW))["due_at"] == iso(NOW)
    plain, clocked = io.StringIO(), io.StringIO()
    export.write_reviews_csv(plain, [detail(due_at=NOW)])
    export.write_reviews_csv(clocked, [detail(due_at=NOW), detail()], due=True)
    assert "due_at" not in plain.getvalue()
    head, first, second = clocked.getvalue().splitlines()
    assert head.endswith(",due_at")
    assert first.endswith(f",{iso(NOW)}")
    assert second.endswith(",")


@given(st.text(max_size=60), st.text(max_size=60))
def test_csv_reads_back_and_holds_no_formula(title: str, body: str) -> None:
    sink = io.StringIO()
    export.write_reviews_csv(sink, [detail(title=title, body=body)])
    head, row = csv.reader(io.StringIO(sink.getvalue()))
    assert tuple(head) == export.REVIEW_COLUMNS
    for cell in row:
        assert cell.lstrip()[:1] not in ("=", "+", "@")
    cells = dict(zip(head, row, strict=True))
    assert (cells["rating"], cells["state"], cells["reply"]) == ("2", "new", "")


def test_raw_csv_leaves_formulas() -> None:
    sink = io.StringIO()
    export.write_reviews_csv(sink, [detail(title="=1+1")], raw=True)
    (row,) = csv.DictReader(io.StringIO(sink.getvalue()))
    assert row["title"] == "=1+1"


@given(st.lists(st.text(max_size=30), max_size=4))
def test_json_is_ascii_and_reads_back(texts: list[str]) -> None:
    sink = io.StringIO()
    count = export.write_json(
        sink, "s/1", "items", ({"text": text} for text in texts), generated_at=NOW, cache_age_s=None, total=3
    )
    assert count == len(texts)
    assert sink.getvalue().isascii()
    assert json.loads(sink.getvalue()) == {
        "schema": "s/1",
        "generated_at": "2026-11-21T14:02:00Z",
        "cache_age_s": None,
        "total": 3,
        "items": [{"text": text} for text in texts],
    }


def test_a_replaced_file_of_ours_keeps_its_mode_and_a_new_one_is_private(tmp_path: Path) -> None:
    path, link = tmp_path / "out.csv", tmp_path / "link.csv"
    link.symlink_to(path)
    export.export_to(link, lambda sink: sink.write("new"))
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    export.export_to(link, lambda sink: sink.write("replaced"))
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("replaced", 0o644)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")

    def broken(sink: export.Sink) -> None:
        sink.write("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        export.export_to(path, broken)
    assert path.read_text() == "before"
    export.export_to(path, lambda sink: sink.write("whole"))
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError):
        export.export_to(tmp_path / "missing" / "out.csv", lambda sink: sink.write(""))


def test_activity_shows_which_views_were_saved_and_deleted(workspace: Workspace) -> None:
    workspace.inbox.save_view("Crashes", "tag:crash is:unanswered")
    workspace.inbox.save_view("Whole", "")
    assert workspace.inbox.delete_view("Crashes")
    assert not workspace.inbox.delete_view("Crashes")
    shown = [(i.act.verb, i.act.detail) for i in activity(workspace) if isinstance(i, ActItem)]
    assert shown == [
        ("delete view", "Crashes"),
        ("save view", "Whole"),
        ("save view", "Crashes: tag:crash is:unanswered"),
    ]
