"""What children of the listing's rig do: push until they are killed."""

from __future__ import annotations

from pathlib import Path

from ascinbox.workers.listing import push
from tests.faults.children import Where


def push_folder(where: Where, folder: Path) -> None:
    """Pushes a folder, as `ascinbox listing push DIR --yes` does."""
    space = where.open()
    space.folders.push(space.listings.apps()[0], folder, send=True)
    space.close()


def push_texts(where: Where) -> None:
    """Pushes what was written here, as the key on the screen does."""
    space = where.open()
    list(space.listings.push_edits(space.listings.apps()[0], space.listings.edits()))
    space.close()


def push_texts_blindly(where: Where) -> None:
    """A push without a net: what Apple has by now is not compared."""
    vars(push)["decide"] = lambda change, **_options: change
    push_texts(where)
