"""Names and words of others, made harmless where they come in from the team's database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ascinbox.core.outbox.states import freeze
from ascinbox.core.text import clean_body, clean_line

_LINES: Mapping[str, tuple[str, ...]] = {
    "triage": ("assignee", "set_by"),
    "tag": ("tag",),
    "claim": ("who",),
    "note": ("author",),
    "outbox": ("author", "approved_by"),
    "act": ("who", "subject", "detail"),
    "member": ("name",),
    "option": ("value",),
}
_BODIES: Mapping[str, tuple[str, ...]] = {"triage": ("note",), "note": ("body",)}


def harmless(kind: str, doc: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of the feed with what others wrote cleaned: whoever calls the functions with psql gives them
    what he likes. The text of a reply is frozen, as this program does with each that it queues: another one
    then no longer has the hash that goes with it, so nobody approves or sends it."""
    lines = {name: clean_line(doc[name]) for name in _LINES.get(kind, ())}
    bodies = {name: clean_body(doc[name]) for name in _BODIES.get(kind, ())}
    texts = {"text": freeze(doc["text"])} if kind == "outbox" and doc.get("text") else {}
    return {**doc, **lines, **bodies, **texts}
