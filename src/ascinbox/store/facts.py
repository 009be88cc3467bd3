"""Report rows: a file replaces what an earlier file said about the same days, in one transaction.

`scope` is the vendor number for sales, subscriptions and finance; analytics go by app.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.facts import (
    AnalyticsFact,
    FinanceFact,
    SalesFact,
    SubscriptionEventFact,
    SubscriptionFact,
)
from ascinbox.core.fiscal import FiscalPeriod
from ascinbox.core.products import product_kind
from ascinbox.core.records import ReviewSummary
from ascinbox.core.reports import AnalyticsReport, Dataset
from ascinbox.store.database import Database

MILLION = 1_000_000

BY_SCOPE = (
    "report_file",
    "product",
    "sales_fact",
    "sales_total",
    "sales_rollup",
    "sales_place",
    "subscription_fact",
    "subscription_event",
    "finance_fact",
)


class FileStatus(StrEnum):
    """What became of a report that was asked for."""

    STORED = "stored"
    EMPTY = "empty"
    """Apple says that there were no sales: a true zero."""
    WAITING = "waiting"
    """Not available yet: never a zero."""
    GONE = "gone"
    """No longer available, or lost with a cache that was not kept."""
    REFUSED = "refused"
    """Role, agreement or vendor number; `detail` holds Apple's words."""
    BROKEN = "broken"
    """The file was cut, garbled or unknown; nothing of it was stored."""

    @property
    def known(self) -> bool:
        """True when the days of the file have figures (zero included)."""
        return self in (FileStatus.STORED, FileStatus.EMPTY)


class Change(StrEnum):
    """What a stored file was to the cache."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class Span(StrEnum):
    """Length of a report file."""

    DAY = "D"
    WEEK = "W"
    MONTH = "M"
    YEAR = "Y"
    FISCAL = "F"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One report that was asked for. `day` is its first day."""

    scope: str
    dataset: Dataset
    span: Span
    day: date
    status: FileStatus
    fetched_at: datetime
    detail: str = ""


class Facts:
    """The report tables of cache.db."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def save_sales(self, file: ReportFile, facts: Sequence[SalesFact]) -> Change:
        """Replaces what the file's span held by `facts`."""
        with self._db.write(bulk=True):
            numbers = self._products(
                file.scope, ((f.apple_id, f.sku, f.product_type, f.parent_sku, f.title) for f in facts)
            )
            self._forget_sales(file)
            self._db.executemany(
                """INSERT INTO cache.sales_fact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET units = units + excluded.units,
                   refunds = refunds + excluded.refunds, proceeds = proceeds + excluded.proceeds""",
                (
                    (
                        file.scope,
                        file.span,
                        file.day.toordinal(),
                        numbers[f.apple_id, f.sku, f.product_type, f.parent_sku],
                        f.territory,
                        f.currency,
                        _millionths(f.units),
                        _millionths(f.refunds),
                        _millionths(f.proceeds),
                    )
                    for f in facts
                ),
            )
            self._db.execute(
                """INSERT INTO cache.sales_total
                   SELECT scope, span, day, product, currency, SUM(units), SUM(refunds), SUM(proceeds)
                   FROM cache.sales_fact WHERE scope = ? AND span = ? AND day = ?
                   GROUP BY product, currency""",
                (file.scope, file.span, file.day.toordinal()),
            )
            self._roll_up(file, "")
            return self._stored(file, facts)

    def save_subscriptions(self, file: ReportFile, facts: Sequence[SubscriptionFact]) -> Change:
        """Replaces the snapshot of a day."""
        with self._db.write(bulk=True):
            self._db.execute(
                "DELETE FROM cache.subscription_fact WHERE scope = ? AND day = ?",
                (file.scope, file.day.toordinal()),
            )
            self._db.executemany(
                """INSERT INTO cache.subscription_fact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET active = active + excluded.active,
                   trials = trials + excluded.trials, grace = grace + excluded.grace,
                   billing_retry = billing_retry + excluded.billing_retry""",
                (
                    (
                        file.scope,
                        file.day.toordinal(),
                        f.app_id,
                        f.subscription_id,
                        f.territory,
                        f.title,
                        f.active,
                        f.trials,
                        f.billing_retry,
                        f.grace,
                    )
                    for f in facts
                ),
            )
            return self._stored(file, facts)

    def save_subscription_events(self, file: ReportFile, facts: Sequence[SubscriptionEventFact]) -> Change:
        """Replaces the events of a day's file."""
        day = file.day.toordinal()
        with self._db.write(bulk=True):
            self._db.execute(
                "DELETE FROM cache.subscription_event WHERE scope = ? AND day = ?", (file.scope, day)
            )
            self._db.executemany(
                """INSERT INTO cache.subscription_event VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity""",
                (
                    (
                        file.scope,
                        day,
                        f.app_id,
                        f.subscription_id,
                        f.territory,
                        f.event,
                        f.day.toordinal(),
                        f.quantity,
                    )
                    for f in facts
                ),
            )
            return self._stored(file, facts)

    def save_finance(self, file: ReportFile, facts: Sequence[FinanceFact]) -> Change:
        """Replaces a fiscal period; `file.day` is the first day of it."""
        period = str(FiscalPeriod.of(file.day))
        with self._db.write(bulk=True):
            numbers = self._products(
                file.scope, ((f.apple_id, f.sku, f.product_type, "", f.title) for f in facts)
            )
            self._db.execute(
                "DELETE FROM cache.finance_fact WHERE scope = ? AND period = ?", (file.scope, period)
            )
            self._db.executemany(
                """INSERT INTO cache.finance_fact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET units = units + excluded.units,
                   proceeds = proceeds + excluded.proceeds""",
                (
                    (
                        file.scope,
                        period,
                        numbers[f.apple_id, f.sku, f.product_type, ""],
                        f.territory,
                        f.currency,
                        f.start.toordinal(),
                        f.end.toordinal(),
                        _millionths(f.units),
                        _millionths(f.proceeds),
                    )
                    for f in facts
                ),
            )
            return self._stored(file, facts)

    def save_analytics(
        self,
        app_id: str,
        report: AnalyticsReport,
        processed: date,
        facts: Sequence[AnalyticsFact],
        *,
        ongoing: bool,
    ) -> int:
        """Stores one instance of an analytics report (all its segments); returns how many days it won.

        A day that a newer processing date (or, for equal dates, an ongoing request) has told already stays.
        """
        figures = [measure.figure for measure in report.measures]
        days: dict[int, list[AnalyticsFact]] = {}
        for fact in facts:
            if fact.app_id in ("", app_id):
                days.setdefault(fact.day.toordinal(), []).append(fact)
        won = 0
        with self._db.write(bulk=True):
            for day, rows in days.items():
                key = (app_id, report.name, day)
                held = self._db.execute(
                    """SELECT processed, ongoing FROM cache.analytics_day
                       WHERE app_id = ? AND report = ? AND day = ?""",
                    key,
                ).fetchone()
                if held is not None and tuple(held) > (processed.toordinal(), int(ongoing)):
                    continue
                won += 1
                self._db.execute(
                    "INSERT OR REPLACE INTO cache.analytics_day VALUES (?, ?, ?, ?, ?)",
                    (*key, processed.toordinal(), int(ongoing)),
                )
                self._db.executemany(
                    "DELETE FROM cache.analytics_fact WHERE app_id = ? AND day = ? AND figure = ?",
                    [(app_id, day, figure) for figure in figures],
                )
                self._db.executemany(
                    """INSERT INTO cache.analytics_fact VALUES (?, ?, ?, ?, ?)
                       ON CONFLICT DO UPDATE SET value = value + excluded.value""",
                    [(app_id, day, f.figure, f.territory, f.value) for f in rows],
                )
        return won

    def save_summaries(self, file: ReportFile, summaries: Sequence[ReviewSummary] | None) -> bool:
        """Replaces Apple's digests of an app (`file.scope`); True when they changed.

        None: they could not be had, and what was had before stays.
        """
        told = None if summaries is None else {replace(s, created_at=_whole(s.created_at)) for s in summaries}
        with self._db.write(bulk=True):
            changed = told is not None and told != set(self.summaries(file.scope))
            if told is not None and changed:
                self._db.execute("DELETE FROM cache.review_summary WHERE app_id = ?", (file.scope,))
                self._db.executemany(
                    "INSERT OR REPLACE INTO cache.review_summary VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        (
                            file.scope,
                            s.id,
                            s.platform,
                            s.territory or "",
                            s.locale,
                            s.text,
                            None if s.created_at is None else to_epoch(s.created_at),
                        )
                        for s in told
                    ),
                )
            self.note(file)
            return changed

    def summaries(self, app_id: str) -> tuple[ReviewSummary, ...]:
        """Apple's digests of an app's reviews, the newest first."""
        rows = self._db.execute(
            """SELECT id, text, locale, platform, created, territory FROM cache.review_summary
               WHERE app_id = ? ORDER BY created DESC, platform, territory, id""",
            (app_id,),
        )
        return tuple(
            ReviewSummary(
                item, text, locale, platform, None if made is None else from_epoch(made), place or None
            )
            for item, text, locale, platform, made, place in rows
        )

    def _stored(self, file: ReportFile, facts: Sequence[object]) -> Change:
        """Notes a stored file with a fingerprint of its facts, which tells a correction from a repetition."""
        lines = sorted(map(repr, facts))
        fingerprint = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        held = self.files(file.scope, file.dataset, file.span, file.day, file.day).get(file.day)
        self.note(replace(file, detail=fingerprint))
        if held is None or not held.status.known:
            return Change.NEW
        return Change.SAME if held.detail == fingerprint else Change.CHANGED

    def versions(self) -> dict[Dataset, str | None]:
        """Report versions that Apple asked for instead of the usual ones."""
        rows = self._db.execute("SELECT name, value FROM cache.meta WHERE name LIKE 'report-version:%'")
        return {Dataset(name.partition(":")[2]): value for name, value in rows}

    def set_version(self, dataset: Dataset, version: str) -> None:
        """Remembers the version that Apple asked for."""
        with self._db.write(bulk=True):
            self._db.execute(
                "INSERT OR REPLACE INTO cache.meta VALUES (?, ?)", (f"report-version:{dataset}", version)
            )

    def note(self, file: ReportFile) -> None:
        """Writes down what became of a report. An empty one empties its span.

        What was stored before outlives a refusal, a wait and a spoiled file: only figures replace figures.
        """
        with self._db.write(bulk=True):
            held = self.files(file.scope, file.dataset, file.span, file.day, file.day).get(file.day)
            if held is not None and held.status.known and not file.status.known:
                return
            if file.status is FileStatus.EMPTY:
                self._forget(file)
            self._db.execute(
                "INSERT OR REPLACE INTO cache.report_file VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    file.scope,
                    file.dataset,
                    file.span,
                    file.day.toordinal(),
                    file.status,
                    to_epoch(file.fetched_at),
                    file.detail,
                ),
            )

    def files(
        self, scope: str, dataset: Dataset, span: Span, first: date, last: date
    ) -> dict[date, ReportFile]:
        """What is known of the reports of a span of days, by first day."""
        rows = self._db.execute(
            """SELECT day, status, fetched_at, detail FROM cache.report_file
               WHERE scope = ? AND dataset = ? AND span = ? AND day BETWEEN ? AND ?""",
            (scope, dataset, span, first.toordinal(), last.toordinal()),
        )
        return {
            date.fromordinal(day): ReportFile(
                scope, dataset, span, date.fromordinal(day), FileStatus(status), from_epoch(fetched), detail
            )
            for day, status, fetched, detail in rows
        }

    def known_days(self, scope: str, dataset: Dataset, span: Span, first: date, last: date) -> set[date]:
        """First days of the reports of a span of days that have figures, zero included."""
        rows = self._db.execute(
            """SELECT day FROM cache.report_file WHERE scope = ? AND dataset = ? AND span = ?
               AND day BETWEEN ? AND ? AND status IN (?, ?)""",
            (
                scope,
                dataset,
                span,
                first.toordinal(),
                last.toordinal(),
                FileStatus.STORED,
                FileStatus.EMPTY,
            ),
        )
        return {date.fromordinal(day) for (day,) in rows}

    def instances(self, app_id: str, report: str) -> dict[date, date]:
        """For each day of an analytics report the processing date that its figures are from."""
        rows = self._db.execute(
            "SELECT day, processed FROM cache.analytics_day WHERE app_id = ? AND report = ?", (app_id, report)
        )
        return {date.fromordinal(day): date.fromordinal(processed) for day, processed in rows}

    def forget(self, scopes: Iterable[str], app_ids: Iterable[str]) -> None:
        """Removes every figure of the vendors and apps (unlinking)."""
        with self._db.write():
            for scope in scopes:
                for table in BY_SCOPE:
                    self._db.execute(f"DELETE FROM cache.{table} WHERE scope = ?", (scope,))
            for app_id in app_ids:
                for table in ("analytics_fact", "analytics_day", "review_summary"):
                    self._db.execute(f"DELETE FROM cache.{table} WHERE app_id = ?", (app_id,))
                self._db.execute(
                    "DELETE FROM cache.report_file WHERE scope = ? OR scope LIKE ?", (app_id, f"{app_id}:%")
                )

    def _roll_up(self, file: ReportFile, sign: str) -> None:
        """Adds a daily file's rows to what is kept added up, or takes them off (`sign` is "-")."""
        if file.span is not Span.DAY:
            return
        amounts = f"SUM({sign}units), SUM({sign}refunds), SUM({sign}proceeds)"
        added = """ON CONFLICT DO UPDATE SET units = units + excluded.units,
                   refunds = refunds + excluded.refunds, proceeds = proceeds + excluded.proceeds"""
        week = file.day - timedelta(days=file.day.weekday())
        source = (file.scope, file.span, file.day.toordinal())
        for span, first in (
            (Span.DAY, file.day),
            (Span.WEEK, week),
            (Span.MONTH, file.day.replace(day=1)),
        ):
            self._db.execute(
                f"""INSERT INTO cache.sales_place
                    SELECT f.scope, ?, ?, p.kind, f.territory, f.currency, {amounts}
                    FROM cache.sales_fact f JOIN cache.product p ON p.number = f.product
                    WHERE f.scope = ? AND f.span = ? AND f.day = ?
                    GROUP BY p.kind, f.territory, f.currency {added}""",
                (span, first.toordinal(), *source),
            )
            if span is not Span.DAY:
                self._db.execute(
                    f"""INSERT INTO cache.sales_rollup
                        SELECT scope, ?, ?, product, currency, {amounts}
                        FROM cache.sales_total WHERE scope = ? AND span = ? AND day = ?
                        GROUP BY product, currency {added}""",
                    (span, first.toordinal(), *source),
                )

    def _forget(self, file: ReportFile) -> None:
        table = {
            Dataset.SUBSCRIPTIONS: "subscription_fact",
            Dataset.SUBSCRIPTION_EVENTS: "subscription_event",
        }.get(file.dataset)
        if file.dataset is Dataset.SALES:
            self._forget_sales(file)
        elif table is not None:
            self._db.execute(
                f"DELETE FROM cache.{table} WHERE scope = ? AND day = ?", (file.scope, file.day.toordinal())
            )

    def _forget_sales(self, file: ReportFile) -> None:
        self._roll_up(file, "-")
        for table in ("sales_fact", "sales_total"):
            self._db.execute(
                f"DELETE FROM cache.{table} WHERE scope = ? AND span = ? AND day = ?",
                (file.scope, file.span, file.day.toordinal()),
            )

    def _products(
        self, scope: str, products: Iterable[tuple[str, str, str, str, str]]
    ) -> dict[tuple[str, str, str, str], int]:
        titles = {(apple, sku, kind, parent): title for apple, sku, kind, parent, title in products}
        self._db.executemany(
            """INSERT INTO cache.product (scope, apple_id, sku, type, parent_sku, title, kind)
               VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (scope, apple_id, sku, type, parent_sku) DO UPDATE SET title = excluded.title
               WHERE title IS NOT excluded.title""",
            [(scope, *key, title, product_kind(key[2])) for key, title in titles.items()],
        )
        rows = self._db.execute(
            "SELECT apple_id, sku, type, parent_sku, number FROM cache.product WHERE scope = ?", (scope,)
        )
        return {(apple, sku, kind, parent): number for apple, sku, kind, parent, number in rows}


def _whole(moment: datetime | None) -> datetime | None:
    return None if moment is None else from_epoch(to_epoch(moment))


def _millionths(amount: Decimal) -> int:
    return int((amount * MILLION).to_integral_value())


def from_millionths(amount: int) -> Decimal:
    """The exact amount of a stored integer."""
    return Decimal(amount) / MILLION
