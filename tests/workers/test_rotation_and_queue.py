"""Replies that wait while an account is unlinked or its key is replaced: none goes out with another key."""

from __future__ import annotations

import pytest

from ascinbox.core.outbox.states import Phase
from ascinbox.simulator.keys import ApiKey
from ascinbox.vault import VaultKind
from ascinbox.workers.accounts.credentials import from_file
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

TEXT = "Thank you for the report, it is mended in the next version."


@pytest.fixture
def space(desk: Desk, apple: Apple) -> Workspace:
    """A linked account with its reviews, whose replies may go out at once."""
    opened = desk.open(outbox_undo_seconds="0")
    key = apple.key()
    candidate = from_file(opened.vault, key.write(apple.keys), None, key.issuer_id)
    trial = opened.accounts.try_credential(candidate)
    opened.accounts.link(LinkRequest("North", trial, vault=VaultKind.FILE))
    opened.sync.run(datasets=["reviews"])
    return opened


def unanswered(space: Workspace) -> str:
    return space.inbox.window(space.inbox.query("is:unanswered territory:US"), None, 1).rows[0].id


def warnings(space: Workspace, review: str) -> list[str]:
    return [finding.key for finding in space.composing.check(review, TEXT)]


def posts(apple: Apple) -> int:
    return sum(seen.method == "POST" for seen in apple.simulator.ledger.requests)


def replace_key(space: Workspace, apple: Apple) -> None:
    issuer = next(iter(apple.simulator.world.teams))
    fresh = apple.simulator.world.add_key(ApiKey("FRESHKEY01", issuer, ("ADMIN",)))
    account = space.accounts.find("North")
    candidate = from_file(space.vault, fresh.write(apple.keys), None, issuer)
    trial = space.accounts.try_credential(candidate, account=account)
    space.accounts.rotate(account, trial, vault=VaultKind.FILE)


def test_a_queued_reply_is_held_when_the_key_was_replaced(space: Workspace, apple: Apple) -> None:
    review = unanswered(space)
    space.replies.queue(review, TEXT, accepted=warnings(space, review))
    replace_key(space, apple)
    space.sender.flush_once()
    item = space.replies.item(review)
    assert item is not None
    assert item.row.phase is Phase.HELD
    assert posts(apple) == 0
    assert "next version" in item.row.text


def test_a_queued_reply_never_goes_out_for_an_account_that_is_gone(space: Workspace, apple: Apple) -> None:
    review = unanswered(space)
    space.replies.queue(review, TEXT, accepted=warnings(space, review))
    held = space.accounts.holdings("North")
    assert held.outbox == 1, "unlinking says that it takes this with it"
    space.accounts.unlink("North")
    space.sender.flush_once()
    assert posts(apple) == 0


def test_drafts_and_marks_outlive_the_key(space: Workspace, apple: Apple) -> None:
    review = unanswered(space)
    space.composing.save_draft(review, "half a thought")
    replace_key(space, apple)
    detail = space.inbox.detail(review)
    assert detail is not None
    assert detail.draft == "half a thought"
