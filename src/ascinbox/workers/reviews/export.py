"""Reviews and activity as CSV and JSON: the same records on the command line and from the screen."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from ascinbox.core.clock import iso
from ascinbox.core.csvsafe import write_rows
from ascinbox.core.errors import UsageError
from ascinbox.core.plainfiles import odd_kind
from ascinbox.core.records import ReviewDetail
from ascinbox.core.reviews.states import State
from ascinbox.core.stores import store_of_review
from ascinbox.paths import keep_mode

if TYPE_CHECKING:
    from ascinbox.workers.reviews.activity import ActivityItem


class Sink(Protocol):
    """What text is written to."""

    def write(self, text: str, /) -> object: ...


REVIEW_COLUMNS = (
    "id", "account", "app_id", "app", "rating", "title", "body", "nickname", "created_at", "territory",
    "state", "reply", "reply_state", "reply_modified_at", "tags", "note", "assignee", "snoozed_until",
    "app_version", "language", "language_score", "store", "device",
)  # fmt: skip
ACTIVITY_COLUMNS = (
    "at",
    "account",
    "app",
    "review",
    "rating",
    "territory",
    "title",
    "state",
    "text",
    "detail",
    "by",
    "act",
    "reviews",
)

_STREAMS = ("/dev/stdout", "/dev/stderr")
_REVIEW_NUMBERS = {"language_score", "rating", "created_at", "reply_modified_at", "snoozed_until"}
_ACTIVITY_NUMBERS = {"at", "rating"}
DUE_COLUMN = "due_at"
"""By when a review is to be answered: the last column, only where a clock is in use."""


def review_record(detail: ReviewDetail) -> dict[str, Any]:
    """One review as `ascinbox.reviews/1` has it; `due_at` only while a time to answer it runs."""
    record = _review_record(detail)
    return record if detail.due_at is None else {**record, DUE_COLUMN: iso(detail.due_at)}


def _review_record(detail: ReviewDetail) -> dict[str, Any]:
    review, response, told = detail.review, detail.review.response, detail.review.told
    return {
        "id": review.id,
        "account": detail.account,
        "app": {"id": review.app_id, "name": detail.app_name},
        "rating": review.rating,
        "title": review.title,
        "body": review.body,
        "nickname": review.nickname,
        "created_at": iso(review.created_at),
        "territory": review.territory,
        "state": state_word(detail.state),
        "reply": None
        if response is None
        else {
            "text": response.text,
            "state": response.state.lower(),
            "modified_at": iso(response.modified_at),
        },
        "tags": list(detail.tags),
        "note": detail.note,
        "assignee": detail.assignee,
        "snoozed_until": iso(detail.snoozed_until),
        "app_version": detail.app_version,
        "language": detail.language.code,
        "language_score": detail.language.score,
        "store": store_of_review(review.id).id,
        "device": told.device or None if told is not None else None,
    }


def state_word(letter: str) -> str:
    """The word of a state letter; the letter itself if it is a new one."""
    try:
        return State(letter).word
    except ValueError:
        return letter


def review_cells(detail: ReviewDetail) -> tuple[Any, ...]:
    """One review in the order of `REVIEW_COLUMNS`."""
    record = _review_record(detail)
    reply: Mapping[str, Any] = record["reply"] or {}
    return (
        record["id"], record["account"], record["app"]["id"], record["app"]["name"], record["rating"],
        record["title"], record["body"], record["nickname"], record["created_at"], record["territory"],
        record["state"], reply.get("text"), reply.get("state"), reply.get("modified_at"),
        ",".join(record["tags"]), record["note"], record["assignee"], record["snoozed_until"],
        record["app_version"], record["language"], record["language_score"], record["store"],
        record["device"],
    )  # fmt: skip


def activity_record(item: ActivityItem) -> dict[str, Any]:
    """What became of one reply, or what else a person did: `act` is `publish`, `withdraw`, or the act's verb.

    `state` is null for what is no reply; `reviews` names all reviews of one act, `review` a single one.
    """
    from ascinbox.core.reviews.acts import ActItem

    if isinstance(item, ActItem):
        act = item.act
        return {
            "at": iso(act.at),
            "account": item.account,
            "app": item.app_name,
            "review": item.review_id,
            "rating": item.rating,
            "territory": item.territory,
            "title": item.title,
            "state": None,
            "text": "",
            "detail": act.detail,
            "by": act.by,
            "act": act.verb,
            "reviews": list(act.review_ids),
        }
    row = item.row
    return {
        "at": iso(row.changed_at),
        "account": item.account,
        "app": item.app_name,
        "review": row.review_id,
        "rating": item.rating,
        "territory": item.territory,
        "title": item.title,
        "state": row.phase.value,
        "text": row.text,
        "detail": item.sentence,
        "by": item.by,
        "act": row.kind.value,
        "reviews": [row.review_id],
    }


def write_reviews_csv(
    sink: Sink, details: Iterable[ReviewDetail], *, raw: bool = False, due: bool = False
) -> None:
    """CSV of reviews; cells with text are formula-safe unless `raw`. `due`: a clock is in use."""
    columns = (*REVIEW_COLUMNS, DUE_COLUMN) if due else REVIEW_COLUMNS
    rows = ((*review_cells(each), *((iso(each.due_at),) if due else ())) for each in details)
    texts = _texts(columns, _REVIEW_NUMBERS | {DUE_COLUMN})
    write_rows(sink, columns, rows, text_columns=texts, raw=raw)


def write_activity_csv(sink: Sink, items: Iterable[ActivityItem], *, raw: bool = False) -> None:
    """CSV of what was done; the reviews of one act in one cell."""
    records = map(activity_record, items)
    rows = (tuple({**record, "reviews": " ".join(record["reviews"])}.values()) for record in records)
    texts = _texts(ACTIVITY_COLUMNS, _ACTIVITY_NUMBERS)
    write_rows(sink, ACTIVITY_COLUMNS, rows, text_columns=texts, raw=raw)


def write_json(
    sink: Sink,
    schema: str,
    name: str,
    records: Iterable[Mapping[str, Any]],
    *,
    generated_at: datetime,
    cache_age_s: int | None,
    **more: Any,
) -> int:
    """One ASCII-escaped object with the list `name`, written as it comes; returns how many records."""
    head = {"schema": schema, "generated_at": iso(generated_at), "cache_age_s": cache_age_s, **more}
    sink.write("{\n")
    for key, value in head.items():
        sink.write(f"  {json.dumps(key)}: {json.dumps(value)},\n")
    sink.write(f"  {json.dumps(name)}: [")
    count = 0
    for record in records:
        text = json.dumps(record, indent=2, allow_nan=False).replace("\n", "\n    ")
        sink.write(("," if count else "") + "\n    " + text)
        count += 1
    sink.write("\n  ]\n}\n" if count else "]\n}\n")
    return count


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """A file of 0600 that appears under its name whole, or not at all. UsageError if it cannot be written.

    A link stays and the file that it leads to is replaced; a pipe or device is written to. A file of ours
    that is replaced keeps its mode.
    """
    if _is_written_to(path):
        try:
            with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
                yield stream
        except OSError as error:
            raise _unwritable(path, error) from None
        return
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
            file.flush()
            keep_mode(file.fileno(), target)
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritable(path, error) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _is_written_to(path: Path) -> bool:
    """Whether the path leads to something that exists and is no plain file, or to an open descriptor."""
    if path.parts[:3] in (("/", "dev", "fd"), ("/", "proc", "self")) or str(path) in _STREAMS:
        return True
    return odd_kind(path) not in ("", "a link that leads nowhere")


def export_to(path: Path, write: Callable[[Sink], object]) -> None:
    """Runs `write` on a private file that becomes `path`."""
    with private_file(path) as file:
        write(file)


def _unwritable(path: Path, error: OSError) -> UsageError:
    if not path.resolve().parent.exists():
        return UsageError(
            f"{path} cannot be written.",
            f"There is no folder {path.parent}.",
            "Make it, or name another file.",
        )
    return UsageError(f"{path} cannot be written.", error.strerror or str(error), "Name another file.")


def _texts(columns: Sequence[str], numbers: set[str]) -> frozenset[int]:
    return frozenset(index for index, name in enumerate(columns) if name not in numbers)
