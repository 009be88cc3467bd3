-- What only workers do: reviews in, facts in, and who works on which account.

-- Reviews of an app: array of arrays in the order of the columns below. Only what is new or changed is written. Returns
-- how many that were. A text that the customer replaced is kept, and its review is marked as changed.
CREATE FUNCTION ascinbox.put_reviews(p_app text, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- A page is a few hundred rows however large the table is: look each up by its index. Compiling such a statement
-- takes longer than running it.
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
    before bigint := ascinbox.enter('admin', 'worker');
    at bigint := floor(ascinbox.now());
    written bigint;
    rewritten bigint;
BEGIN
    WITH incoming AS MATERIALIZED (
        SELECT r ->> 0 AS id, (r ->> 1)::bigint AS rating, r ->> 2 AS territory, (r ->> 3)::bigint AS created,
            (r ->> 4)::bigint AS content, (r ->> 5)::bigint AS rest, r ->> 6 AS nickname, r ->> 7 AS title,
            r ->> 8 AS body, r ->> 9 AS response_id, r ->> 10 AS response_state,
            (r ->> 11)::bigint AS response_at, r ->> 12 AS response_text,
            r ->> 13 AS told
        FROM jsonb_array_elements(p_rows) r
    ), wanted AS MATERIALIZED (
        SELECT i.*, r.id IS NOT NULL AND r.content <> i.content AS is_rewritten, r.rating AS old_rating,
            r.title AS old_title, r.body AS old_body, r.created AS old_created
        FROM incoming i LEFT JOIN ascinbox.review r ON r.id = i.id
        WHERE r.id IS NULL OR r.content <> i.content OR r.rest <> i.rest OR r.removed_at IS NOT NULL
    ), kept AS (
        INSERT INTO ascinbox.earlier_text (review_id, content, rating, title, body, seen_until)
            SELECT w.id, encode(sha256(convert_to(coalesce(w.old_rating::text, 'None'), 'UTF8') || '\x00'::bytea
                    || convert_to(w.old_title, 'UTF8') || '\x00'::bytea
                    || convert_to(w.old_body, 'UTF8')), 'hex'),
                w.old_rating, w.old_title, w.old_body, at
            FROM wanted w WHERE w.is_rewritten
            ON CONFLICT (review_id, content) DO NOTHING
    ), marked AS (
        INSERT INTO ascinbox.triage (review_id, flagged, assignee, note, set_by, changed_at)
            SELECT w.id, 0, '', '', '',
                CASE WHEN w.created > w.old_created AND w.created < at THEN w.created ELSE at END
            FROM wanted w WHERE w.is_rewritten
            ON CONFLICT (review_id) DO UPDATE SET changed_at = excluded.changed_at
            RETURNING 1
    ), put AS (
        INSERT INTO ascinbox.review AS r (id, rating, territory, created, content, rest, nickname, title, body,
                response_id, response_state, response_at, response_text, told, app_id)
            SELECT w.id, w.rating, w.territory, w.created, w.content, w.rest, w.nickname, w.title, w.body,
                w.response_id, w.response_state, w.response_at, w.response_text, w.told, p_app
            FROM wanted w
            ON CONFLICT (id) DO UPDATE SET rating = excluded.rating, territory = excluded.territory,
                created = excluded.created, content = excluded.content, rest = excluded.rest,
                nickname = excluded.nickname, title = excluded.title, body = excluded.body,
                response_id = excluded.response_id, response_state = excluded.response_state,
                response_at = excluded.response_at, response_text = excluded.response_text,
                told = excluded.told,
                app_id = excluded.app_id, removed_at = NULL,
                app_version = CASE WHEN r.content = excluded.content THEN r.app_version END
            RETURNING 1
    )
    SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM marked) INTO written, rewritten;
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
