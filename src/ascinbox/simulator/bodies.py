"""Checks of request documents, with Apple's `ENTITY_ERROR` for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ascinbox.simulator.problems import Problem, entity


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a create or update document."""

    kind: type[Any]
    required: bool = False
    nullable: bool = False
    words: frozenset[str] | None = None
    """Allowed values of a word or of a list of words."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship: to-one or to-many of a type."""

    kind: str
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document may hold."""

    kind: str
    attributes: Mapping[str, Attribute]
    relations: Mapping[str, Relation]
    needs_id: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A checked document."""

    id: str
    attributes: Mapping[str, Any]
    related: Mapping[str, tuple[str, ...]]
    """Ids by relationship."""


def read_entity(document: Any, shape: Shape) -> Entity:
    """Checks a document. Raises `Problem` 409 with the pointer of the first thing that is wrong."""
    data = _object(document, "data", "/data")
    if data.get("type") != shape.kind:
        raise entity(
            ".ATTRIBUTE.TYPE" if "type" in data else ".ATTRIBUTE.REQUIRED",
            "The entity has an invalid or missing type",
            f"The type of the entity must be '{shape.kind}'",
            "/data/type",
        )
    entity_id = data.get("id", "")
    if not isinstance(entity_id, str) or (shape.needs_id and not entity_id):
        raise _missing("id", "/data/id")
    if not shape.needs_id and "id" in data:
        raise _unknown("id", "/data/id")
    for name in data:
        if name not in ("type", "id", "attributes", "relationships"):
            raise _unknown(name, f"/data/{name}")
    return Entity(entity_id, _attributes(data, shape), _relations(data, shape))


def read_linkages(document: Any, kind: str) -> tuple[str, ...]:
    """Checks a to-many linkage document and returns its ids."""
    if not isinstance(document, dict) or "data" not in document:
        raise _missing("data", "/data")
    return _ids(document["data"], Relation(kind, many=True), "/data")


def _attributes(data: dict[str, Any], shape: Shape) -> dict[str, Any]:
    required = any(attribute.required for attribute in shape.attributes.values())
    given = _object(data, "attributes", "/data/attributes") if required or "attributes" in data else {}
    for name in given:
        if name not in shape.attributes:
            raise _unknown(name, f"/data/attributes/{name}")
    for name, attribute in shape.attributes.items():
        pointer = f"/data/attributes/{name}"
        if name not in given:
            if attribute.required:
                raise _missing(name, pointer)
            continue
        _check_value(name, given[name], attribute, pointer)
    return given


def _check_value(name: str, value: Any, attribute: Attribute, pointer: str) -> None:
    if value is None and attribute.nullable:
        return
    if type(value) is not attribute.kind:
        raise entity(
            ".ATTRIBUTE.TYPE",
            "An attribute value has an invalid type",
            f"The value of the attribute '{name}' has the wrong type",
            pointer,
        )
    if attribute.kind is str and attribute.words is not None and value not in attribute.words:
        raise invalid(name, pointer, f"'{value}' is not a valid value for the attribute '{name}'")
    if attribute.kind is list:
        for word in value:
            if not isinstance(word, str) or (attribute.words is not None and word not in attribute.words):
                raise invalid(name, pointer, f"'{word}' is not a valid value for the attribute '{name}'")


def _relations(data: dict[str, Any], shape: Shape) -> dict[str, tuple[str, ...]]:
    required = any(relation.required for relation in shape.relations.values())
    given = {}
    if required or "relationships" in data:
        given = _object(data, "relationships", "/data/relationships")
    for name in given:
        if name not in shape.relations:
            raise entity(
                ".RELATIONSHIP.UNKNOWN",
                "A relationship is not allowed",
                f"The relationship '{name}' is not part of this resource",
                f"/data/relationships/{name}",
            )
    found = {}
    for name, relation in shape.relations.items():
        pointer = f"/data/relationships/{name}"
        if name not in given:
            if relation.required:
                raise entity(
                    ".RELATIONSHIP.REQUIRED",
                    "A required relationship is missing",
                    f"You must provide a value for the relationship '{name}' with this request",
                    pointer,
                )
            continue
        held = _object(given, name, pointer)
        if "data" not in held:
            if relation.required:
                raise _missing("data", f"{pointer}/data")
            continue
        found[name] = _ids(held["data"], relation, f"{pointer}/data")
    return found


def _ids(data: Any, relation: Relation, pointer: str) -> tuple[str, ...]:
    if isinstance(data, list) is not relation.many:
        raise _wrong_linkage(pointer)
    entries = data if relation.many else [data]
    ids = []
    for entry in entries:
        if (
            not isinstance(entry, dict)
            or entry.get("type") != relation.kind
            or not isinstance(entry.get("id"), str)
        ):
            raise _wrong_linkage(pointer)
        ids.append(entry["id"])
    return tuple(ids)


def _object(holder: Any, name: str, pointer: str) -> dict[str, Any]:
    if not isinstance(holder, dict) or name not in holder:
        raise _missing(name, pointer)
    value = holder[name]
    if not isinstance(value, dict):
        raise entity(".ATTRIBUTE.TYPE", "A value has an invalid type", f"'{name}' must be an object", pointer)
    return value


def invalid(name: str, pointer: str, detail: str = "") -> Problem:
    """409 for a value that is of the right type and still refused."""
    return entity(
        ".ATTRIBUTE.INVALID",
        "An attribute value is invalid.",
        detail or f"The attribute '{name}' has an invalid value",
        pointer,
    )


def _missing(name: str, pointer: str) -> Problem:
    return entity(
        ".ATTRIBUTE.REQUIRED",
        "The provided entity is missing a required attribute",
        f"You must provide a value for the attribute '{name}' with this request",
        pointer,
    )


def _unknown(name: str, pointer: str) -> Problem:
    return entity(
        ".ATTRIBUTE.UNKNOWN",
        "The provided entity includes an unknown attribute",
        f"The attribute '{name}' is not part of this resource",
        pointer,
    )


def _wrong_linkage(pointer: str) -> Problem:
    return entity(
        ".RELATIONSHIP.INVALID",
        "The provided entity includes a relationship with an invalid value",
        "The linkage is not of the form or type that this relationship takes",
        pointer,
    )
