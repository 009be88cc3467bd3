"""Google's monthly files of reviews: UTF-16 CSV, one review or one rating without text a row.

Source: Play Console, "Download and export monthly reports"; the bucket's `reviews/`. The id of a review
stands in its link only. A file is read whole or refused whole.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.records import LeftOut, Rating, Response, ResponseState, Review, Told
from ascinbox.core.text import clean_body, clean_line
from ascinbox.sources.base import History
from ascinbox.sources.play.parse import from_seconds, is_package, language_of, rating_of, review_id

COLUMNS = (
    "Package Name",
    "App Version Code",
    "App Version Name",
    "Reviewer Language",
    "Device",
    "Review Submit Date and Time",
    "Review Submit Millis Since Epoch",
    "Review Last Update Date and Time",
    "Review Last Update Millis Since Epoch",
    "Star Rating",
    "Review Title",
    "Review Text",
    "Developer Reply Date and Time",
    "Developer Reply Millis Since Epoch",
    "Developer Reply Text",
    "Review Link",
)
_LONGEST_FIELD = 1_000_000
_ID = re.compile(r"[!-~]{1,255}")
_WHOLE_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}")
_WHERE = "Download it again: Play Console > Download reports > Reviews."


def read_monthly(content: bytes, name: str, latest: datetime) -> History:
    """The reviews of a monthly file. Dates after `latest` are unknown.

    Raises UnexpectedAnswer, with a sentence of its own, for an empty file, one that is cut, no text, or
    another report.
    """
    text, notes = _text(content, name)
    rows, extra = _rows(text, name)
    if extra:
        notes.append(f"{name} has columns that are not known and were passed over: {', '.join(extra)}.")
    reviews: dict[str, Review] = {}
    ratings: dict[str, Rating] = {}
    left_out: list[LeftOut] = []
    packages: dict[str, None] = {}
    for row in rows:
        package = row["Package Name"].strip()
        if not is_package(package):
            left_out.append(("", "it names no package"))
            continue
        packages[package] = None
        read = _read(row, package, latest)
        match read:
            case Review():
                known = reviews.get(read.id)
                if known is None or stand_of(known) <= stand_of(read):
                    reviews[read.id] = read
            case Rating():
                last = ratings.get(read.id)
                if last is None or (last.updated_at or latest) <= (read.updated_at or latest):
                    ratings[read.id] = read
            case _:
                left_out.append(read)
    return History(
        tuple(packages), tuple(reviews.values()), tuple(ratings.values()), tuple(left_out), tuple(notes)
    )


def stand_of(review: Review) -> tuple[float, float]:
    """When a review and its reply were last changed; the larger one is the newer state."""
    reply = review.response.modified_at if review.response is not None else None
    return (
        review.created_at.timestamp() if review.created_at else 0.0,
        reply.timestamp() if reply else 0.0,
    )


def _text(content: bytes, name: str) -> tuple[str, list[str]]:
    """The text, and notes about how it is written."""
    if not content:
        raise UnexpectedAnswer(f"{name} is empty.", "", _WHERE)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if len(content) % 2:
            raise _cut(name)
        try:
            return content.decode("utf-16"), []
        except UnicodeDecodeError as error:
            if error.end >= len(content):
                raise _cut(name) from None
            raise UnexpectedAnswer(f"{name} is no text in UTF-16.", "", _WHERE) from None
    zeros = content[:200].count(0)
    try:
        if zeros > len(content[:200]) // 4:
            little = content[1:200:2].count(0) >= content[0:200:2].count(0)
            if len(content) % 2:
                raise _cut(name)
            return content.decode("utf-16-le" if little else "utf-16-be"), [f"{name} has no byte-order mark."]
        return content.decode("utf-8-sig"), [
            f"{name} is in UTF-8; Google writes UTF-16. It was read all the same."
        ]
    except UnicodeDecodeError as error:
        if not zeros and error.reason == "unexpected end of data":
            raise _cut(name) from None
        raise UnexpectedAnswer(f"{name} is no text in UTF-16 or UTF-8.", "", _WHERE) from None


def _rows(text: str, name: str) -> tuple[list[dict[str, str]], list[str]]:
    """The rows by column, and columns that are not known."""
    previous = csv.field_size_limit(_LONGEST_FIELD)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise _cut(name) from None
        raise UnexpectedAnswer(f"{name} is no CSV file: {error}.", "", _WHERE) from None
    finally:
        csv.field_size_limit(previous)
    header = [clean_line(cell) for cell in lines[0]] if lines else []
    missing = [column for column in COLUMNS if column not in header]
    if len(missing) > len(COLUMNS) // 2:
        raise UnexpectedAnswer(
            f"{name} is another report: its columns are not those of reviews.",
            f"It begins with: {', '.join(header[:4])[:120]}.",
            "Give files called reviews_<package>_<month>.csv.",
        )
    if missing:
        raise UnexpectedAnswer(f"{name} lacks columns: {', '.join(missing)}.", "", _WHERE)
    filled = [line for line in lines[1:] if any(cell.strip() for cell in line)]
    for number, line in enumerate(filled, 1):
        if len(line) != len(header):
            if number == len(filled) and len(line) < len(header):
                raise _cut(name)
            raise UnexpectedAnswer(
                f"{name}: row {number} has {len(line)} fields, its header {len(header)}.", "", _WHERE
            )
    rows = [dict(zip(header, line, strict=True)) for line in filled]
    if rows and not text.endswith(("\n", "\r")) and _may_be_cut(rows):
        raise _cut(name)
    return rows, [column for column in header if column and column not in COLUMNS]


def _may_be_cut(rows: list[dict[str, str]]) -> bool:
    """Whether the last row, which no line break ends, may lack the end of its link."""
    sizes = Counter(len(_link_id(row["Review Link"])) for row in rows[:-1] if row["Review Link"])
    last = rows[-1]
    size = len(_link_id(last["Review Link"]))
    if not size:
        return bool(last["Review Link"] or last["Review Text"])
    if not sizes:
        return _WHOLE_ID.fullmatch(_link_id(last["Review Link"])) is None
    return size < min(sizes)


def _cut(name: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"{name} is cut: its end is missing.", "Nothing of it was saved.", _WHERE)


def _read(row: Mapping[str, str], package: str, latest: datetime) -> Review | Rating | LeftOut:
    title, body = clean_line(row["Review Title"]), clean_body(row["Review Text"])
    updated = _moment(row, "Review Last Update Millis Since Epoch", latest)
    submitted = _moment(row, "Review Submit Millis Since Epoch", latest)
    stars = rating_of(row["Star Rating"].strip())
    version = clean_line(row["App Version Name"]) or clean_line(row["App Version Code"])
    language, device = language_of(row["Reviewer Language"]), clean_line(row["Device"])
    if not title and not body:
        if stars is None or submitted is None:
            return "", "it is a rating without stars or date"
        when = row["Review Submit Millis Since Epoch"].strip()
        # Google gives a rating without text no id: when, on what and in which language make one.
        return Rating(
            f"{package}:{when}:{device}:{language or ''}",
            package,
            stars,
            submitted,
            updated,
            Told(version, device, "", language),
        )
    identifier = _link_id(row["Review Link"])
    if not _ID.fullmatch(identifier):
        return "", "its link names no review"
    unique = review_id(package, identifier)
    reply = clean_body(row["Developer Reply Text"])
    replied = _moment(row, "Developer Reply Millis Since Epoch", latest)
    return Review(
        id=unique,
        app_id=package,
        rating=stars,
        title=title,
        body=body,
        nickname="",
        created_at=updated or submitted,
        territory=None,
        response=Response(unique, reply, ResponseState.PUBLISHED, replied) if reply else None,
        told=Told(version, device, "", language),
    )


def _moment(row: Mapping[str, str], column: str, latest: datetime) -> datetime | None:
    millis = row[column].strip()
    return from_seconds(int(millis) // 1000, latest) if re.fullmatch(r"\d{1,16}", millis) else None


def _link_id(link: str) -> str:
    """`reviewId=` in any letter case, percent-encoded, in the query or behind the `#`."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return ""
    return next(
        (value for name, value in _pairs(parts.query, parts.fragment) if name.lower() == "reviewid"), ""
    )


def _pairs(query: str, fragment: str) -> Iterator[tuple[str, str]]:
    yield from parse_qsl(query)
    yield from parse_qsl(fragment.partition("?")[2] or fragment)
