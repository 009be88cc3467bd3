"""Rigs for the fault tests, in a folder of memory where there is one: a kill loses no write there either."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.nursery import Nursery
from tests.faults.rig import Rig, build

MEMORY = Path("/dev/shm")


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder on the quickest file system that there is."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="ascinbox-rig-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks the children of all rigs."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def make_rig(quick_folder: Path, nursery: Nursery) -> Iterator[Callable[..., Rig]]:
    """`make_rig(reviews=500)`: see `rig.build`."""
    made: list[Rig] = []

    def make(**options: Any) -> Rig:
        made.append(build(quick_folder / str(len(made)), nursery, **options))
        return made[-1]

    yield make
    for rig in made:
        rig.close()
