"""The report tables of cache.db. Days are ordinals (`date.toordinal`), amounts and units millionths.

Apple forgets reports (analytics after 35 days, sales after a year), so a rebuild of cache.db salvages these.
"""

from __future__ import annotations

from ascinbox.store.migrations import Step

FACT_TABLES = (
    "report_file",
    "product",
    "sales_fact",
    "sales_total",
    "sales_rollup",
    "sales_place",
    "subscription_fact",
    "subscription_event",
    "finance_fact",
    "analytics_fact",
    "analytics_day",
    "review_summary",
    "public_rating",
)

WEEK_OF = "day - (day + 6) % 7"
MONTH_OF = "CAST(julianday(day + 1721424.5, 'start of month') - 1721424.5 AS INTEGER)"
"""First day of the week (from Monday) and of the month that the ordinal `day` is in."""

ROLLUPS_AND_SUMMARIES: Step = (
    """CREATE TABLE {s}.sales_rollup (
        scope TEXT NOT NULL,
        span TEXT NOT NULL,
        day INTEGER NOT NULL,
        product INTEGER NOT NULL,
        currency TEXT NOT NULL,
        units INTEGER NOT NULL,
        refunds INTEGER NOT NULL,
        proceeds INTEGER NOT NULL,
        PRIMARY KEY (scope, span, day, product, currency)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.sales_place (
        scope TEXT NOT NULL,
        span TEXT NOT NULL,
        day INTEGER NOT NULL,
        kind TEXT NOT NULL,
        territory TEXT NOT NULL,
        currency TEXT NOT NULL,
        units INTEGER NOT NULL,
        refunds INTEGER NOT NULL,
        proceeds INTEGER NOT NULL,
        PRIMARY KEY (scope, span, day, kind, territory, currency)
    ) WITHOUT ROWID""",
    *(
        f"""INSERT INTO {{s}}.sales_rollup
            SELECT scope, '{span}', {first}, product, currency, SUM(units), SUM(refunds), SUM(proceeds)
            FROM {{s}}.sales_total WHERE span = 'D' GROUP BY 1, 3, 4, 5"""
        for span, first in (("W", WEEK_OF), ("M", MONTH_OF))
    ),
    *(
        f"""INSERT INTO {{s}}.sales_place
            SELECT f.scope, '{span}', {first}, p.kind, territory, currency,
                   SUM(units), SUM(refunds), SUM(proceeds)
            FROM {{s}}.sales_fact f JOIN {{s}}.product p ON p.number = f.product
            WHERE span = 'D' GROUP BY 1, 3, 4, 5, 6"""
        for span, first in (("D", "day"), ("W", WEEK_OF), ("M", MONTH_OF))
    ),
    "CREATE INDEX {s}.sales_total_product ON sales_total (scope, span, product, day, units)",
    """CREATE TABLE {s}.review_summary (
        app_id TEXT NOT NULL,
        id TEXT NOT NULL,
        platform TEXT NOT NULL,
        territory TEXT NOT NULL,
        locale TEXT NOT NULL,
        text TEXT NOT NULL,
        created INTEGER,
        PRIMARY KEY (app_id, id)
    ) WITHOUT ROWID""",
)
"""Daily rows added up to weeks and months and over products (what tables are read from), Apple's digests."""
