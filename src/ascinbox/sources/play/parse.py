"""Google's reviews to records. Every foreign string is cleaned here, once.

Source of the shapes: androidpublisher v3, `reviews`. A page never fails because of one item: what cannot be
read is left out, with the reason. Google gives no creation date: a review is dated by its last change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ascinbox.core.errors import UnexpectedAnswer, UsageError
from ascinbox.core.records import LeftOut, Page, Response, ResponseState, Review, Told
from ascinbox.core.stores import PLAY, PLAY_STORE, unique_id
from ascinbox.core.text import clean_body, clean_line
from ascinbox.sources.http.bodies import whole_number

Json = dict[str, Any]
PAGE_SIZE = 100
"""Reviews of a page; Google gives no more at once."""

_ID = re.compile(r"[!-~]{1,255}")
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+")
_OLD_CODES = {"iw": "he", "in": "id", "ji": "yi", "fil": "tl", "mo": "ro", "sh": "sr"}
"""Java's and Android's old words for languages, and those that ISO 639-1 writes in another way."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_package(text: str) -> bool:
    """Whether it can be the name of a package: `com.example.tide`."""
    return len(text) <= 200 and _PACKAGE.fullmatch(text) is not None


def checked_packages(packages: Sequence[str]) -> tuple[str, ...]:
    """The names of packages, each once. UsageError names the one that cannot be."""
    for package in packages:
        if not is_package(package):
            shown = "".join(c for c in package if c.isascii() and c.isprintable())[:60]
            raise UsageError(
                f"{shown!r} is no name of a package.",
                "It looks like com.example.app.",
                "It stands below the app's title in Play Console > All apps.",
            )
    return tuple(dict.fromkeys(packages))


def checked_bucket(text: str) -> str:
    """The name of a bucket, also from `gs://NAME/reviews/`; "" for none. UsageError for what cannot be."""
    name = text.strip().removeprefix("gs://").partition("/")[0]
    if name and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", name):
        raise UsageError(
            "This is no name of a bucket.",
            "It begins with pubsite_prod_rev_.",
            f"{PLAY_STORE.links['bucket']}.",
        )
    return name


def packages_of(names: Sequence[str]) -> tuple[str, ...]:
    """The packages whose monthly files are named so: `reviews/reviews_com.example.tide_202611.csv`."""
    found = (re.fullmatch(r"reviews/reviews_(.+)_\d{6}\.csv", name) for name in names)
    return tuple(dict.fromkeys(match[1] for match in found if match and is_package(match[1])))


def review_id(package: str, identifier: str) -> str:
    """`play:PACKAGE:ID`."""
    return unique_id(PLAY, f"{package}:{identifier}")


def first_query() -> str:
    """The query of the first page."""
    return f"maxResults={PAGE_SIZE}"


def reviews_page(document: object, package: str, latest: datetime | None, query: str) -> Page[Review]:
    """A page of reviews that `query` asked for. Dates after `latest` are taken for unknown.

    Where Google gives no token it is asked by `startIndex` until a page is empty. Behind the query's `#`
    stands the first id of the page before: a page that begins with it is that page again, and the end.
    """
    listed = document.get("reviews", []) if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed, list):
        raise UnexpectedAnswer("Unexpected answer: JSON of another form.", "A page of reviews.")
    items: list[Review] = []
    left_out: list[LeftOut] = []
    for entry in listed:
        read = _read(entry, package, latest)
        if isinstance(read, Review):
            items.append(read)
        else:
            left_out.append(read)
    asked, _, before = query.partition("#")
    first = _identity(listed[0]) if listed else None
    if before and first == before:
        return Page(())
    return Page(tuple(items), _next(document, asked, len(listed), first or ""), None, tuple(left_out))


def single_review(document: object, package: str, latest: datetime | None) -> Review:
    """One review."""
    read = _read(document, package, latest)
    if not isinstance(read, Review):
        raise UnexpectedAnswer("Unexpected answer: the review that was asked for is not in it.", read[1])
    return read


def reply_result(document: Json, identifier: str, latest: datetime | None) -> Response:
    """The answer to a reply: `{"result": {"replyText", "lastEdited"}}`."""
    result = document.get("result")
    said = result if isinstance(result, dict) else {}
    text = clean_body(said.get("replyText"))
    return Response(identifier, text, ResponseState.PUBLISHED, moment(said.get("lastEdited"), latest))


def language_of(said: object) -> str | None:
    """`pt_BR`, `iw`, `zh-Hans` as ISO 639-1; None for what has no such code."""
    primary = re.split(r"[-_]", said.strip().lower())[0] if isinstance(said, str) else ""
    primary = _OLD_CODES.get(primary, primary)
    return primary if re.fullmatch(r"[a-z]{2}", primary) else None


def moment(said: object, latest: datetime | None) -> datetime | None:
    """`{"seconds": "1760000000", "nanos": 1}`; None for rubbish and after `latest`."""
    seconds = whole_number(said.get("seconds")) if isinstance(said, dict) else None
    return from_seconds(seconds, latest)


def from_seconds(seconds: int | None, latest: datetime | None) -> datetime | None:
    """Seconds since 1970 as a time; None for what cannot be."""
    if not seconds or seconds > 253_402_300_799:
        return None
    at = datetime.fromtimestamp(seconds, UTC)
    return None if at <= _EPOCH or (latest is not None and at > latest) else at


def split_title(text: object) -> tuple[str, str]:
    """Title and body, which Google joins by a tab; "" for a title that is not there."""
    if not isinstance(text, str):
        return "", ""
    title, tab, body = text.partition("\t")
    return (clean_line(title), clean_body(body)) if tab else ("", clean_body(text))


def rating_of(said: object) -> int | None:
    """1 to 5; None for anything else."""
    number = whole_number(said)
    return number if number is not None and 1 <= number <= 5 else None


def _next(document: Json, asked: str, count: int, first: str) -> str | None:
    pagination = document.get("tokenPagination")
    token = pagination.get("nextPageToken") if isinstance(pagination, dict) else None
    if isinstance(token, str) and re.fullmatch(r"[!-~]{1,2000}", token):
        from urllib.parse import quote

        return f"maxResults={PAGE_SIZE}&token={quote(token, safe='')}"
    if not count or "token=" in asked:
        return None
    started = re.search(r"startIndex=(\d{1,9})", asked)
    start = (int(started[1]) if started else 0) + count
    return f"maxResults={PAGE_SIZE}&startIndex={start}#{first}"


def _read(entry: object, package: str, latest: datetime | None) -> Review | LeftOut:
    identifier = _identity(entry)
    if identifier is None or not isinstance(entry, dict):
        return "", "it is no object" if not isinstance(entry, dict) else "it has no usable id"
    unique = review_id(package, identifier)
    user = _newest(entry, "userComment")
    if user is None:
        return unique, "it has no comment of a customer"
    developer = _newest(entry, "developerComment")
    title, body = split_title(user.get("originalText") or user.get("text"))
    reply = clean_body(developer.get("text")) if developer is not None else ""
    version = clean_line(user.get("appVersionName")) or clean_line(str(user.get("appVersionCode") or ""))
    return Review(
        id=unique,
        app_id=package,
        rating=rating_of(user.get("starRating")),
        title=title,
        body=body,
        nickname=clean_line(entry.get("authorName")),
        created_at=moment(user.get("lastModified"), latest),
        territory=None,
        response=Response(
            unique, reply, ResponseState.PUBLISHED, moment(developer.get("lastModified"), latest)
        )
        if developer is not None
        else None,
        told=Told(
            app_version=version,
            device=clean_line(user.get("device")),
            os_version=clean_line(str(user.get("androidOsVersion") or "")),
            language=language_of(user.get("reviewerLanguage")),
            thumbs_up=whole_number(user.get("thumbsUpCount")) or 0,
            thumbs_down=whole_number(user.get("thumbsDownCount")) or 0,
        ),
    )


def _identity(entry: object) -> str | None:
    identifier = entry.get("reviewId") if isinstance(entry, dict) else None
    return identifier if isinstance(identifier, str) and _ID.fullmatch(identifier) else None


def _newest(entry: Json, kind: str) -> Json | None:
    """The comment of a kind, the one changed last where there are several."""
    return max(_comments(entry, kind), key=_changed, default=None)


def _comments(entry: Json, kind: str) -> Iterator[Json]:
    listed = entry.get("comments")
    for comment in listed if isinstance(listed, list) else ():
        found = comment.get(kind) if isinstance(comment, dict) else None
        if isinstance(found, dict):
            yield found


def _changed(comment: Json) -> int:
    said = comment.get("lastModified")
    return (whole_number(said.get("seconds")) if isinstance(said, dict) else None) or 0
