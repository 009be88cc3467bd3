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
)

WEEK_OF = "day - (day + 6) % 7"
MONTH_OF = "CAST(julianday(day + 1721424.5, 'start of month') - 1721424.5 AS INTEGER)"
"""First day of the week (from Monday) and of the month that the ordinal `day` is in."""

FACTS: Step = (
    """CREATE TABLE {s}.report_file (
        scope TEXT NOT NULL,
        dataset TEXT NOT NULL,
        span TEXT NOT NULL,
        day INTEGER NOT NULL,
        status TEXT NOT NULL,
        fetched_at INTEGER NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (scope, dataset, span, day)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.product (
        number INTEGER NOT NULL PRIMARY KEY,
        scope TEXT NOT NULL,
        apple_id TEXT NOT NULL,
        sku TEXT NOT NULL,
        parent_sku TEXT NOT NULL,
        title TEXT NOT NULL,
        type TEXT NOT NULL,
        kind TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX {s}.product_key ON product (scope, apple_id, sku, type, parent_sku)",
    """CREATE TABLE {s}.sales_fact (
        scope TEXT NOT NULL,
        span TEXT NOT NULL,
        day INTEGER NOT NULL,
        product INTEGER NOT NULL,
        territory TEXT NOT NULL,
        currency TEXT NOT NULL,
        units INTEGER NOT NULL,
        refunds INTEGER NOT NULL,
        proceeds INTEGER NOT NULL,
        PRIMARY KEY (scope, span, day, product, territory, currency)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.sales_total (
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
    """CREATE TABLE {s}.subscription_fact (
        scope TEXT NOT NULL,
        day INTEGER NOT NULL,
        app_id TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        territory TEXT NOT NULL,
        title TEXT NOT NULL,
        active INTEGER NOT NULL,
        trials INTEGER NOT NULL,
        billing_retry INTEGER NOT NULL,
        grace INTEGER NOT NULL,
        PRIMARY KEY (scope, day, app_id, subscription_id, territory)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.subscription_event (
        scope TEXT NOT NULL,
        day INTEGER NOT NULL,
        app_id TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        territory TEXT NOT NULL,
        event TEXT NOT NULL,
        event_day INTEGER NOT NULL,
        quantity INTEGER NOT NULL,
        PRIMARY KEY (scope, day, app_id, subscription_id, territory, event, event_day)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.finance_fact (
        scope TEXT NOT NULL,
        period TEXT NOT NULL,
        product INTEGER NOT NULL,
        territory TEXT NOT NULL,
        currency TEXT NOT NULL,
        first_day INTEGER NOT NULL,
        last_day INTEGER NOT NULL,
        units INTEGER NOT NULL,
        proceeds INTEGER NOT NULL,
        PRIMARY KEY (scope, period, product, territory, currency)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.analytics_fact (
        app_id TEXT NOT NULL,
        day INTEGER NOT NULL,
        figure TEXT NOT NULL,
        territory TEXT NOT NULL,
        value INTEGER NOT NULL,
        PRIMARY KEY (app_id, day, figure, territory)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.analytics_day (
        app_id TEXT NOT NULL,
        report TEXT NOT NULL,
        day INTEGER NOT NULL,
        processed INTEGER NOT NULL,
        ongoing INTEGER NOT NULL,
        PRIMARY KEY (app_id, report, day)
    ) WITHOUT ROWID""",
)

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
