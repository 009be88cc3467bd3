"""Report rows: a file replaces what an earlier file said about the same days, in one transaction.

`scope` is the vendor number for sales, subscriptions and finance; analytics go by app.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.metrics.facts import (
    AnalyticsFact,
    FinanceFact,
    SubscriptionEventFact,
    SubscriptionFact,
)
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.reports import AnalyticsReport, Dataset
from ascinbox.core.metrics.vocabulary import OTHER_LABEL
from ascinbox.core.records import ReviewSummary
from ascinbox.store.amounts import millionths
from ascinbox.store.reportfiles import Change, ReportFile
from ascinbox.store.salesfacts import SalesFacts

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


class Facts(SalesFacts):
    """The report tables of cache.db."""

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
                        millionths(f.units),
                        millionths(f.proceeds),
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
        others = f"{OTHER_LABEL}{report.name}:"
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
                self._db.execute(
                    """DELETE FROM cache.analytics_fact
                       WHERE app_id = ? AND day = ? AND substr(figure, 1, ?) = ?""",
                    (app_id, day, len(others), others),
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


def _whole(moment: datetime | None) -> datetime | None:
    return None if moment is None else from_epoch(to_epoch(moment))
