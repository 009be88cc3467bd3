"""Which commands were chosen by name in this home, the last one first: the list of them begins with these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.workers.workspace import reads_only

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

MOST = 5
"""So many are kept."""
_PLACE = ":"
"""The name under which they are kept; no view can be called so."""


@reads_only
def used_commands(workspace: Workspace) -> tuple[str, ...]:
    """Their ids, the last used first."""
    kept = workspace.store.call(lambda store: store.triage.place(_PLACE))
    used = (kept or {}).get("used", ())
    return tuple(str(each) for each in used)[:MOST]


def note_used_command(workspace: Workspace, command: str) -> None:
    """Notes that a command was chosen. Does nothing where nothing can be saved."""
    used = [command, *(each for each in used_commands(workspace) if each != command)][:MOST]

    def save(store: Store) -> None:
        if not store.database.read_only:
            store.queue.save_place(_PLACE, {"used": used})

    workspace.store.call(save)
