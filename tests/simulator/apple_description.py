"""Apple's OpenAPI description, as far as the tests need it: parameters, bodies, and a strict validator."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from jsonschema.validators import extend  # type: ignore[import-untyped]

VARIABLE = "ASC_OPENAPI"


def description() -> Description:
    """The description that `ASC_OPENAPI` names; skips the test when there is none."""
    path = os.environ.get(VARIABLE)
    if not path:
        pytest.skip(f"{VARIABLE} does not name Apple's OpenAPI description")
    return Description(json.loads(Path(path).read_text(encoding="utf-8")))


@dataclass
class Description:
    """The parsed document."""

    raw: dict[str, Any]

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """One verb of one path. Raises KeyError when Apple has none."""
        found: dict[str, Any] = self.raw["paths"][path][method.lower()]
        return found

    def parameters(self, method: str, path: str) -> dict[str, dict[str, Any]]:
        """The query parameters by name."""
        operation = self.operation(method, path)
        return {entry["name"]: entry for entry in operation.get("parameters", ()) if entry["in"] == "query"}

    def body_schema(self, method: str, path: str) -> dict[str, Any]:
        """The schema of the request document, a reference."""
        content = self.operation(method, path)["requestBody"]["content"]
        found: dict[str, Any] = content["application/json"]["schema"]
        return found

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema behind a `$ref`."""
        while "$ref" in schema:
            schema = self.raw["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def complaints(
        self, method: str, path: str, status: int, content_type: str, body: bytes
    ) -> Iterator[str]:
        """What is wrong with an answer by Apple's description."""
        responses: Mapping[str, Any] = self.operation(method, path)["responses"]
        declared = responses.get(str(status))
        if declared is None:
            yield f"status {status} is not declared"
            return
        content: Mapping[str, Any] = declared.get("content", {})
        if not content:
            if body:
                yield "a body where none is declared"
            return
        kind = content_type.partition(";")[0]
        if kind not in content:
            yield f"content type {kind} is not declared"
            return
        if kind == "application/json":
            yield from self.faults_of(json.loads(body), content[kind]["schema"])

    def faults_of(self, document: Any, schema: dict[str, Any]) -> Iterator[str]:
        """What is wrong with a document; unknown properties are wrong too."""
        validator = self._validator(
            {**schema, "components": self._strict["components"]}, format_checker=_FORMATS
        )
        for problem in validator.iter_errors(document):
            yield f"{problem.json_path}: {problem.message[:200]}"

    @cached_property
    def _validator(self) -> Any:
        """A validator that looks once at what stands behind a `$ref`: pages repeat their rows."""
        look, right = Draft202012Validator.VALIDATORS["$ref"], set[tuple[str, str]]()

        def look_once(validator: Any, ref: str, instance: Any, schema: Any) -> Iterator[Any]:
            key = (ref, json.dumps(instance))
            if key in right:
                return
            faults = list(look(validator, ref, instance, schema))
            if not faults:
                right.add(key)
            yield from faults

        return extend(Draft202012Validator, {"$ref": look_once})

    @cached_property
    def _strict(self) -> dict[str, Any]:
        strict = {"components": {"schemas": copy.deepcopy(self.raw["components"]["schemas"])}}
        _tighten(strict)
        # Apple sends `links.see` with errors, although its description has only `about` and `associated`.
        strict["components"]["schemas"]["ErrorLinks"]["properties"]["see"] = {"type": "string"}
        return strict


def _tighten(schema: Any) -> None:
    """OpenAPI 3.0 to JSON Schema, in place: nullable types, and no properties but the declared ones."""
    if isinstance(schema, list):
        for entry in schema:
            _tighten(entry)
    if not isinstance(schema, dict):
        return
    for entry in schema.values():
        _tighten(entry)
    schema.pop("discriminator", None)
    if schema.pop("nullable", False) is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_FORMATS = FormatChecker(formats=())
_FORMATS.checkers["date-time"] = (_is_date_time, ValueError)
