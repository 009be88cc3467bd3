-- Tables of a team's database. Written by `python -m ascinbox.store.models`: do not edit.

CREATE TABLE ascinbox.account (
    id BIGSERIAL NOT NULL,
    name TEXT NOT NULL,
    worker TEXT NOT NULL,
    until DOUBLE PRECISION,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX account_name ON ascinbox.account (name);

CREATE TABLE ascinbox.act (
    id BIGSERIAL NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    who TEXT NOT NULL,
    verb TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    reviews TEXT NOT NULL,
    shown INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX act_seq ON ascinbox.act (seq);

CREATE TABLE ascinbox.claim (
    review_id TEXT COLLATE "C" NOT NULL,
    owner TEXT NOT NULL,
    who TEXT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    until DOUBLE PRECISION NOT NULL,
    released_at DOUBLE PRECISION,
    seq BIGINT NOT NULL,
    PRIMARY KEY (review_id)
);

CREATE INDEX claim_seq ON ascinbox.claim (seq);

CREATE TABLE ascinbox.draft (
    review_id TEXT COLLATE "C" NOT NULL,
    app_id TEXT COLLATE "C" NOT NULL,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    begun_at DOUBLE PRECISION NOT NULL,
    saved_at DOUBLE PRECISION NOT NULL,
    author TEXT NOT NULL,
    template TEXT NOT NULL,
    base_review TEXT,
    base_response_id TEXT NOT NULL,
    base_response_key TEXT NOT NULL,
    base_modified_at DOUBLE PRECISION,
    removed_at DOUBLE PRECISION,
    seq BIGINT NOT NULL,
    PRIMARY KEY (review_id, author)
);

CREATE INDEX draft_seq ON ascinbox.draft (seq);

CREATE TABLE ascinbox.earlier_text (
    review_id TEXT COLLATE "C" NOT NULL,
    content TEXT NOT NULL,
    rating BIGINT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    seen_until BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (review_id, content)
);

CREATE INDEX earlier_text_seq ON ascinbox.earlier_text (seq);

CREATE TABLE ascinbox.head (
    one BIGINT NOT NULL,
    PRIMARY KEY (one)
);

CREATE TABLE ascinbox.member (
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    added_at DOUBLE PRECISION NOT NULL,
    removed_at DOUBLE PRECISION,
    seq BIGINT NOT NULL,
    PRIMARY KEY (name)
);

CREATE INDEX member_seq ON ascinbox.member (seq);

CREATE TABLE ascinbox.note (
    id TEXT COLLATE "C" NOT NULL,
    review_id TEXT COLLATE "C" NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX note_seq ON ascinbox.note (seq);

CREATE TABLE ascinbox.option (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (name)
);

CREATE INDEX option_seq ON ascinbox.option (seq);

CREATE TABLE ascinbox.outbox (
    id BIGSERIAL NOT NULL,
    op_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    review_id TEXT COLLATE "C" NOT NULL,
    app_id TEXT COLLATE "C" NOT NULL,
    account_id BIGINT NOT NULL,
    credential TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    base_review TEXT NOT NULL,
    base_response_id TEXT NOT NULL,
    base_response_key TEXT NOT NULL,
    base_modified_at DOUBLE PRECISION,
    queued_at DOUBLE PRECISION NOT NULL,
    send_after DOUBLE PRECISION NOT NULL,
    changed_at DOUBLE PRECISION NOT NULL,
    author TEXT NOT NULL,
    template TEXT NOT NULL,
    batch TEXT NOT NULL,
    session TEXT NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until DOUBLE PRECISION,
    attempts BIGINT NOT NULL,
    posted_at DOUBLE PRECISION,
    lost_at DOUBLE PRECISION,
    rounds BIGINT NOT NULL,
    last_read TEXT NOT NULL,
    last_read_at DOUBLE PRECISION,
    check_after DOUBLE PRECISION,
    looks BIGINT NOT NULL,
    accepted_at DOUBLE PRECISION,
    published_at DOUBLE PRECISION,
    response_id TEXT NOT NULL,
    echo_key TEXT NOT NULL,
    why TEXT NOT NULL,
    detail TEXT NOT NULL,
    status BIGINT,
    theirs_id TEXT,
    theirs_text TEXT,
    theirs_state TEXT,
    theirs_at DOUBLE PRECISION,
    seen_review TEXT,
    seen_response_id TEXT,
    seen_response_key TEXT,
    seen_modified_at DOUBLE PRECISION,
    approved_by TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX outbox_moving ON ascinbox.outbox (review_id) WHERE state IN ('queued', 'sending', 'unknown', 'waiting');

CREATE UNIQUE INDEX outbox_op ON ascinbox.outbox (op_id);

CREATE INDEX outbox_seq ON ascinbox.outbox (seq);

CREATE TABLE ascinbox.pause (
    account_id BIGINT NOT NULL,
    credential TEXT NOT NULL,
    until DOUBLE PRECISION,
    reason TEXT NOT NULL,
    ended_at DOUBLE PRECISION,
    seq BIGINT NOT NULL,
    PRIMARY KEY (account_id)
);

CREATE INDEX pause_seq ON ascinbox.pause (seq);

CREATE TABLE ascinbox.review (
    id TEXT COLLATE "C" NOT NULL,
    rating BIGINT,
    territory TEXT,
    created BIGINT,
    removed_at BIGINT,
    content BIGINT NOT NULL,
    rest BIGINT NOT NULL,
    nickname TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    response_id TEXT,
    response_state TEXT,
    response_at BIGINT,
    response_text TEXT,
    app_version TEXT,
    app_id TEXT NOT NULL,
    told TEXT,
    seq BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX review_seq ON ascinbox.review (seq);

CREATE TABLE ascinbox.shared (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    doc JSONB NOT NULL,
    removed_at DOUBLE PRECISION,
    seq BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE INDEX shared_seq ON ascinbox.shared (seq);

CREATE TABLE ascinbox.tag (
    review_id TEXT COLLATE "C" NOT NULL,
    tag TEXT NOT NULL,
    fold TEXT NOT NULL,
    removed_at DOUBLE PRECISION,
    seq BIGINT NOT NULL,
    PRIMARY KEY (review_id, fold)
);

CREATE INDEX tag_seq ON ascinbox.tag (seq);

CREATE TABLE ascinbox.told (
    message TEXT NOT NULL,
    home TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (message)
);

CREATE TABLE ascinbox.triage (
    review_id TEXT COLLATE "C" NOT NULL,
    flagged SMALLINT NOT NULL,
    done_at BIGINT,
    snoozed_until BIGINT,
    assignee TEXT NOT NULL,
    note TEXT NOT NULL,
    changed_at BIGINT,
    language TEXT,
    set_by TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (review_id)
);

CREATE INDEX triage_seq ON ascinbox.triage (seq);

CREATE TABLE ascinbox.undo (
    batch BIGSERIAL NOT NULL,
    login TEXT NOT NULL,
    verb TEXT NOT NULL,
    changes JSONB NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    taken_back_at DOUBLE PRECISION,
    seq BIGINT NOT NULL,
    PRIMARY KEY (batch)
);

CREATE INDEX undo_seq ON ascinbox.undo (seq);

CREATE TABLE ascinbox.worker (
    name TEXT NOT NULL,
    login TEXT NOT NULL,
    seen_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (name)
);
