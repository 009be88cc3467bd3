"""Analytics: UTC days; counts of people who share analytics where Apple counts only them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ascinbox.core.metrics.figures import DOWNLOAD_REPORT, ENGAGEMENT_REPORT, By, Source, figures_of
from ascinbox.core.metrics.report_coverage import runs
from ascinbox.core.metrics.reports import ANALYTICS_REPORTS, AnalyticsReport
from ascinbox.core.metrics.table import (
    AppKey,
    Known,
    KnownFigures,
    MetricsRow,
    MetricsTable,
    ProductKey,
    RowKey,
    Selection,
    Value,
)
from ascinbox.core.metrics.vocabulary import label_of, other_note
from ascinbox.workers.metrics.tables.common import GROUPS, app_row_key, apps_of, complete_to, has_gap

if TYPE_CHECKING:
    from ascinbox.core.metrics.periods import Period
    from ascinbox.core.records import App
    from ascinbox.store.store import Store

Pairs = dict[tuple[str, date], int]
"""(app, UTC day) -> how many days after the day Apple's figures of it were made."""

Sum = tuple[str, str | date | None, str, int]
"""(app, territory or day or nothing, figure, value)"""

SLOWEST = timedelta(days=1 + max(report.complete_after_days for report in ANALYTICS_REPORTS))


def analytics_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """The rows; a figure that no instance of its report has told is None."""
    apps = apps_of(store, selection)
    ids = [app.id for app in apps]
    period, group = selection.period, GROUPS[selection.by]
    span = (period.start, period.end)
    reports = _told(store, ids, selection)
    told = {measure.figure: pairs for report, pairs in reports.items() for measure in report.measures}
    names = {app.id: app for app in apps}
    if selection.only is None:
        found = store.figures.analytics(ids, span, group)
        both = store.figures.analytics_both(ids, span, group, (DOWNLOAD_REPORT, ENGAGEMENT_REPORT))
    else:
        found = _of_days(store, reports, group)
        by_name = {report.name: pairs for report, pairs in reports.items()}
        divided = by_name[DOWNLOAD_REPORT].keys() & by_name[ENGAGEMENT_REPORT].keys()
        both = _read(store, dict.fromkeys(divided, 0), group)
    sums = _sums(found, selection.by, names)
    divisible = _sums(both, selection.by, names)
    keys: Iterable[RowKey]
    if selection.by is By.DAY:
        keys = list(period)
    elif selection.by is By.COUNTRY:
        keys = sorted(sums, key=str)
    else:
        keys = [app_row_key(selection.by, app, None) for app in apps]
    ids_of = {app_row_key(selection.by, app, None): app.id for app in apps}

    def published(key: RowKey, pairs: Pairs) -> bool:
        if isinstance(key, date):
            return any((app_id, key) in pairs for app_id in ids)
        if isinstance(key, AppKey | ProductKey):
            return any(app_id == ids_of[key] for app_id, _ in pairs)
        return bool(pairs)

    def figures(key: RowKey) -> dict[str, Value]:
        values: dict[str, Value] = {
            figure.name: sums[key].get(figure.name, 0) if published(key, told[figure.name]) else None
            for figure in figures_of(Source.ANALYTICS)
            if figure.name in told
        }
        return values | {"conversion": _conversion(divisible[key])}

    rows = tuple(MetricsRow(key, figures(key)) for key in keys)
    complete = _complete(reports)
    published_days = [{day for _, day in pairs} for pairs in reports.values() if pairs]
    return MetricsTable(
        Source.ANALYTICS,
        selection.by,
        period,
        _earliest(complete),
        rows,
        (("Analytics days are UTC days; sales days are Pacific days.", *_others(found)) if rows else ()),
        has_gap(published_days, period, due - SLOWEST),
        complete=complete,
    )


def _others(found: Iterable[Sum]) -> tuple[str, ...]:
    """What Apple counted under labels that no figure knows."""
    counts: Counter[str] = Counter()
    for _, _, figure, value in found:
        label = label_of(figure)
        if label is not None:
            counts[label] += value
    return other_note(counts)


def analytics_to(store: Store, period: Period) -> date | None:
    """The last day that every report which has told anything is complete to; without reading a figure."""
    apps = apps_of(store, Selection(Source.ANALYTICS, By.APP, period))
    selection = Selection(Source.ANALYTICS, By.APP, period)
    return _earliest(_complete(_told(store, [app.id for app in apps], selection)))


def analytics_known(store: Store, selection: Selection) -> Known:
    """The days that each report has told of each app when they were complete."""
    ids = [app.id for app in apps_of(store, selection)]
    return {
        _name(app_id, report): KnownFigures(
            frozenset(days), frozenset({app_id}), frozenset(measure.figure for measure in report.measures)
        )
        for report, pairs in _told(store, ids, selection).items()
        for app_id, days in _finished(report, pairs).items()
    }


def _name(app_id: str, report: AnalyticsReport) -> str:
    return f"{app_id} {report.name}"


def _told(store: Store, app_ids: list[str], selection: Selection) -> dict[AnalyticsReport, Pairs]:
    span = (selection.period.start, selection.period.end)
    told: dict[AnalyticsReport, Pairs] = {}
    for report in ANALYTICS_REPORTS:
        found = store.figures.analytics_days(app_ids, report.name, span)
        wanted = {app_id: selection.days_of(_name(app_id, report)) for app_id in app_ids}
        told[report] = {
            (app_id, day): age
            for (app_id, day), age in found.items()
            if (days := wanted[app_id]) is None or day in days
        }
    return told


def _of_days(store: Store, reports: dict[AnalyticsReport, Pairs], group: str | None) -> list[Sum]:
    """The sums of each report over the days that are wanted of it."""
    sums: list[Sum] = []
    for report, pairs in reports.items():
        figures = {measure.figure for measure in report.measures}
        sums += [each for each in _read(store, pairs, group) if each[2] in figures]
    return sums


def _read(store: Store, pairs: Pairs, group: str | None) -> list[Sum]:
    """Sums over (app, day) pairs: apps of which the same days are wanted are read together."""
    days: defaultdict[str, set[date]] = defaultdict(set)
    for app_id, day in pairs:
        days[app_id].add(day)
    alike: defaultdict[frozenset[date], list[str]] = defaultdict(list)
    for app_id, wanted in days.items():
        alike[frozenset(wanted)].append(app_id)
    return [
        each
        for wanted_days, app_ids in alike.items()
        for run in runs(wanted_days)
        for each in store.figures.analytics(app_ids, (run.start, run.end), group)
    ]


def _complete(reports: dict[AnalyticsReport, Pairs]) -> dict[str, date | None]:
    """The last complete day by figure."""
    complete: dict[str, date | None] = {}
    for report, pairs in reports.items():
        day = complete_to(_finished(report, pairs).values())
        complete |= dict.fromkeys((measure.figure for measure in report.measures), day)
    both = (complete["downloads"], complete["impressions"])
    complete["conversion"] = None if None in both else min(day for day in both if day is not None)
    return complete


def _earliest(complete: dict[str, date | None]) -> date | None:
    return min((day for day in complete.values() if day is not None), default=None)


def _sums(found: Iterable[Sum], by: By, names: dict[str, App]) -> defaultdict[RowKey, dict[str, int]]:
    sums: defaultdict[RowKey, dict[str, int]] = defaultdict(dict)
    for app_id, group, figure, value in found:
        row = sums[app_row_key(by, names[app_id], group)]
        row[figure] = row.get(figure, 0) + value
    return sums


def _conversion(counts: dict[str, int]) -> Decimal | None:
    impressions = counts.get("impressions", 0)
    if not impressions:
        return None
    gained = counts.get("downloads", 0) + counts.get("redownloads", 0)
    return round(Decimal(gained) / impressions, 4)


def _finished(report: AnalyticsReport, pairs: Pairs) -> dict[str, set[date]]:
    """By app the days whose figures were made late enough to be complete."""
    days: dict[str, set[date]] = {}
    for (app_id, day), age in pairs.items():
        days.setdefault(app_id, set())
        if age >= report.complete_after_days:
            days[app_id].add(day)
    return days
