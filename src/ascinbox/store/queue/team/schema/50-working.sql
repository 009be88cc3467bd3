-- What only workers do: reviews in, facts in, and who works on which account.

-- Reviews of an app as lines of fields: lines end with ASCII 30, fields with ASCII 31, ASCII 29 alone is no value; the
-- fields are those of the INSERT below. (Splitting costs less than jsonb on both sides.) Only what is new or changed is
-- written, and a page without any waits for nobody. Returns how many that were. A text that the customer replaced is
-- kept, and its review is marked as changed.
CREATE FUNCTION ascinbox.put_reviews(p_app text, p_rows text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- A page is a few hundred rows however large the table is: look each up by its index. Compiling such a statement
-- takes longer than running it, and planning it anew each time too.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    before bigint;
    at bigint := floor(ascinbox.now());
    first text[] := string_to_array(split_part(p_rows, chr(30), 1), chr(31), chr(29));
    written bigint;
BEGIN
    PERFORM ascinbox.need('admin', 'worker');
    -- Most pages have news in front or none at all.
    IF EXISTS (SELECT 1 FROM ascinbox.review r WHERE r.id = first[1] AND r.content = first[5]::bigint
            AND r.rest = first[6]::bigint AND r.removed_at IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM string_to_table(p_rows, chr(30)) AS line, string_to_array(line, chr(31), chr(29)) AS f
                LEFT JOIN ascinbox.review r ON r.id = f[1]
                WHERE r.id IS NULL OR r.content <> f[5]::bigint OR r.rest <> f[6]::bigint
                    OR r.removed_at IS NOT NULL)
    THEN
        RETURN 0;
    END IF;
    before := ascinbox.enter('admin', 'worker');
    WITH incoming AS (
        SELECT f[1] AS id, f[2]::bigint AS rating, f[3] AS territory, f[4]::bigint AS created,
            f[5]::bigint AS content, f[6]::bigint AS rest, f[7] AS nickname, f[8] AS title, f[9] AS body,
            f[10] AS response_id, f[11] AS response_state, f[12]::bigint AS response_at, f[13] AS response_text,
            f[14] AS told
        FROM string_to_table(p_rows, chr(30)) AS line, string_to_array(line, chr(31), chr(29)) AS f
    ), beside AS MATERIALIZED (
        -- No other act changes a review meanwhile: what is not here now is new.
        SELECT i.*, r.id AS known, r.content <> i.content AS rewritten,
            r.content <> i.content OR r.rest <> i.rest OR r.removed_at IS NOT NULL AS differs,
            r.rating AS former_rating, r.title AS former_title, r.body AS former_body, r.created AS former_created
        FROM incoming i LEFT JOIN ascinbox.review r ON r.id = i.id
    ), kept AS (
        INSERT INTO ascinbox.earlier_text (review_id, content, rating, title, body, seen_until)
            SELECT b.id, encode(sha256(convert_to(coalesce(b.former_rating::text, 'None'), 'UTF8') || '\x00'::bytea
                    || convert_to(b.former_title, 'UTF8') || '\x00'::bytea
                    || convert_to(b.former_body, 'UTF8')), 'hex'),
                b.former_rating, b.former_title, b.former_body, at
            FROM beside b WHERE b.rewritten
            ON CONFLICT (review_id, content) DO NOTHING
    ), marked AS (
        INSERT INTO ascinbox.triage (review_id, flagged, assignee, note, set_by, changed_at)
            SELECT b.id, 0, '', '', '',
                CASE WHEN b.created > b.former_created AND b.created < at THEN b.created ELSE at END
            FROM beside b WHERE b.rewritten
            ON CONFLICT (review_id) DO UPDATE SET changed_at = excluded.changed_at
    ), added AS (
        INSERT INTO ascinbox.review (id, rating, territory, created, content, rest, nickname, title, body,
                response_id, response_state, response_at, response_text, told, app_id, seq)
            SELECT b.id, b.rating, b.territory, b.created, b.content, b.rest, b.nickname, b.title, b.body,
                b.response_id, b.response_state, b.response_at, b.response_text, b.told, p_app,
                nextval('ascinbox.seq')
            FROM beside b WHERE b.known IS NULL
            RETURNING 1
    ), changed AS (
        UPDATE ascinbox.review r SET rating = b.rating, territory = b.territory, created = b.created,
                content = b.content, rest = b.rest, nickname = b.nickname, title = b.title, body = b.body,
                response_id = b.response_id, response_state = b.response_state, response_at = b.response_at,
                response_text = b.response_text, told = b.told, app_id = p_app, removed_at = NULL,
                app_version = CASE WHEN NOT b.rewritten THEN r.app_version END
            FROM beside b WHERE b.differs AND r.id = b.id
            RETURNING 1
    )
    SELECT (SELECT count(*) FROM added) + (SELECT count(*) FROM changed) INTO written;
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

-- Of these messages those that this home tells: whichever asks first, for ever.
CREATE FUNCTION ascinbox.tells(p_home text, p_messages text[]) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('admin', 'worker');
BEGIN
    IF random() < 0.01 THEN
        DELETE FROM ascinbox.told t WHERE t.at < ascinbox.now() - 180 * 86400.0;
    END IF;
    INSERT INTO ascinbox.told (message, home, at)
        SELECT DISTINCT m.message, p_home, ascinbox.now() FROM unnest(p_messages) AS m (message)
        ON CONFLICT (message) DO NOTHING;
    RETURN coalesce((SELECT array_agg(t.message) FROM ascinbox.told t
        WHERE t.message = ANY (p_messages) AND t.home = p_home), '{}');
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
