"""The registry: pure rows, packages that are imported late, ids that are unique over all stores."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core import stores
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import (
    STORES,
    kind_info,
    native_id,
    short_id,
    store_info,
    store_of_kind,
    store_of_review,
    unique_id,
)
from tests.sources.folder.row import FOLDER

LATE = """
import sys
from ascinbox.core.stores import STORES
from ascinbox.sources.registry import source_of
for row in STORES:
    source_of(row)
print(*({"httpx", "jwt", "cryptography", "sqlmodel", "sqlalchemy", "textual"} & sys.modules.keys()))
"""


def test_a_store_costs_nothing_before_something_is_said_to_it() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_request_imports_no_command_line() -> None:
    """httpx has one of its own: rich and pygments take as long to import as all the rest of it."""
    code = (
        "import sys, ascinbox.sources.apple.client, httpx\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'rich', 'pygments', 'click'}, httpx.get)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("<function get ")


def test_kinds_of_credential_are_unique_and_know_real_capabilities() -> None:
    kinds = [kind for row in STORES for kind in row.kinds]
    assert len({kind.id for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert kind.capabilities <= frozenset(Capability)
        assert kind_info(kind.id) is kind
    assert {kind.id for kind in store_info("apple").kinds} == set(CredentialKind)


def test_what_is_unknown_is_named() -> None:
    for ask in (store_info, store_of_kind, kind_info):
        with pytest.raises(KeyError, match="nowhere"):
            ask("nowhere")


@given(st.text(min_size=1, max_size=60))
def test_ids_are_unique_over_stores_and_lead_back(native: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "STORES", (*STORES, FOLDER))
        there = unique_id("folder", native)
        assert (store_of_review(there).id, native_id(there)) == ("folder", native)
        assert unique_id("apple", native) == native
        assert short_id(there) == there
        assert native.startswith("folder:") or short_id(native) == native[:8]
        if not native.startswith("folder:"):
            assert store_of_review(native).id == "apple"
            assert native_id(native) == native
