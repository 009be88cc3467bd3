-- How an act begins and ends, who may do it, and the feed of what changed.

CREATE SEQUENCE ascinbox.seq;
INSERT INTO ascinbox.head (one) VALUES (1);

ALTER TABLE ascinbox.member ADD CONSTRAINT member_level
    CHECK (level IN ('viewer', 'replier', 'publisher', 'admin', 'worker'));
ALTER TABLE ascinbox.note ADD CONSTRAINT note_length CHECK (length(body) BETWEEN 1 AND 16000);
ALTER TABLE ascinbox.draft ADD CONSTRAINT draft_length CHECK (length(text) <= 100000);
ALTER TABLE ascinbox.outbox ADD CONSTRAINT outbox_length CHECK (length(text) <= 100000);

-- PL/pgSQL also for one expression: the plan is kept for as long as the connection lasts, while a function in SQL
-- is planned again in each call. An act asks for these several times.
CREATE FUNCTION ascinbox.now() RETURNS double precision
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN extract(epoch FROM clock_timestamp())::double precision; END $$;

CREATE FUNCTION ascinbox.level() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT m.level FROM ascinbox.member m WHERE m.name = session_user::text AND m.removed_at IS NULL);
END $$;

CREATE FUNCTION ascinbox.option(p_name text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN RETURN (SELECT o.value FROM ascinbox.option o WHERE o.name = p_name); END $$;

-- Raises unless the level of whoever is connected is one of these.
CREATE FUNCTION ascinbox.need(VARIADIC p_levels text[]) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE found_level text;
BEGIN
    SELECT m.level INTO found_level FROM ascinbox.member m
        WHERE m.name = session_user::text AND m.removed_at IS NULL;
    IF found_level IS NULL THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('%s is not a member of this team', session_user), HINT = 'member';
    END IF;
    IF NOT found_level = ANY (p_levels) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('the level %s does not allow this', found_level), HINT = 'level';
    END IF;
    RETURN found_level;
END $$;

-- Begins an act: the right is checked, then no other act begins before this one is committed. Returns the
-- last number of the feed before it.
CREATE FUNCTION ascinbox.enter(VARIADIC p_levels text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE active_sql_transaction USING MESSAGE = 'one act is one transaction: use autocommit';
    END IF;
    PERFORM ascinbox.need(VARIADIC p_levels);
    PERFORM set_config('synchronous_commit', 'on', true), set_config('lock_timeout', '3s', true);
    PERFORM 1 FROM ascinbox.head FOR NO KEY UPDATE;
    -- Somebody may have been removed while this waited.
    PERFORM ascinbox.need(VARIADIC p_levels);
    PERFORM set_config('ascinbox.entered', pg_current_xact_id()::text, true);
    RETURN (SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END FROM ascinbox.seq s);
END $$;

-- Refuses rows of a transaction that did not enter.
CREATE FUNCTION ascinbox.entered() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('ascinbox.entered', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'rows of this team are changed by its functions only', HINT = 'functions';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ascinbox.stamp() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$ BEGIN NEW.seq := nextval('ascinbox.seq'); RETURN NEW; END $$;

CREATE FUNCTION ascinbox.never() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE insufficient_privilege USING
        MESSAGE = format('rows of %s are only ever added', TG_TABLE_NAME), HINT = 'functions';
END $$;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['review', 'triage', 'tag', 'draft', 'claim', 'note', 'outbox', 'pause', 'act',
        'undo', 'earlier_text', 'member', 'option', 'shared']
    LOOP
        EXECUTE format('CREATE TRIGGER entered BEFORE INSERT OR UPDATE ON ascinbox.%I
            FOR EACH STATEMENT EXECUTE FUNCTION ascinbox.entered()', name);
        IF name = 'review' THEN
            -- A page gives its new rows their numbers itself: calling a trigger for each row costs a fifth of it.
            CREATE TRIGGER stamp BEFORE INSERT ON ascinbox.review
                FOR EACH ROW WHEN (NEW.seq IS NULL) EXECUTE FUNCTION ascinbox.stamp();
            CREATE TRIGGER stamp_again BEFORE UPDATE ON ascinbox.review
                FOR EACH ROW EXECUTE FUNCTION ascinbox.stamp();
        ELSE
            EXECUTE format('CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON ascinbox.%I
                FOR EACH ROW EXECUTE FUNCTION ascinbox.stamp()', name);
        END IF;
        EXECUTE format('CREATE TRIGGER kept BEFORE DELETE ON ascinbox.%I
            FOR EACH ROW EXECUTE FUNCTION ascinbox.never()', name);
        EXECUTE format('CREATE TRIGGER kept_all BEFORE TRUNCATE ON ascinbox.%I
            FOR EACH STATEMENT EXECUTE FUNCTION ascinbox.never()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['act', 'note', 'earlier_text'] LOOP
        EXECUTE format('CREATE TRIGGER added BEFORE UPDATE ON ascinbox.%I
            FOR EACH ROW EXECUTE FUNCTION ascinbox.never()', name);
    END LOOP;
END $$;

-- Who changed what, for Activity (p_shown 1) and the audit.
CREATE FUNCTION ascinbox.note_act(p_verb text, p_subject text, p_detail text, p_reviews jsonb, p_shown int)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO ascinbox.act (at, who, verb, subject, detail, reviews, shown)
        VALUES (ascinbox.now(), session_user::text, p_verb, p_subject, p_detail, p_reviews::text, p_shown);
END $$;

-- The feed of what people do, in the order of commits. Drafts and what can be undone are each person's own. Checks
-- no right. A generic plan is forced: all rows after a number are few and by the index, and planning twelve tables
-- takes longer than reading them.
CREATE FUNCTION ascinbox.moved(p_after bigint, p_limit int)
RETURNS TABLE (seq bigint, kind text, doc jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
BEGIN
    RETURN QUERY SELECT * FROM (
        (SELECT r.seq, 'triage', to_jsonb(r) FROM ascinbox.triage r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'tag', to_jsonb(r) FROM ascinbox.tag r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'draft', to_jsonb(r) FROM ascinbox.draft r
            WHERE r.seq > p_after AND r.author = session_user::text ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'claim', to_jsonb(r) FROM ascinbox.claim r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'note', to_jsonb(r) FROM ascinbox.note r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'outbox', to_jsonb(r) FROM ascinbox.outbox r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'pause', to_jsonb(r) FROM ascinbox.pause r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'act', to_jsonb(r) FROM ascinbox.act r
            WHERE r.seq > p_after AND r.shown = 1 ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'undo', to_jsonb(r) FROM ascinbox.undo r
            WHERE r.seq > p_after AND r.login = session_user::text ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'earlier_text', to_jsonb(r) FROM ascinbox.earlier_text r
            WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'member', to_jsonb(r) FROM ascinbox.member r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
        UNION ALL
        (SELECT r.seq, 'option', to_jsonb(r) FROM ascinbox.option r WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit)
    ) found ORDER BY 1 LIMIT p_limit;
END $$;

CREATE FUNCTION ascinbox.changes(p_after bigint, p_limit int)
RETURNS TABLE (seq bigint, kind text, doc jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ascinbox.need('viewer', 'replier', 'publisher', 'admin', 'worker');
    RETURN QUERY SELECT * FROM ascinbox.moved(p_after, p_limit);
END $$;

-- The feed of what workers found beside reviews.
CREATE FUNCTION ascinbox.facts(p_after bigint, p_limit int)
RETURNS TABLE (seq bigint, kind text, doc jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ascinbox.need('viewer', 'replier', 'publisher', 'admin', 'worker');
    RETURN QUERY SELECT r.seq, r.kind, to_jsonb(r) FROM ascinbox.shared r
        WHERE r.seq > p_after ORDER BY r.seq LIMIT p_limit;
END $$;

-- The feed of reviews: of these apps (NULL: all), created since then (NULL: all).
CREATE FUNCTION ascinbox.reviews(p_after bigint, p_limit int, p_apps text[], p_since bigint)
RETURNS SETOF ascinbox.review
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off SET work_mem = '32MB'
AS $$
BEGIN
    PERFORM ascinbox.need('viewer', 'replier', 'publisher', 'admin', 'worker');
    RETURN QUERY SELECT * FROM ascinbox.review r
        WHERE r.seq > p_after AND (p_apps IS NULL OR r.app_id = ANY (p_apps))
            AND (p_since IS NULL OR coalesce(r.created, 0) >= p_since)
        ORDER BY r.seq LIMIT p_limit;
END $$;

-- All three feeds at once, in one round trip. The row of kind `end` says how far the feed of reviews is known to be
-- read although none of its last rows was wanted.
CREATE FUNCTION ascinbox.news(
    p_people bigint, p_facts bigint, p_reviews bigint, p_limit int, p_apps text[], p_since bigint
) RETURNS TABLE (feed text, seq bigint, kind text, doc jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- By the end of each index. Most often nothing but what people did is new, and the rest is not even asked for.
    last_fact bigint := (SELECT s.seq FROM ascinbox.shared s ORDER BY s.seq DESC LIMIT 1);
    last_review bigint := (SELECT r.seq FROM ascinbox.review r ORDER BY r.seq DESC LIMIT 1);
    found_rows bigint;
BEGIN
    PERFORM ascinbox.need('viewer', 'replier', 'publisher', 'admin', 'worker');
    RETURN QUERY SELECT 'people', m.seq, m.kind, m.doc FROM ascinbox.moved(p_people, p_limit) m;
    IF last_fact > p_facts THEN
        RETURN QUERY SELECT 'facts', f.seq, f.kind, f.doc FROM ascinbox.facts(p_facts, p_limit) f;
    END IF;
    IF last_review > p_reviews THEN
        RETURN QUERY SELECT 'reviews', r.seq, 'review', to_jsonb(r)
            FROM ascinbox.reviews(p_reviews, p_limit, p_apps, p_since) r;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        IF found_rows < p_limit THEN
            RETURN QUERY SELECT 'reviews', last_review, 'end', NULL::jsonb;
        END IF;
    END IF;
END $$;

-- Ends an act: wakes whoever listens, and returns the rows that it wrote.
CREATE FUNCTION ascinbox.leave(p_before bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('ascinbox', '');
    RETURN coalesce((SELECT jsonb_agg(jsonb_build_array(m.seq, m.kind, m.doc) ORDER BY m.seq)
        FROM ascinbox.moved(p_before, 1000000) m), '[]');
END $$;

-- What a program asks first: who it is here and what this database is.
CREATE FUNCTION ascinbox.hello() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE found_level text := ascinbox.need('viewer', 'replier', 'publisher', 'admin', 'worker');
BEGIN
    RETURN jsonb_build_object(
        'me', session_user::text, 'level', found_level, 'now', ascinbox.now(),
        -- Another one after a backup was restored: a dump makes tables anew, a copy of the files begins a timeline.
        'copy', (SELECT format('%s/%s/%s', d.oid, 'ascinbox.head'::regclass::oid, c.timeline_id)
            FROM pg_database d, pg_control_checkpoint() c WHERE d.datname = current_database()),
        'seq', (SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END FROM ascinbox.seq s),
        'options', (SELECT jsonb_object_agg(o.name, o.value) FROM ascinbox.option o));
END $$;
