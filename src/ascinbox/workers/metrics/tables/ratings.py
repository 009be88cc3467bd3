"""Public ratings: what storefronts show of each app, and how many ratings came between. UTC days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.public_ratings import (
    Look,
    PublicRating,
    Span,
    new_ratings,
    spans_of,
    together,
    told_days,
)
from ascinbox.core.metrics.table import (
    Known,
    KnownFigures,
    MetricsRow,
    MetricsTable,
    RowKey,
    Selection,
    Value,
)
from ascinbox.core.records import Account, App
from ascinbox.core.stores import APPLE
from ascinbox.workers.metrics.tables.common import accounts_of, app_row_key, apps_of, before

if TYPE_CHECKING:
    from ascinbox.store.store import Store

OFF = (
    "Public ratings are off. Accounts > Features switches them on (itunes.apple.com is asked once a day, "
    "without a key)."
)


@dataclass(frozen=True, slots=True)
class _Watched:
    """One app, or one storefront of it, with what was seen of it."""

    app: App
    looks: Mapping[date, Look]
    wanted: Set[date]
    """The days of the selection."""

    @property
    def spans(self) -> tuple[Span, ...]:
        return spans_of(self.looks)

    def in_territories(self) -> Iterator[tuple[str, _Watched]]:
        """The same by storefront."""
        for territory in sorted({place for look in self.looks.values() for place in look}):
            looks = {d: {territory: look[territory]} for d, look in self.looks.items() if territory in look}
            yield territory, _Watched(self.app, looks, self.wanted)

    def last(self, days: Set[date]) -> list[PublicRating]:
        """What each storefront showed last on these days."""
        newest: dict[str, PublicRating] = {}
        for day in sorted(self.looks):
            if day in days:
                newest.update(self.looks[day])
        return list(newest.values())


def ratings_table(store: Store, selection: Selection, _due: date) -> MetricsTable:
    """The rows; a day or storefront that was not looked up is unknown, never 0."""
    watched = list(_watched(store, selection))
    period = selection.period
    rows: list[MetricsRow] = []
    match selection.by:
        case By.DAY:
            rows = [MetricsRow(day, _of_day(watched, day)) for day in period]
        case By.COUNTRY:
            places: dict[str, list[_Watched]] = {}
            for each in watched:
                for territory, part in each.in_territories():
                    places.setdefault(territory, []).append(part)
            rows = [MetricsRow(place, _together(parts)) for place, parts in sorted(places.items())]
        case _:
            rows = [MetricsRow(_key(selection, each.app), _together([each])) for each in watched]
    ends = [max(each.looks) for each in watched if each.looks]
    last = min(ends, default=None)
    return MetricsTable(
        Source.RATINGS,
        selection.by,
        period,
        min(last, period.end) if last is not None and last >= period.start else None,
        tuple(rows),
        _notes(store, selection, watched),
        total=_together(watched),
    )


def ratings_known(store: Store, selection: Selection) -> Known:
    """The days of each app that lie between two looks."""
    return {
        each.app.id: KnownFigures(told_days(each.spans, each.wanted), frozenset({each.app.id}))
        for each in _watched(store, selection)
    }


def _watched(store: Store, selection: Selection) -> Iterator[_Watched]:
    """The Apple apps of the selection, each with the looks of the period and of the day before it."""
    apple = {app.id for account in _apple(store, selection) for app in store.accounts.apps(account.id)}
    apps = [app for app in apps_of(store, selection) if app.id in apple]
    period = selection.period
    looks = store.public_ratings.looks([app.id for app in apps], (before(period.start), period.end))
    for app in apps:
        chosen = selection.days_of(app.id)
        wanted = frozenset(period) if chosen is None else chosen
        yield _Watched(app, looks.get(app.id, {}), wanted)


def _apple(store: Store, selection: Selection) -> list[Account]:
    return [account for account in accounts_of(store, selection.account) if account.store == APPLE]


def _key(selection: Selection, app: App) -> RowKey:
    return app_row_key(selection.by, app, None)


def _together(parts: Iterable[_Watched]) -> dict[str, Value]:
    """The figures of several apps over their days."""
    parts = list(parts)
    more = [new_ratings(each.spans, each.wanted) for each in parts]
    told = [number for number in more if number is not None]
    count, average = together(rating for each in parts for rating in each.last(each.wanted))
    return {"new_ratings": sum(told) if told else None, "ratings": count, "average": average}


def _of_day(watched: list[_Watched], day: date) -> dict[str, Value]:
    """The figures of one day; unknown where an app that was looked up before was not on this day."""
    more: list[int | None] = []
    seen: list[PublicRating] = []
    whole = True
    for each in watched:
        if day not in each.wanted:
            continue
        if any(earlier < day for earlier in each.looks):
            more.append(new_ratings(each.spans, {day}))
            whole &= day in each.looks
        seen += each.looks.get(day, {}).values()
    told = [number for number in more if number is not None]
    count, average = together(seen) if whole else (None, None)
    return {
        "new_ratings": sum(told) if told and len(told) == len(more) else None,
        "ratings": count,
        "average": average,
    }


def _notes(store: Store, selection: Selection, watched: list[_Watched]) -> tuple[str, ...]:
    if not any(Capability.RATINGS in account.features for account in _apple(store, selection)):
        return (OFF,)
    begun = [min(each.looks) for each in watched if each.looks]
    first = max(begun, default=None)
    if first is None:
        return ("No storefront was looked up in this period.",)
    if first >= selection.period.start:
        return (f"The first look of this period was on {first}: new ratings are counted from the day after.",)
    return ()
