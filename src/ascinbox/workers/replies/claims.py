"""Who writes a reply to which review: asked before the editor takes keys, claimed by the first of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.team import TeamNote
from ascinbox.core.text import clean_body
from ascinbox.store.queue.port import Editing
from ascinbox.workers.runtime import lease_owner

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

Writer = Editing
"""Who writes to a review, as screens know it."""

EDITING_LASTS = timedelta(minutes=15)
"""How long an editor counts as open after its last saved word."""


def holder(workspace: Workspace, review_id: str) -> Editing | None:
    """Who else writes to a review, as this home last heard it."""
    found: Editing | None = workspace.store.call(lambda store: holder_of(workspace, store, review_id))
    return found


def claim(workspace: Workspace, review_id: str) -> Editing | None:
    """This program writes here from now on, unless somebody else does, who is returned then.

    Raises Unreachable when the team cannot be asked, AscinboxError when it refuses.
    """
    found: Editing | None = workspace.store.call(lambda store: claim_review(workspace, store, review_id))
    return found


def take_over(workspace: Workspace, review_id: str, words: str = "") -> Editing | None:
    """This program writes here from now on in place of whoever did: they are returned, and told of it.

    `words` go to them as a note in the review's thread. None: nobody wrote there any more, so nothing was
    done and the words were not sent. Raises as `claim`.
    """
    found: Editing | None = workspace.store.call(lambda store: _take_over(workspace, store, review_id, words))
    return found


def claim_words(other: Editing | None) -> str:
    """`anna writes here since 14:02`; empty for nobody."""
    return "" if other is None else f"{other.who} writes here since {other.since.astimezone():%H:%M}"


# --- on the store thread ---


def holder_of(workspace: Workspace, store: Store, review_id: str) -> Editing | None:
    """See `holder`. A program that is known to be gone holds nothing."""
    other = store.team.holder(review_id, workspace.clock.now(), workspace.sender.owner)
    return None if other is None or lease_owner.is_gone(other.owner) else other


def claim_review(workspace: Workspace, store: Store, review_id: str) -> Editing | None:
    """See `claim`."""
    now, me, who = workspace.clock.now(), workspace.sender.owner, workspace.me
    other = store.queue.claim(review_id, me, who, now, EDITING_LASTS)
    if other is not None and lease_owner.is_gone(other.owner):
        store.queue.take_over(review_id, me, who, now, EDITING_LASTS)
        other = None
    return other


def release_claim(workspace: Workspace, store: Store, review_id: str) -> None:
    """The editor was left. Does nothing where no word was written."""
    owner = workspace.sender.owner
    mine = store.team.claims(workspace.clock.now()).get(review_id)
    if mine is not None and mine.owner == owner:
        # Whoever is offline, or may not write any more, leaves all the same: the claim ends by itself.
        with suppress(AscinboxError):
            store.queue.release(review_id, owner)


def _take_over(workspace: Workspace, store: Store, review_id: str, words: str) -> Editing | None:
    now, me = workspace.clock.now(), workspace.me
    before = store.queue.take_over(review_id, workspace.sender.owner, me, now, EDITING_LASTS)
    said = clean_body(words).strip()
    if before is None:
        release_claim(workspace, store, review_id)
    elif said:
        store.queue.add_note(TeamNote.to(before.who, review_id, me, said, now))
    return before
