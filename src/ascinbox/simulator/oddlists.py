"""Lists that Apple's service was seen to answer, or that would hide items from whoever believes them.

variant      what becomes of the answer
no_next      `links.next` is missing although there are more items
blank_next   `links.next` is "" where there is no next page
empty        no items and no next page; the total stays
empty_next   no items on this page; its `next` names the same items by another cursor
repeated     the second half of the items is the first half again
again        the items of the first answer that the rule meets come on the ones after it
no_responses reviews come without their responses, neither named nor included
total        `meta.paging.total` is the rule's `total`; None leaves it out
links_only   a review's relationship to its response holds links alone, the included response names its review
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ascinbox.simulator.calls import SimulatedAnswer, dump
from ascinbox.simulator.params import cursor_of, offset_in

if TYPE_CHECKING:
    from ascinbox.simulator.faults import Fault

Json = dict[str, Any]


def changed(answer: SimulatedAnswer, fault: Fault) -> SimulatedAnswer:
    """The answer as the rule wants it; an answer that is no document with data stays as it is."""
    if answer.status != 200 or answer.content_type != "application/json":
        return answer
    document = json.loads(answer.body)
    VARIANTS[fault.variant](document, fault)
    return replace(answer, body=dump(document))


def _no_next(document: Json, _: Fault) -> None:
    document["links"].pop("next", None)
    _paging(document).pop("nextCursor", None)


def _blank_next(document: Json, _: Fault) -> None:
    document["links"].setdefault("next", "")


def _empty(document: Json, fault: Fault) -> None:
    _no_next(document, fault)
    document["data"] = []
    if "included" in document:
        document["included"] = []


def _empty_next(document: Json, fault: Fault) -> None:
    here = urlsplit(document["links"]["self"])
    query = dict(parse_qsl(here.query, keep_blank_values=True))
    query["cursor"] = cursor_of(offset_in(query.get("cursor", "")), note=str(fault.fired))
    _empty(document, fault)
    document["links"]["next"] = here._replace(query=urlencode(query, safe=",-")).geturl()


def _repeated(document: Json, _: Fault) -> None:
    half = len(document["data"]) // 2
    document["data"] = [*document["data"][:-half], *document["data"][:half]] if half else document["data"]


def _again(document: Json, fault: Fault) -> None:
    if not fault.kept:
        fault.kept = document["data"]
    document["data"] = fault.kept


def _no_responses(document: Json, _: Fault) -> None:
    for review in document["data"]:
        review.get("relationships", {}).get("response", {}).pop("data", None)
    document["included"] = []


def _total(document: Json, fault: Fault) -> None:
    _paging(document)["total"] = fault.total
    if fault.total is None:
        _paging(document).pop("total")


def _links_only(document: Json, _: Fault) -> None:
    data = document["data"]
    named: dict[str, str] = {}
    for review in data if isinstance(data, list) else [data]:
        response = review.get("relationships", {}).get("response", {})
        linked = response.pop("data", None)
        if linked is not None:
            named[linked["id"]] = review["id"]
    for item in document.get("included", ()):
        if item["id"] in named:
            linkage = {"data": {"type": "customerReviews", "id": named[item["id"]]}}
            item.setdefault("relationships", {})["review"] = linkage


def _paging(document: Json) -> Json:
    found: Json = document.setdefault("meta", {}).setdefault("paging", {})
    return found


VARIANTS: Mapping[str, Callable[[Json, Fault], None]] = MappingProxyType(
    {
        "no_next": _no_next,
        "blank_next": _blank_next,
        "empty": _empty,
        "empty_next": _empty_next,
        "repeated": _repeated,
        "again": _again,
        "no_responses": _no_responses,
        "total": _total,
        "links_only": _links_only,
    }
)
