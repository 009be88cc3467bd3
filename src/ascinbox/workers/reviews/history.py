"""Reads past reviews in: files that a person downloaded, or those that a credential reaches in a bucket.

Everything is read before anything is saved. What the cache has is kept where it is as new, so reading a file
again changes nothing, and a review is one whether it came from a file or from the API.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ascinbox.core.errors import NoKeysHere, UsageError
from ascinbox.core.events import ReviewsChanged
from ascinbox.core.records import Account, PageChanges, Rating, Review
from ascinbox.core.stores import STORES, StoreInfo, store_info
from ascinbox.sources.registry import source_of

if TYPE_CHECKING:
    from ascinbox.sources.base import History
    from ascinbox.store.store import Store
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

T = TypeVar("T")
MOST_BYTES = 64 * 1024 * 1024
"""Of one file."""
AT_ONCE = 500
AGAIN = timedelta(hours=20)
"""A sync reads a bucket at most so often."""
CHANGES_FOR = timedelta(days=40)
"""Files of months that ended longer ago than this before the last reading are not read again."""
_FUTURE = timedelta(days=1)


@dataclass(slots=True)
class Imported:
    """What became of the files."""

    files: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ratings: int = 0
    """Stars without a word that are new or were changed."""
    left_out: int = 0
    apps: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def fetch_history(workspace: Workspace, account: Account, last: datetime | None) -> DatasetResult:
    """Reads the account's bucket in for a sync: all of it, or what may have changed since the `last` time.

    Google lays files down up to a week late, and writes a month's file anew while reviews of it change.
    """
    from ascinbox.workers.runtime.results import DatasetResult

    done = workspace.history.buckets(account.name, None if last is None else (last - CHANGES_FOR).date())
    return DatasetResult(requests=done.files + len(account.primary.apps), new=done.new, changed=done.changed)


class HistoryImport:
    """`workspace.history`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    def files(self, paths: Sequence[Path], account: str | None = None) -> Imported:
        """Reads these files in. UsageError for one that cannot be opened, or is of an app that is not linked;
        UnexpectedAnswer for one that is no file of reviews; NoKeysHere for a team's member, since only a
        worker's reviews reach the team. Nothing is saved then, of none of them."""
        self._must_reach_the_team()
        store = self._store_with_files()
        return self._import(store, ((path.name, _content(path)) for path in paths), account)

    def _must_reach_the_team(self) -> None:
        if self._space.asks_no_store:
            raise NoKeysHere

    def buckets(self, account: str | None = None, since: date | None = None) -> Imported:
        """Reads the files in that the accounts' credentials reach, all or from the month of `since` on.

        UsageError when none is told where; NoKeysHere as for `files`.
        """
        self._must_reach_the_team()
        reached = [
            (each, store_info(each.store))
            for each in self._accounts(account)
            if any(credential.bucket for credential in each.credentials)
        ]
        if not reached:
            raise UsageError(
                "Which files? No account here knows its bucket.",
                "",
                "Give files, or name the bucket: ascinbox rotate NAME --bucket pubsite_prod_rev_…",
            )
        total = Imported()
        for each, store in reached:
            credential = next(c for c in each.credentials if c.bucket)
            connection = self._space.client_of(credential)
            found = source_of(store).history_files(connection, credential.apps, since)
            _add(total, self._import(store, found, each.name))
        return total

    def _store_with_files(self) -> StoreInfo:
        """The store whose reviews come in files."""
        return next(store for store in STORES if store.files)

    def _accounts(self, name: str | None) -> tuple[Account, ...]:
        if name is not None:
            return (self._space.accounts.find(name),)
        return self._space.accounts.list()

    def _import(
        self, store: StoreInfo, contents: Iterable[tuple[str, bytes]], account: str | None
    ) -> Imported:
        source, latest = source_of(store), self._space.clock.now() + _FUTURE
        linked = self._linked(store, account)
        done = Imported()
        reviews: dict[str, Review] = {}
        ratings: dict[str, Rating] = {}
        for name, content in contents:
            history = source.read_history(content, name, latest)
            self._check(history, name, linked, store)
            done.files += 1
            done.notes += history.notes
            done.left_out += len(history.left_out)
            done.apps |= set(history.apps)
            _keep_newest(reviews, history.reviews)
            for rating in history.ratings:
                if rating.id not in ratings or _at(ratings[rating.id]) <= _at(rating):
                    ratings[rating.id] = rating
        for app_id in sorted(done.apps):
            mine = [review for review in reviews.values() if review.app_id == app_id]
            for some in _chunks(mine):
                self._save(app_id, some, done)
        done.ratings = self._space.store.call(_save_ratings, list(ratings.values()))
        return done

    def _save(self, app_id: str, some: Sequence[Review], done: Imported) -> None:
        changes = self._space.store.call(_save_reviews, app_id, some)
        done.new += len(changes.new)
        done.changed += len(changes.changed)
        done.unchanged += len(some) - len(changes.new) - len(changes.changed)
        if changes.ids:
            self._space.publish(ReviewsChanged(changes.ids))

    def _linked(self, store: StoreInfo, account: str | None) -> frozenset[str]:
        return frozenset(
            app_id
            for each in self._accounts(account)
            if each.store == store.id
            for credential in each.credentials
            for app_id in credential.apps
        )

    @staticmethod
    def _check(history: History, name: str, linked: frozenset[str], store: StoreInfo) -> None:
        strange = [app for app in history.apps if app not in linked]
        if strange:
            raise UsageError(
                f"{name} has reviews of {strange[0]}, which is in no account here.",
                "Nothing was saved.",
                f"Link it first: ascinbox link --store {store.id} --packages {strange[0]}",
            )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is too large for a month's reviews.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read.", error.strerror or str(error)) from None


def _keep_newest(kept: dict[str, Review], reviews: Iterable[Review]) -> None:
    for review in reviews:
        known = kept.get(review.id)
        if known is None or _stand(known) <= _stand(review):
            kept[review.id] = review


def _save_reviews(store: Store, app_id: str, reviews: Sequence[Review]) -> PageChanges:
    """Saves those that are newer than what the cache has of them. On the store thread."""
    details = store.reviews.details([review.id for review in reviews])
    known = {detail.review.id: detail for detail in details}
    news = [
        _completed(review, known[review.id].review) if review.id in known else review
        for review in reviews
        if review.id not in known or _stand(known[review.id].review) < _stand(review)
    ]
    return store.reviews.save_past(app_id, news)


def _save_ratings(store: Store, ratings: Sequence[Rating]) -> int:
    saved = 0
    for some in _chunks(ratings):
        saved += store.reviews.save_ratings(some)
    return saved


def _completed(review: Review, known: Review) -> Review:
    """What a file does not tell is taken from what is known."""
    told = review.told
    if told is not None and known.told is not None:
        told = replace(
            known.told,
            app_version=told.app_version or known.told.app_version,
            device=told.device or known.told.device,
            language=told.language or known.told.language,
        )
    return replace(
        review,
        nickname=review.nickname or known.nickname,
        response=review.response or known.response,
        told=told,
    )


def _stand(review: Review) -> tuple[float, float]:
    """When the review and its reply were last changed."""
    reply = review.response.modified_at if review.response is not None else None
    return _seconds(review.created_at), _seconds(reply)


def _at(rating: Rating) -> float:
    return _seconds(rating.updated_at or rating.submitted_at)


def _seconds(moment: datetime | None) -> float:
    return float(int(moment.timestamp())) if moment is not None else 0.0


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


def _add(total: Imported, one: Imported) -> None:
    total.files += one.files
    total.new += one.new
    total.changed += one.changed
    total.unchanged += one.unchanged
    total.ratings += one.ratings
    total.left_out += one.left_out
    total.apps |= one.apps
    total.notes += one.notes
