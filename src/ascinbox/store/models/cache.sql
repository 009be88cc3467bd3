-- Tables and indexes of cache.db. Written by `python -m ascinbox.store.models`: do not edit.

CREATE TABLE cache.account_app (
    account_id INTEGER NOT NULL,
    app_id TEXT NOT NULL,
    PRIMARY KEY (account_id, app_id)
) WITHOUT ROWID;

CREATE TABLE cache.analytics_day (
    app_id TEXT NOT NULL,
    report TEXT NOT NULL,
    day INTEGER NOT NULL,
    processed INTEGER NOT NULL,
    ongoing INTEGER NOT NULL,
    PRIMARY KEY (app_id, report, day)
) WITHOUT ROWID;

CREATE TABLE cache.analytics_fact (
    app_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    figure TEXT NOT NULL,
    territory TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (app_id, day, figure, territory)
) WITHOUT ROWID;

CREATE TABLE cache.app (
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    bundle_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    primary_locale TEXT NOT NULL,
    PRIMARY KEY (number)
);

CREATE UNIQUE INDEX cache.app_id ON app (id);

CREATE TABLE cache.app_version (
    app_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    read_at INTEGER,
    began_at INTEGER,
    next_query TEXT,
    PRIMARY KEY (app_id, version_id)
) WITHOUT ROWID;

CREATE TABLE cache.arrival (
    number INTEGER NOT NULL,
    review_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (number)
);

CREATE TABLE cache.block (
    id INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    size INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    alive BLOB NOT NULL,
    lengths BLOB NOT NULL,
    keys BLOB NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE cache.budget (
    key_id TEXT NOT NULL,
    hour_limit INTEGER,
    hour_left INTEGER,
    minute_limit INTEGER,
    minute_left INTEGER,
    seen_at INTEGER NOT NULL,
    held_until INTEGER,
    PRIMARY KEY (key_id)
) WITHOUT ROWID;

CREATE TABLE cache.drafted (
    review_id TEXT NOT NULL,
    engine TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (review_id)
) WITHOUT ROWID;

CREATE TABLE cache.finance_fact (
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
) WITHOUT ROWID;

CREATE TABLE cache.fresh (
    "key" INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE cache.lease (
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    host TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    pid INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE cache.left_out (
    dataset TEXT NOT NULL,
    scope TEXT NOT NULL,
    item TEXT NOT NULL,
    reason TEXT NOT NULL,
    times INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, scope, item, reason)
) WITHOUT ROWID;

CREATE TABLE cache.listing (
    app_id TEXT NOT NULL,
    name TEXT NOT NULL,
    bundle_id TEXT NOT NULL,
    primary_locale TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    notes TEXT NOT NULL,
    PRIMARY KEY (app_id)
) WITHOUT ROWID;

CREATE TABLE cache.listing_language (
    app_id TEXT NOT NULL,
    part_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    place INTEGER NOT NULL,
    language_id TEXT NOT NULL,
    texts TEXT NOT NULL,
    PRIMARY KEY (app_id, part_id, locale)
) WITHOUT ROWID;

CREATE TABLE cache.listing_part (
    app_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    part_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    state TEXT NOT NULL,
    version TEXT NOT NULL,
    platform TEXT NOT NULL,
    created_at INTEGER,
    texts TEXT NOT NULL,
    PRIMARY KEY (app_id, scope, part_id)
) WITHOUT ROWID;

CREATE TABLE cache.meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE cache.product (
    number INTEGER NOT NULL,
    scope TEXT NOT NULL,
    apple_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    parent_sku TEXT NOT NULL,
    title TEXT NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (number)
);

CREATE UNIQUE INDEX cache.product_key ON product (scope, apple_id, sku, type, parent_sku);

CREATE TABLE cache.public_rating (
    app_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    territory TEXT NOT NULL,
    count INTEGER,
    average INTEGER,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, day, territory)
) WITHOUT ROWID;

CREATE TABLE cache.rating (
    id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    app_version TEXT NOT NULL,
    device TEXT NOT NULL,
    lang TEXT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX cache.rating_day ON rating (app_id, at);

CREATE TABLE cache.report_file (
    scope TEXT NOT NULL,
    dataset TEXT NOT NULL,
    span TEXT NOT NULL,
    day INTEGER NOT NULL,
    status TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (scope, dataset, span, day)
) WITHOUT ROWID;

CREATE TABLE cache.review (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    app INTEGER NOT NULL,
    rating INTEGER,
    territory TEXT,
    state TEXT NOT NULL,
    marks INTEGER NOT NULL,
    created INTEGER,
    changed_at INTEGER,
    removed_at INTEGER,
    seen_at INTEGER NOT NULL,
    content INTEGER NOT NULL,
    rest INTEGER NOT NULL,
    length INTEGER NOT NULL,
    nickname TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    response_id TEXT,
    response_state TEXT,
    response_at INTEGER,
    response_text TEXT,
    app_version TEXT,
    PRIMARY KEY ("key")
);

CREATE INDEX cache.review_changed ON review (changed_at) WHERE changed_at IS NOT NULL;

CREATE UNIQUE INDEX cache.review_id ON review (id);

CREATE INDEX cache.review_unversioned ON review (app, seen_at, created) WHERE app_version IS NULL AND removed_at IS NULL;

CREATE TABLE cache.review_device (
    "key" INTEGER NOT NULL,
    device TEXT NOT NULL,
    os_version TEXT NOT NULL,
    thumbs_up INTEGER NOT NULL,
    thumbs_down INTEGER NOT NULL,
    PRIMARY KEY ("key")
);

CREATE INDEX cache.review_device_name ON review_device (device);

CREATE TABLE cache.review_language (
    "key" INTEGER NOT NULL,
    lang TEXT NOT NULL,
    score REAL,
    source TEXT NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE cache.review_summary (
    app_id TEXT NOT NULL,
    id TEXT NOT NULL,
    platform TEXT NOT NULL,
    territory TEXT NOT NULL,
    locale TEXT NOT NULL,
    text TEXT NOT NULL,
    created INTEGER,
    PRIMARY KEY (app_id, id)
) WITHOUT ROWID;

CREATE TABLE cache.review_text (
    "key" INTEGER NOT NULL,
    folded TEXT NOT NULL,
    nickname TEXT NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE cache.run (
    account_id INTEGER NOT NULL,
    dataset TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    ok INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    new INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    detail TEXT NOT NULL,
    succeeded_at INTEGER,
    PRIMARY KEY (account_id, dataset)
) WITHOUT ROWID;

CREATE TABLE cache.sales_fact (
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
) WITHOUT ROWID;

CREATE TABLE cache.sales_place (
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
) WITHOUT ROWID;

CREATE TABLE cache.sales_rollup (
    scope TEXT NOT NULL,
    span TEXT NOT NULL,
    day INTEGER NOT NULL,
    product INTEGER NOT NULL,
    currency TEXT NOT NULL,
    units INTEGER NOT NULL,
    refunds INTEGER NOT NULL,
    proceeds INTEGER NOT NULL,
    PRIMARY KEY (scope, span, day, product, currency)
) WITHOUT ROWID;

CREATE TABLE cache.sales_total (
    scope TEXT NOT NULL,
    span TEXT NOT NULL,
    day INTEGER NOT NULL,
    product INTEGER NOT NULL,
    currency TEXT NOT NULL,
    units INTEGER NOT NULL,
    refunds INTEGER NOT NULL,
    proceeds INTEGER NOT NULL,
    PRIMARY KEY (scope, span, day, product, currency)
) WITHOUT ROWID;

CREATE INDEX cache.sales_total_product ON sales_total (scope, span, product, day, units);

CREATE TABLE cache.spot (
    "key" INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE cache.subscription_event (
    scope TEXT NOT NULL,
    day INTEGER NOT NULL,
    app_id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    territory TEXT NOT NULL,
    event TEXT NOT NULL,
    event_day INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (scope, day, app_id, subscription_id, territory, event, event_day)
) WITHOUT ROWID;

CREATE TABLE cache.subscription_fact (
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
) WITHOUT ROWID;

CREATE TABLE cache.term (
    block INTEGER NOT NULL,
    term TEXT NOT NULL,
    hits BLOB NOT NULL,
    PRIMARY KEY (block, term)
) WITHOUT ROWID;

CREATE TABLE cache.translation (
    content TEXT NOT NULL,
    target TEXT NOT NULL,
    engine TEXT NOT NULL,
    name TEXT NOT NULL,
    review_id TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    folded TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (content, target, engine)
) WITHOUT ROWID;

CREATE INDEX cache.translation_review ON translation (review_id);

CREATE TABLE cache.undetected (
    "key" INTEGER NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE cache.walk (
    app_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    "full" INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    next_query TEXT,
    open INTEGER NOT NULL,
    full_at INTEGER,
    finished_at INTEGER,
    first_total INTEGER,
    last_total INTEGER,
    unnamed INTEGER,
    PRIMARY KEY (app_id)
) WITHOUT ROWID;

CREATE TABLE cache.walk_page (
    app_id TEXT NOT NULL,
    page INTEGER NOT NULL,
    keys BLOB NOT NULL,
    PRIMARY KEY (app_id, page)
) WITHOUT ROWID;
