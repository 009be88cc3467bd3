-- Replies on their way. The text of a row is written once, by `queue`, and never again.

-- By whom a text was approved, for the log; empty for one that was not.
CREATE FUNCTION ascinbox.approval(p_row ascinbox.outbox) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN p_row.approved_by = '' THEN '' ELSE ' approved by ' || p_row.approved_by END;
END $$;

-- p_rows: array of rows as the client made them. All or none; the times and the state are the database's. `busy`: a
-- row that can no longer be taken back. A row whose op_id is there already is that row: sent once more.
CREATE FUNCTION ascinbox.queue(p_rows jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin');
    my_level text := ascinbox.level();
    four_eyes boolean := ascinbox.option('four_eyes') = '1';
    at double precision := ascinbox.now();
    item jsonb;
    new ascinbox.outbox;
    other ascinbox.outbox;
    holder text;
    ids jsonb := '[]';
BEGIN
    FOR item IN SELECT * FROM jsonb_array_elements(p_rows) LOOP
        SELECT * INTO other FROM ascinbox.outbox o WHERE o.op_id = item ->> 'op_id';
        IF FOUND THEN
            IF other.author <> session_user::text THEN
                RAISE insufficient_privilege USING
                    MESSAGE = 'this reply is somebody else''s', HINT = 'publisher';
            END IF;
            ids := ids || to_jsonb(other.id);
            CONTINUE;
        END IF;
        SELECT c.who INTO holder FROM ascinbox.claim c WHERE c.review_id = item ->> 'review_id'
            AND c.until > at AND c.released_at IS NULL AND c.who <> session_user::text;
        IF FOUND THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = format('%s is writing a reply to this review', holder), HINT = 'claim';
        END IF;
        FOR other IN SELECT * FROM ascinbox.outbox o WHERE o.review_id = item ->> 'review_id'
            AND o.state IN ('queued', 'sending', 'unknown', 'waiting', 'held', 'failed') ORDER BY o.id
        LOOP
            IF other.state IN ('sending', 'unknown') THEN
                RAISE object_in_use USING MESSAGE = 'a reply is on its way', DETAIL = other.id::text;
            END IF;
            IF my_level = 'replier' AND other.author <> session_user::text THEN
                RAISE insufficient_privilege USING HINT = 'publisher', MESSAGE = format(
                    'a reply of %s to this review is there, and only a publisher can replace it', other.author);
            END IF;
            UPDATE ascinbox.outbox o SET state = 'superseded', version = o.version + 1, changed_at = at,
                check_after = NULL WHERE o.id = other.id;
            -- Everybody is told of a text that somebody else wrote or had approved.
            PERFORM ascinbox.note_act('replace', other.author,
                format('%s %s%s', other.op_id, other.state, ascinbox.approval(other)),
                jsonb_build_array(other.review_id),
                CASE WHEN other.author <> session_user::text OR other.approved_by <> '' THEN 1 ELSE 0 END);
        END LOOP;
        new := jsonb_populate_record(NULL::ascinbox.outbox, item);
        IF new.sha256 <> encode(sha256(convert_to(new.text, 'UTF8')), 'hex') THEN
            RAISE data_corrupted USING
                MESSAGE = 'the text is not the one that was confirmed', HINT = 'text';
        END IF;
        IF new.kind NOT IN ('publish', 'withdraw') THEN
            RAISE invalid_parameter_value USING
                MESSAGE = 'a reply is published or withdrawn', HINT = 'version';
        END IF;
        new.id := nextval('ascinbox.outbox_id_seq');
        new.state := CASE WHEN my_level = 'replier' OR four_eyes OR new.state = 'waiting' THEN 'waiting'
            ELSE 'queued' END;
        new.send_after := at + least(greatest(new.send_after - new.queued_at, 0), 3600);
        new.queued_at := at;
        new.changed_at := at;
        new.author := session_user::text;
        new.approved_by := '';
        new.version := 1;
        new.lease_owner := '';
        new.lease_until := NULL;
        new.attempts := 0;
        new.posted_at := NULL;
        new.accepted_at := NULL;
        new.published_at := NULL;
        INSERT INTO ascinbox.outbox VALUES (new.*);
        IF new.kind = 'publish' THEN
            UPDATE ascinbox.draft d SET removed_at = at
                WHERE d.review_id = new.review_id AND d.author = session_user::text AND d.removed_at IS NULL;
        END IF;
        ids := ids || to_jsonb(new.id);
        PERFORM ascinbox.note_act('queue', '', format('%s %s', new.op_id, new.state),
            jsonb_build_array(new.review_id), 0);
    END LOOP;
    RETURN jsonb_build_object('ids', ids, 'rows', ascinbox.leave(before));
END $$;

-- p_sha: of the text that the caller has read.
CREATE FUNCTION ascinbox.approve(p_id bigint, p_sha text, p_undo_s double precision) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('publisher', 'admin');
    at double precision := ascinbox.now();
    old ascinbox.outbox;
BEGIN
    SELECT * INTO old FROM ascinbox.outbox o WHERE o.id = p_id AND o.state = 'waiting'
        AND encode(sha256(convert_to(o.text, 'UTF8')), 'hex') = p_sha AND o.sha256 = p_sha;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('approved', false, 'rows', '[]'::jsonb);
    END IF;
    IF ascinbox.option('four_eyes') = '1' AND old.author = session_user::text THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'somebody else has to publish what you wrote', HINT = 'four eyes';
    END IF;
    UPDATE ascinbox.outbox o SET state = 'queued', version = o.version + 1, queued_at = at, changed_at = at,
        send_after = at + least(greatest(p_undo_s, 0), 3600), approved_by = session_user::text
        WHERE o.id = p_id;
    PERFORM ascinbox.note_act('approve', old.author, old.op_id || ' ' || p_sha, jsonb_build_array(old.review_id), 1);
    RETURN jsonb_build_object('approved', true, 'rows', ascinbox.leave(before));
END $$;

-- The text of a row as a draft of somebody, unless a newer draft is there: then false.
CREATE FUNCTION ascinbox.as_draft(p_row ascinbox.outbox, p_owner text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE at double precision := ascinbox.now();
BEGIN
    INSERT INTO ascinbox.draft AS d (review_id, author, app_id, text, sha256, begun_at, saved_at, template,
        base_review, base_response_id, base_response_key, base_modified_at)
    VALUES (p_row.review_id, p_owner, p_row.app_id, p_row.text, p_row.sha256, at, at, '',
        coalesce(p_row.seen_review, p_row.base_review),
        CASE WHEN p_row.seen_review IS NULL THEN p_row.base_response_id ELSE p_row.seen_response_id END,
        CASE WHEN p_row.seen_review IS NULL THEN p_row.base_response_key ELSE p_row.seen_response_key END,
        CASE WHEN p_row.seen_review IS NULL THEN p_row.base_modified_at ELSE p_row.seen_modified_at END)
    ON CONFLICT (review_id, author) DO UPDATE SET app_id = excluded.app_id, text = excluded.text,
        sha256 = excluded.sha256, begun_at = at, saved_at = at, template = '',
        base_review = excluded.base_review, base_response_id = excluded.base_response_id,
        base_response_key = excluded.base_response_key, base_modified_at = excluded.base_modified_at,
        removed_at = NULL
        WHERE d.removed_at IS NOT NULL;
    RETURN FOUND;
END $$;

-- What a row took the place of, when that row is not sent after all: another author's text is a draft of theirs
-- again, as if it had been sent back, and they are told. Texts of the row's own author between the two are passed
-- over, and what a text that is given back had taken the place of is given back with it. The log knows whether a row
-- gave way to the next one: what came to an end because somebody answered elsewhere is superseded too.
CREATE FUNCTION ascinbox.give_back(p_row ascinbox.outbox) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    heir text := p_row.author;
    gone ascinbox.outbox;
BEGIN
    IF p_row.accepted_at IS NOT NULL THEN
        RETURN;
    END IF;
    FOR gone IN SELECT * FROM ascinbox.outbox o
        WHERE o.review_id = p_row.review_id AND o.id < p_row.id ORDER BY o.id DESC
    LOOP
        EXIT WHEN gone.state <> 'superseded' OR gone.accepted_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM ascinbox.act a WHERE a.verb = 'replace' AND a.who = heir
                AND starts_with(a.detail, gone.op_id || ' '));
        CONTINUE WHEN gone.author = heir;
        EXIT WHEN gone.text = '';
        UPDATE ascinbox.outbox o SET state = 'undone', version = o.version + 1, changed_at = ascinbox.now()
            WHERE o.id = gone.id;
        PERFORM ascinbox.as_draft(gone, gone.author);
        PERFORM ascinbox.note_act('send back', gone.author, gone.op_id || ascinbox.approval(gone),
            jsonb_build_array(gone.review_id), 1);
        heir := gone.author;
    END LOOP;
END $$;

-- Makes a row that has not reached the store a draft again: of the caller, or with p_back of its author. A newer
-- draft stays. p_note (id, body, at) goes into the thread.
CREATE FUNCTION ascinbox.take_back(p_id bigint, p_version bigint, p_state text, p_back boolean, p_note jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin');
    my_level text := ascinbox.level();
    at double precision := ascinbox.now();
    old ascinbox.outbox;
    kept boolean := false;
BEGIN
    SELECT * INTO old FROM ascinbox.outbox o
        WHERE o.id = p_id AND o.version = p_version AND o.state = p_state;
    IF NOT FOUND OR old.state NOT IN ('waiting', 'queued', 'held', 'failed')
        OR p_back AND old.state NOT IN ('waiting', 'queued')
    THEN
        RETURN jsonb_build_object('moved', false, 'rows', '[]'::jsonb);
    END IF;
    IF my_level = 'replier' AND (old.author <> session_user::text OR p_back) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('this reply is %s''s, and only a publisher can take it back', old.author),
            HINT = 'publisher';
    END IF;
    UPDATE ascinbox.outbox o SET state = 'undone', version = o.version + 1, changed_at = at, check_after = NULL
        WHERE o.id = p_id;
    IF old.text <> '' THEN
        kept := ascinbox.as_draft(old, CASE WHEN p_back THEN old.author ELSE session_user::text END);
    END IF;
    IF p_note IS NOT NULL THEN
        INSERT INTO ascinbox.note (id, review_id, author, body, at)
            VALUES (p_note ->> 'id', old.review_id, session_user::text, p_note ->> 'body', at)
            ON CONFLICT (id) DO NOTHING;
    END IF;
    PERFORM ascinbox.note_act(CASE WHEN p_back THEN 'send back' ELSE 'take back' END, old.author,
        old.op_id || ascinbox.approval(old), jsonb_build_array(old.review_id),
        CASE WHEN p_back OR old.approved_by <> '' THEN 1 ELSE 0 END);
    PERFORM ascinbox.give_back(old);
    -- `kept` false: a newer draft stays, and ours is kept beside it by the client.
    RETURN jsonb_build_object('moved', true, 'kept', kept OR old.text = '', 'rows', ascinbox.leave(before));
END $$;

-- One step of a row, over exactly the one that was seen. A worker takes every step of a sender; a publisher ends the
-- undo window, sends again what was held or failed, or drops it; an author may drop his own.
CREATE FUNCTION ascinbox.move(p_id bigint, p_version bigint, p_state text, p_lease_owner text, p_new jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin', 'worker');
    my_level text := ascinbox.level();
    at double precision := ascinbox.now();
    old ascinbox.outbox;
    new ascinbox.outbox;
    step text;
BEGIN
    SELECT * INTO old FROM ascinbox.outbox o WHERE o.id = p_id AND o.version = p_version
        AND o.state = p_state AND o.lease_owner = p_lease_owner;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('moved', false, 'rows', '[]'::jsonb);
    END IF;
    new := jsonb_populate_record(old, p_new);
    step := old.state || ' -> ' || new.state;
    IF new.version <> old.version + 1 OR old.state = 'waiting' AND new.state <> 'dropped'
        OR new.state = 'waiting' OR step NOT IN (%ways%) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('a reply cannot go from %s', step), HINT = 'step';
    END IF;
    IF my_level IN ('replier', 'publisher') OR my_level = 'worker' AND old.state IN ('waiting', 'held', 'failed')
    THEN
        IF NOT (
            my_level = 'worker' AND new.state IN ('pending_publish', 'published', 'withdrawn')
            OR my_level = 'publisher' AND (step = 'queued -> queued'
                OR old.state IN ('waiting', 'held', 'failed') AND new.state IN ('queued', 'dropped'))
            OR my_level = 'replier' AND old.author = session_user::text AND new.state = 'dropped'
        ) THEN
            RAISE insufficient_privilege USING
                MESSAGE = format('the level %s does not allow this', my_level), HINT = 'level';
        END IF;
    END IF;
    IF my_level = 'publisher' THEN
        IF new.state = 'queued' THEN
            new.send_after := at + least(greatest(new.send_after - new.changed_at, 0), 3600);
            new.queued_at := CASE WHEN old.state = 'queued' THEN old.queued_at ELSE at END;
        END IF;
        new.changed_at := at;
        new.session := old.session;
    END IF;
    IF old.state IN ('held', 'failed') AND new.state = 'queued' AND ascinbox.option('four_eyes') = '1'
        AND old.author = session_user::text THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'somebody else has to publish what you wrote', HINT = 'four eyes';
    END IF;
    UPDATE ascinbox.outbox o SET (%outbox.steps%) = ROW(%outbox.new_steps%) WHERE o.id = p_id;
    IF new.state IN ('pending_publish', 'published', 'withdrawn') AND new.state <> old.state THEN
        UPDATE ascinbox.outbox o SET state = 'superseded', version = o.version + 1, changed_at = new.changed_at,
            check_after = NULL
            WHERE o.review_id = old.review_id AND o.state = 'pending_publish' AND o.id <> p_id;
    END IF;
    IF new.state = 'dropped' AND old.kind = 'publish' AND old.state IN ('waiting', 'held', 'failed') THEN
        -- Its author is told, and who had approved it.
        PERFORM ascinbox.note_act('drop', old.author,
            format('%s %s%s', old.op_id, old.state, ascinbox.approval(old)), jsonb_build_array(old.review_id),
            CASE WHEN old.author <> session_user::text OR old.approved_by <> '' THEN 1 ELSE 0 END);
    ELSIF new.state <> old.state THEN
        PERFORM ascinbox.note_act('reply', '', old.op_id || ' ' || step, jsonb_build_array(old.review_id), 0);
    END IF;
    IF new.state = 'dropped' THEN
        PERFORM ascinbox.give_back(old);
    END IF;
    RETURN jsonb_build_object('moved', true, 'rows', ascinbox.leave(before));
END $$;

CREATE FUNCTION ascinbox.pause(p_account bigint, p_credential text, p_until double precision, p_reason text)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('admin', 'worker');
BEGIN
    INSERT INTO ascinbox.pause (account_id, credential, until, reason)
        VALUES (p_account, p_credential, p_until, p_reason)
        ON CONFLICT (account_id) DO UPDATE SET credential = excluded.credential, until = excluded.until,
            reason = excluded.reason, ended_at = NULL;
    RETURN jsonb_build_object('rows', ascinbox.leave(before));
END $$;

CREATE FUNCTION ascinbox.resume(p_account bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('publisher', 'admin', 'worker');
BEGIN
    UPDATE ascinbox.pause p SET ended_at = ascinbox.now() WHERE p.account_id = p_account AND p.ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('resumed', false, 'rows', '[]'::jsonb);
    END IF;
    RETURN jsonb_build_object('resumed', true, 'rows', ascinbox.leave(before));
END $$;
