-- Tables and indexes of user.db. Written by `python -m ascinbox.store.models`: do not edit.

CREATE TABLE user.account (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    vendor TEXT,
    features TEXT NOT NULL,
    linked_at INTEGER NOT NULL,
    store TEXT DEFAULT 'apple' NOT NULL,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX user.account_name ON account (lower(name));

CREATE TABLE user.act (
    id INTEGER NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    verb TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    reviews TEXT NOT NULL,
    batch INTEGER,
    PRIMARY KEY (id)
);

CREATE INDEX user.act_at ON act (at);

CREATE INDEX user.act_batch ON act (batch);

CREATE TABLE user.analytics_creation (
    account_id INTEGER NOT NULL,
    problem TEXT NOT NULL,
    credential TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, problem)
) WITHOUT ROWID;

CREATE TABLE user.analytics_request (
    account_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    delivered_at INTEGER,
    PRIMARY KEY (account_id, id)
) WITHOUT ROWID;

CREATE TABLE user.credential (
    id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key_id TEXT NOT NULL,
    issuer_id TEXT,
    secret_ref TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    added_at INTEGER,
    last_ok_at INTEGER,
    expires_at INTEGER,
    capabilities TEXT NOT NULL,
    apps TEXT DEFAULT '' NOT NULL,
    bucket TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX user.credential_account ON credential (account_id, position);

CREATE TABLE user.data_read (
    account_id INTEGER NOT NULL,
    capability TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, capability)
) WITHOUT ROWID;

CREATE TABLE user.delivery (
    id INTEGER NOT NULL,
    uid TEXT NOT NULL,
    rule TEXT NOT NULL,
    destination TEXT NOT NULL,
    event INTEGER NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    message TEXT NOT NULL,
    digest INTEGER NOT NULL,
    created_at REAL NOT NULL,
    next_at REAL NOT NULL,
    changed_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until REAL,
    first_try_at REAL,
    maybe_sent INTEGER NOT NULL,
    reached TEXT NOT NULL,
    reference TEXT NOT NULL,
    why TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX user.delivery_changed ON delivery (changed_at);

CREATE UNIQUE INDEX user.delivery_once ON delivery (rule, destination, event);

CREATE INDEX user.delivery_open ON delivery (next_at) WHERE state IN ('queued', 'sending', 'unknown');

CREATE INDEX user.delivery_outcome ON delivery (destination, state, changed_at);

CREATE INDEX user.delivery_recent ON delivery (rule, destination, created_at);

CREATE UNIQUE INDEX user.delivery_uid ON delivery (uid);

CREATE TABLE user.delivery_event (
    id INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    kind TEXT NOT NULL,
    review_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    app_name TEXT NOT NULL,
    store TEXT NOT NULL,
    account TEXT NOT NULL,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX user.delivery_event_key ON delivery_event ("key");

CREATE TABLE user.delivery_pause (
    name TEXT NOT NULL,
    since REAL NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE user.delivery_rule (
    name TEXT NOT NULL,
    begun_at REAL NOT NULL,
    cache TEXT NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE user.delivery_secret (
    name TEXT NOT NULL,
    reference TEXT NOT NULL,
    changed_at REAL NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE user.discarded (
    id INTEGER NOT NULL,
    review_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    text TEXT NOT NULL,
    discarded_at REAL NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX user.discarded_review ON discarded (review_id);

CREATE TABLE user.draft (
    review_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    begun_at REAL NOT NULL,
    saved_at REAL NOT NULL,
    author TEXT NOT NULL,
    template TEXT NOT NULL,
    base_review TEXT,
    base_response_id TEXT NOT NULL,
    base_response_key TEXT NOT NULL,
    base_modified_at REAL,
    PRIMARY KEY (review_id)
) WITHOUT ROWID;

CREATE TABLE user.earlier_text (
    id INTEGER NOT NULL,
    review_id TEXT NOT NULL,
    content TEXT NOT NULL,
    rating INTEGER,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    seen_until INTEGER NOT NULL,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX user.earlier_text_review ON earlier_text (review_id, content);

CREATE TABLE user.editing (
    review_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    who TEXT NOT NULL,
    since REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (review_id)
) WITHOUT ROWID;

CREATE TABLE user.hidden_app (
    account_id INTEGER NOT NULL,
    app_id TEXT NOT NULL,
    PRIMARY KEY (account_id, app_id)
) WITHOUT ROWID;

CREATE TABLE user.intent (
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    review_id TEXT NOT NULL,
    wanted TEXT NOT NULL,
    seen TEXT NOT NULL,
    theirs TEXT,
    at REAL NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX user.intent_review ON intent (review_id);

CREATE TABLE user.key_listing (
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    apps TEXT NOT NULL,
    missed TEXT NOT NULL,
    missed_since INTEGER,
    listed_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, credential)
) WITHOUT ROWID;

CREATE TABLE user.listing_base (
    folder TEXT NOT NULL,
    app_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    locale TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (folder, app_id, scope, locale, name)
) WITHOUT ROWID;

CREATE TABLE user.listing_edit (
    app_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    part_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    name TEXT NOT NULL,
    base TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (app_id, scope, part_id, locale, name)
) WITHOUT ROWID;

CREATE TABLE user.listing_folder (
    folder TEXT NOT NULL,
    app_id TEXT NOT NULL,
    pulled_at INTEGER NOT NULL,
    PRIMARY KEY (folder, app_id)
) WITHOUT ROWID;

CREATE TABLE user.listing_undo (
    id INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    app_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    part_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    name TEXT NOT NULL,
    "before" TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX user.listing_undo_batch ON listing_undo (batch);

CREATE TABLE user.member (
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    added_at REAL NOT NULL,
    removed_at REAL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE user.meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE user.note (
    id TEXT NOT NULL,
    review_id TEXT NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX user.note_review ON note (review_id, at);

CREATE TABLE user.outbox (
    id INTEGER NOT NULL,
    op_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    review_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    base_review TEXT NOT NULL,
    base_response_id TEXT NOT NULL,
    base_response_key TEXT NOT NULL,
    base_modified_at REAL,
    queued_at REAL NOT NULL,
    send_after REAL NOT NULL,
    changed_at REAL NOT NULL,
    author TEXT NOT NULL,
    template TEXT NOT NULL,
    batch TEXT NOT NULL,
    session TEXT NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until REAL,
    attempts INTEGER NOT NULL,
    posted_at REAL,
    lost_at REAL,
    rounds INTEGER NOT NULL,
    last_read TEXT NOT NULL,
    last_read_at REAL,
    check_after REAL,
    looks INTEGER NOT NULL,
    accepted_at REAL,
    published_at REAL,
    response_id TEXT NOT NULL,
    echo_key TEXT NOT NULL,
    why TEXT NOT NULL,
    detail TEXT NOT NULL,
    status INTEGER,
    theirs_id TEXT,
    theirs_text TEXT,
    theirs_state TEXT,
    theirs_at REAL,
    seen_review TEXT,
    seen_response_id TEXT,
    seen_response_key TEXT,
    seen_modified_at REAL,
    PRIMARY KEY (id)
);

CREATE INDEX user.outbox_changed ON outbox (changed_at);

CREATE UNIQUE INDEX user.outbox_moving ON outbox (review_id) WHERE state IN ('queued', 'sending', 'unknown', 'waiting');

CREATE UNIQUE INDEX user.outbox_op ON outbox (op_id);

CREATE INDEX user.outbox_review ON outbox (review_id, id);

CREATE INDEX user.outbox_state ON outbox (state, send_after);

CREATE TABLE user.outbox_pause (
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    until REAL,
    reason TEXT NOT NULL,
    PRIMARY KEY (account_id)
);

CREATE TABLE user.person (
    account_id INTEGER NOT NULL,
    email TEXT NOT NULL,
    apple_id TEXT NOT NULL,
    state TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    roles TEXT NOT NULL,
    all_apps INTEGER NOT NULL,
    apps TEXT NOT NULL,
    expires_at INTEGER,
    changed_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, email)
) WITHOUT ROWID;

CREATE TABLE user.place (
    "view" TEXT NOT NULL,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY ("view")
) WITHOUT ROWID;

CREATE TABLE user.retired_key (
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    kind TEXT NOT NULL,
    issuer_id TEXT,
    secret_ref TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (account_id, credential)
) WITHOUT ROWID;

CREATE TABLE user.tag (
    review_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (review_id, tag)
) WITHOUT ROWID;

CREATE INDEX user.tag_tag ON tag (tag);

CREATE TABLE user.token_reminder (
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    days INTEGER NOT NULL,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, credential)
) WITHOUT ROWID;

CREATE TABLE user.triage (
    review_id TEXT NOT NULL,
    opened_at INTEGER,
    read INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    done_at INTEGER,
    snoozed_until INTEGER,
    assignee TEXT NOT NULL,
    note TEXT NOT NULL,
    changed_at INTEGER,
    language TEXT,
    PRIMARY KEY (review_id)
) WITHOUT ROWID;

CREATE INDEX user.triage_snoozed ON triage (snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE TABLE user.undo (
    id INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    verb TEXT NOT NULL,
    review_id TEXT NOT NULL,
    "before" TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX user.undo_batch ON undo (batch);

CREATE TABLE user.unreadable_data (
    account_id INTEGER NOT NULL,
    problem TEXT NOT NULL,
    capability TEXT NOT NULL,
    app_id TEXT NOT NULL,
    dataset TEXT NOT NULL,
    why TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (account_id, problem, capability, app_id, dataset)
) WITHOUT ROWID;

CREATE TABLE user.verdict (
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    capability TEXT NOT NULL,
    state TEXT NOT NULL,
    severity INTEGER,
    detail TEXT NOT NULL,
    evidence TEXT NOT NULL,
    fix TEXT NOT NULL,
    who TEXT NOT NULL,
    afterwards TEXT NOT NULL,
    "instead" TEXT NOT NULL,
    checked_at INTEGER,
    since INTEGER NOT NULL,
    proved_at INTEGER,
    PRIMARY KEY (account_id, credential, capability)
) WITHOUT ROWID;

CREATE TABLE user.verdict_change (
    id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    credential TEXT NOT NULL,
    capability TEXT NOT NULL,
    "before" TEXT NOT NULL,
    state TEXT NOT NULL,
    evidence TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX user.verdict_change_account ON verdict_change (account_id, at);

CREATE TABLE user.woken (
    review_id TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (review_id)
) WITHOUT ROWID;
