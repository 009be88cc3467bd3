"""Caches for the screen tests, built once and copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ascinbox.paths import Paths
from tests.tui.team_homes import team_homes
from tests.tui.world import build, review

__all__ = ["built", "paths", "team_homes"]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty reviews in four apps; every third is answered."""
    home = tmp_path_factory.mktemp("world")
    build(home, [review(number, answered=number % 3 == 2) for number in range(60)])
    return home


@pytest.fixture
def paths(built: Path, tmp_path: Path) -> Paths:
    """A fresh copy of that cache."""
    home = tmp_path / "desk"
    shutil.copytree(built, home)
    return Paths.under(home)
