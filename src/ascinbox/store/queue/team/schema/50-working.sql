-- What only workers do: reviews in, facts in, and who works on which account.

-- One page of an app's reviews, column by column. Returns how many rows it wrote. A text that the customer replaced is
-- kept, and its review is marked as changed.
CREATE FUNCTION ascinbox.put_reviews(
    p_app text, p_id text[], p_rating bigint[], p_territory text[], p_created bigint[], p_content bigint[],
    p_rest bigint[], p_nickname text[], p_title text[], p_body text[], p_response_id text[],
    p_response_state text[], p_response_at bigint[], p_response_text text[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('admin', 'worker');
    at bigint := floor(ascinbox.now());
    written bigint;
BEGIN
    INSERT INTO ascinbox.earlier_text (review_id, content, rating, title, body, seen_until)
        SELECT r.id, encode(sha256(convert_to(coalesce(r.rating::text, 'None'), 'UTF8') || '\x00'::bytea
                || convert_to(r.title, 'UTF8') || '\x00'::bytea || convert_to(r.body, 'UTF8')), 'hex'),
            r.rating, r.title, r.body, at
        FROM unnest(p_id, p_content) AS i (id, content) JOIN ascinbox.review r ON r.id = i.id
        WHERE r.content <> i.content
        ON CONFLICT (review_id, content) DO NOTHING;
    IF FOUND THEN
        INSERT INTO ascinbox.triage AS t (review_id, flagged, assignee, note, set_by, changed_at)
            SELECT r.id, 0, '', '', '', CASE WHEN i.created > r.created AND i.created < at THEN i.created ELSE at END
            FROM unnest(p_id, p_content, p_created) AS i (id, content, created)
                JOIN ascinbox.review r ON r.id = i.id
            WHERE r.content <> i.content
            ON CONFLICT (review_id) DO UPDATE SET changed_at = excluded.changed_at;
    END IF;
    INSERT INTO ascinbox.review AS r (id, rating, territory, created, content, rest, nickname, title, body,
            response_id, response_state, response_at, response_text, app_id)
        SELECT i.*, p_app FROM unnest(p_id, p_rating, p_territory, p_created, p_content, p_rest, p_nickname,
            p_title, p_body, p_response_id, p_response_state, p_response_at, p_response_text) AS i
        ON CONFLICT (id) DO UPDATE SET rating = excluded.rating, territory = excluded.territory,
            created = excluded.created, content = excluded.content, rest = excluded.rest,
            nickname = excluded.nickname, title = excluded.title, body = excluded.body,
            response_id = excluded.response_id, response_state = excluded.response_state,
            response_at = excluded.response_at, response_text = excluded.response_text,
            app_id = excluded.app_id, removed_at = NULL
        WHERE r.content <> excluded.content OR r.rest <> excluded.rest OR r.removed_at IS NOT NULL;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written > 0 THEN
        PERFORM pg_notify('ascinbox', '');
    END IF;
    RETURN written;
END $$;

-- What the store no longer shows.
CREATE FUNCTION ascinbox.remove_reviews(p_ids text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('admin', 'worker');
    written bigint;
BEGIN
    UPDATE ascinbox.review r SET removed_at = floor(ascinbox.now())
        WHERE r.id = ANY (p_ids) AND r.removed_at IS NULL;
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM pg_notify('ascinbox', '');
    RETURN written;
END $$;

-- Which version of its app a review is about.
CREATE FUNCTION ascinbox.put_versions(p_ids text[], p_version text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('admin', 'worker');
    written bigint;
BEGIN
    UPDATE ascinbox.review r SET app_version = p_version
        WHERE r.id = ANY (p_ids) AND r.app_version IS DISTINCT FROM p_version;
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM pg_notify('ascinbox', '');
    RETURN written;
END $$;

-- p_facts: array of {kind, key, doc}; a doc of null: it is gone. Returns how many rows it wrote.
CREATE FUNCTION ascinbox.share(p_facts jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('admin', 'worker');
    gone bigint;
    written bigint;
BEGIN
    UPDATE ascinbox.shared s SET removed_at = ascinbox.now() FROM jsonb_array_elements(p_facts) f
        WHERE s.kind = f ->> 'kind' AND s.key = f ->> 'key' AND f -> 'doc' = 'null' AND s.removed_at IS NULL;
    GET DIAGNOSTICS gone = ROW_COUNT;
    INSERT INTO ascinbox.shared AS s (kind, key, doc)
        SELECT f ->> 'kind', f ->> 'key', f -> 'doc' FROM jsonb_array_elements(p_facts) f WHERE f -> 'doc' <> 'null'
        ON CONFLICT (kind, key) DO UPDATE SET doc = excluded.doc, removed_at = NULL
        WHERE s.doc <> excluded.doc OR s.removed_at IS NOT NULL;
    GET DIAGNOSTICS written = ROW_COUNT;
    written := written + gone;
    IF written > 0 THEN
        PERFORM pg_notify('ascinbox', '');
    END IF;
    RETURN written;
END $$;

-- The number of an account in this team, made when it is first asked for.
CREATE FUNCTION ascinbox.account_number(p_name text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('admin', 'worker');
    number bigint;
BEGIN
    SELECT a.id INTO number FROM ascinbox.account a WHERE lower(a.name) = lower(p_name);
    IF NOT FOUND THEN
        INSERT INTO ascinbox.account (name, worker) VALUES (p_name, '') RETURNING id INTO number;
    END IF;
    RETURN number;
END $$;

-- Tells that a worker lives, and takes or renews its accounts: those of p_accounts that are now its own.
CREATE FUNCTION ascinbox.work(p_worker text, p_accounts text[], p_seconds double precision) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('admin', 'worker');
    at double precision := ascinbox.now();
BEGIN
    INSERT INTO ascinbox.worker AS w (name, login, seen_at) VALUES (p_worker, session_user::text, at)
        ON CONFLICT (name) DO UPDATE SET login = excluded.login, seen_at = excluded.seen_at;
    INSERT INTO ascinbox.account (name, worker)
        SELECT n.name, '' FROM unnest(p_accounts) AS n (name)
        WHERE NOT EXISTS (SELECT 1 FROM ascinbox.account a WHERE lower(a.name) = lower(n.name));
    UPDATE ascinbox.account a SET worker = p_worker, until = at + least(greatest(p_seconds, 1), 3600)
        WHERE lower(a.name) IN (SELECT lower(n.name) FROM unnest(p_accounts) AS n (name))
            AND (a.worker IN ('', p_worker) OR a.until IS NULL OR a.until <= at);
    UPDATE ascinbox.account a SET worker = '', until = NULL
        WHERE a.worker = p_worker AND lower(a.name) NOT IN (SELECT lower(n.name) FROM unnest(p_accounts) AS n (name));
    RETURN coalesce((SELECT array_agg(a.name ORDER BY a.name) FROM ascinbox.account a WHERE a.worker = p_worker), '{}');
END $$;

-- Who works, and how many replies stand where.
CREATE FUNCTION ascinbox.status() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ascinbox.need('viewer', 'replier', 'publisher', 'admin', 'worker');
    RETURN jsonb_build_object(
        'workers', coalesce((SELECT jsonb_agg(jsonb_build_object('name', w.name, 'seen_at', w.seen_at, 'accounts',
            coalesce((SELECT jsonb_agg(a.name ORDER BY a.name) FROM ascinbox.account a
                WHERE a.worker = w.name AND a.until > ascinbox.now()), '[]')) ORDER BY w.name)
            FROM ascinbox.worker w), '[]'),
        'queue', coalesce((SELECT jsonb_object_agg(q.state, q.count) FROM (
            SELECT o.state, count(*) FROM ascinbox.outbox o
            WHERE o.state IN ('waiting', 'queued', 'sending', 'unknown', 'held', 'failed') GROUP BY o.state
        ) q), '{}'));
END $$;
