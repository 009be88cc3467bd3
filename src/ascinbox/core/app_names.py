"""Telling apps apart that are called the same in two stores. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ascinbox.core.stores import store_of_app


def names_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names of apps by id; those that two stores have get their store's letters: `Tide Clock · GP`.

    Two apps of one store keep their names: its own pages do not tell them apart either.
    """
    stores: dict[str, set[str]] = defaultdict(set)
    for app_id, name in names.items():
        stores[name.casefold()].add(store_of_app(app_id).short)
    return {
        app_id: f"{name} · {store_of_app(app_id).short}" if len(stores[name.casefold()]) > 1 else name
        for app_id, name in names.items()
    }
