"""What somebody on a team never does: their level does not allow it, or a member holds no store's key.

Such actions are left out of hints and commands, and their keys say why. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.tui.actions import BY_ID, Needs

if TYPE_CHECKING:
    from ascinbox.tui.chrome_text import FrameState

MEMBER = "a member of a team asks no store: that is done where a worker runs"


def bar_of(action_id: str, place: str, frame: FrameState) -> str:
    """Why the action is never done on this top screen, as a sentence; empty when it may be."""
    action = BY_ID[action_id]
    if frame.member and place in action.with_keys:
        return MEMBER
    if action.needs is Needs.WRITING:
        return frame.no_writing
    return frame.no_approving if action.needs is Needs.APPROVING else ""
