"""Resources of a JSON:API document: ids, attributes and relationships, whatever else is odd about them."""

from __future__ import annotations

import re
from typing import Any

from ascinbox.core.stores import APP_STORE, store_of_review

Json = dict[str, Any]

ID = re.compile(r"[!-~]{1,255}")
"""What an id may look like."""


def identity(item: object, kind: str) -> str | None:
    """The id of a resource of the right type; an id is used as it is or not at all."""
    if not isinstance(item, dict) or item.get("type") != kind:
        return None
    identifier = item.get("id")
    if not isinstance(identifier, str) or not ID.fullmatch(identifier):
        return None
    # An id that reads as another store's would reach that one's reviews.
    if kind != "customerReviews" or ":" not in identifier or store_of_review(identifier) is APP_STORE:
        return identifier
    return None


def attributes(item: Json) -> Json:
    """Its attributes; {} when they are no object."""
    said = item.get("attributes")
    return said if isinstance(said, dict) else {}


def linked(item: Json, relation: str, kind: str) -> str | None:
    """The id that a to-one relationship names."""
    relationships = item.get("relationships")
    related = relationships.get(relation) if isinstance(relationships, dict) else None
    data = related.get("data") if isinstance(related, dict) else None
    return None if data is None else identity(data, kind)


def all_linked(item: Json, relation: str, kind: str) -> tuple[str, ...]:
    """The ids that a to-many relationship names."""
    relationships = item.get("relationships")
    related = relationships.get(relation) if isinstance(relationships, dict) else None
    data = related.get("data") if isinstance(related, dict) else None
    found = (identity(entry, kind) for entry in data) if isinstance(data, list) else ()
    return tuple(identifier for identifier in found if identifier is not None)
