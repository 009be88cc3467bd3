"""A store of one folder and one row of the registry is linked, synced, shown, answered and probed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ascinbox.config import load_config
from ascinbox.core import stores
from ascinbox.core.errors import CredentialError
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.outbox.states import Phase
from ascinbox.core.records import Account
from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.vault import VaultKind
from ascinbox.workers.accounts.credentials import Candidate
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.workspace import Workspace
from tests.sources.folder.harness import APP, KEY, make_folder
from tests.sources.folder.row import FOLDER

THANKS = "Thank you for telling us. The next version puts the tide right again."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "store")


@pytest.fixture
def space(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(stores, "STORES", (*stores.STORES, FOLDER))
    paths = Paths.under(tmp_path / "home")
    made = Workspace.open(
        paths=paths,
        config=load_config(paths.config_file, {"ASCINBOX_OUTBOX_UNDO_SECONDS": "0"}),
        environ={FOLDER.url_variable: str(folder)},
    )
    yield made
    made.close()


def link(space: Workspace, key: str = KEY, name: str = "Tide") -> None:
    candidate = Candidate("folder key", "F1", None, Secret(key), source="a test")
    trial = space.accounts.try_credential(candidate)
    space.accounts.link(LinkRequest(name, trial, vault=VaultKind.FILE))


def test_a_wrong_key_is_refused_and_nothing_is_saved(space: Workspace) -> None:
    with pytest.raises(CredentialError, match="The folder has another key"):
        link(space, key="wrong")
    assert space.accounts.list() == ()


def test_it_is_linked_synced_shown_answered_and_probed(space: Workspace, folder: Path) -> None:
    link(space)
    (account,) = space.accounts.list()
    assert (account.store, account.features) == ("folder", ("reviews", "reply"))

    (result,) = space.sync.run().accounts
    assert result.ok
    assert set(result.datasets) == {"reviews", "replies"}
    assert result.datasets["reviews"].new == 5

    window = space.inbox.window(space.inbox.query("tide"), None, 10)
    assert [row.id for row in window.rows] == [f"folder:r{number}" for number in reversed(range(5))]
    assert {row.app_name for row in window.rows} == {"Tide Clock"}
    assert "\x1b" not in window.rows[0].title

    report = space.health.check()
    cells = report.accounts[0].cells
    assert cells["reviews"].verdict.state is HealthState.OK
    assert cells["sales"].verdict.state is HealthState.NOT_POSSIBLE

    review = "folder:r1"
    findings = space.composing.check(review, "x" * 351)
    assert any(finding.rule == "too-long" for finding in findings), "350 is this store's limit"
    accepted = [finding.key for finding in space.composing.check(review, THANKS)]
    space.replies.queue(review, THANKS, accepted=accepted)
    until = time.monotonic() + 20
    while (item := space.replies.item(review)) is None or item.row.phase is not Phase.PUBLISHED:
        assert time.monotonic() < until
        space.sender.flush_once(review)
        space.sender.poll_pending(review)
        time.sleep(0.02)
    assert json.loads((folder / "reviews" / "r1.json").read_text("utf-8"))["reply"]["text"] == THANKS
    shown = space.inbox.detail(review)
    assert shown is not None
    assert shown.review.response is not None
    assert shown.review.response.text == THANKS


def test_a_review_that_a_list_of_the_last_week_lacks_is_not_taken_for_gone(
    space: Workspace, folder: Path
) -> None:
    link(space)
    space.sync.run(datasets=("reviews",))
    (folder / "reviews" / "r0.json").unlink()
    (result,) = space.sync.run(datasets=("reviews",), full=True).accounts
    assert result.ok
    assert result.datasets["reviews"].removed == 0
    shown = space.inbox.detail("folder:r0")
    assert shown is not None
    assert shown.removed_at is None


def test_its_key_cannot_be_added_to_an_account_of_another_store(space: Workspace) -> None:
    link(space)
    (account,) = space.accounts.list()
    space.store.call(lambda store: store.accounts.add(Account(0, "North", None, ("reviews",), ())))
    candidate = Candidate("folder key", "F2", None, Secret(KEY), source="a test")
    with pytest.raises(CredentialError, match="belongs to another team than North"):
        space.accounts.try_credential(candidate, account=space.accounts.find("North"))
    assert account.store == "folder"
    assert space.store.call(lambda store: store.accounts.apps(account.id))[0].id == APP
