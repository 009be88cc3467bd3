-- Marks, notes, claims and drafts.

-- Whether a field is neither as it was seen (what was not seen is not compared) nor as it is wanted. p_raw: when its
-- snooze ends, over or not.
CREATE FUNCTION ascinbox.moved_on(p_field text, p_raw bigint, p_seen jsonb, p_present jsonb, p_want jsonb)
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN p_seen ? p_field
        AND p_seen -> p_field IS DISTINCT FROM p_present -> p_field
        AND (p_field <> 'snooze' OR p_seen -> p_field IS DISTINCT FROM to_jsonb(p_raw))
        AND p_want -> p_field IS DISTINCT FROM p_present -> p_field;
END $$;

-- p_changes: array of {id, want: {field: value}, seen: {field: value}, add: [[tag, fold]], drop: [fold]}. A field
-- that is no longer as it was seen, nor as it is wanted, is left as it is and told in `differs`. Done and snooze decide
-- together what becomes of a review: whoever changes one is asked where the other is not as it was seen. An act changes
-- no field but those in `want`. A snooze whose time has come is over on each replica, and is compared as none. A worker
-- does what rules ask for, which is no note.
CREATE FUNCTION ascinbox.mark(p_changes jsonb, p_verb text, p_detail text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin', 'worker');
    my_level text := ascinbox.level();
    at double precision := ascinbox.now();
    item jsonb;
    review text;
    old ascinbox.triage;
    new ascinbox.triage;
    present jsonb;
    want jsonb;
    field text;
    asks boolean;
    theirs jsonb;
    mine jsonb;
    had ascinbox.tag;
    was jsonb;
    became jsonb;
    undo jsonb := '[]';
    changed jsonb := '[]';
    differs jsonb := '[]';
BEGIN
    FOR item IN SELECT * FROM jsonb_array_elements(p_changes) LOOP
        review := item ->> 'id';
        SELECT * INTO old FROM ascinbox.triage t WHERE t.review_id = review;
        IF NOT FOUND THEN
            old := jsonb_populate_record(NULL::ascinbox.triage, jsonb_build_object(
                'review_id', review, 'flagged', 0, 'assignee', '', 'note', '', 'set_by', '', 'seq', 0));
        END IF;
        new := old;
        want := coalesce(item -> 'want', '{}');
        IF my_level = 'worker' AND want ? 'note' THEN
            RAISE insufficient_privilege USING MESSAGE = 'the level worker does not allow this', HINT = 'level';
        END IF;
        theirs := '{}';
        present := jsonb_build_object('done', old.done_at IS NOT NULL, 'assign', old.assignee, 'flag', old.flagged = 1,
            'snooze', CASE WHEN old.snoozed_until > at THEN old.snoozed_until END, 'note', old.note);
        IF coalesce(want -> 'done' = present -> 'done', true) AND coalesce(want -> 'snooze' = present -> 'snooze', true) THEN
            want := want - ARRAY['done', 'snooze'];
        END IF;
        FOR field IN SELECT jsonb_object_keys(want) LOOP
            asks := ascinbox.moved_on(field, old.snoozed_until, item -> 'seen', present, want)
                OR field = 'done' AND ascinbox.moved_on('snooze', old.snoozed_until, item -> 'seen', present, want)
                OR field = 'snooze' AND ascinbox.moved_on('done', old.snoozed_until, item -> 'seen', present, want);
            IF asks THEN
                theirs := theirs || jsonb_build_object(field, present -> field, 'by', old.set_by)
                    || CASE WHEN field IN ('done', 'snooze')
                        THEN jsonb_build_object('done', present -> 'done', 'snooze', present -> 'snooze') ELSE '{}' END;
                CONTINUE;
            END IF;
            IF present -> field = want -> field THEN
                CONTINUE;
            END IF;
            CASE field
                WHEN 'done' THEN new.done_at := CASE WHEN (want ->> 'done')::boolean THEN floor(at)::bigint END;
                WHEN 'snooze' THEN new.snoozed_until := (want ->> 'snooze')::bigint;
                WHEN 'assign' THEN
                    new.assignee := want ->> 'assign';
                    IF new.assignee <> '' AND NOT EXISTS (SELECT FROM ascinbox.member m
                        WHERE m.name = new.assignee AND m.removed_at IS NULL)
                    THEN
                        RAISE invalid_parameter_value USING HINT = 'assignee',
                            MESSAGE = format('nobody on the team is called %s', new.assignee);
                    END IF;
                WHEN 'flag' THEN new.flagged := CASE WHEN (want ->> 'flag')::boolean THEN 1 ELSE 0 END;
                WHEN 'note' THEN new.note := want ->> 'note';
                ELSE RAISE invalid_parameter_value USING
                    MESSAGE = format('there is no mark %s', field), HINT = 'version';
            END CASE;
        END LOOP;
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, to_jsonb(new) -> o.key) INTO was, became
            FROM jsonb_each(to_jsonb(old)) o WHERE o.value IS DISTINCT FROM to_jsonb(new) -> o.key;
        was := coalesce(was, '{}');
        became := coalesce(became, '{}');
        IF was <> '{}' THEN
            new.set_by := session_user::text;
            INSERT INTO ascinbox.triage VALUES (new.*)
                ON CONFLICT (review_id) DO UPDATE SET flagged = new.flagged, done_at = new.done_at,
                    snoozed_until = new.snoozed_until, assignee = new.assignee, note = new.note, set_by = new.set_by;
        END IF;
        FOR mine IN SELECT * FROM jsonb_array_elements(coalesce(item -> 'add', '[]')) LOOP
            SELECT * INTO had FROM ascinbox.tag g WHERE g.review_id = review AND g.fold = mine ->> 1;
            IF FOUND AND had.removed_at IS NULL AND had.tag = mine ->> 0 THEN
                CONTINUE;
            END IF;
            INSERT INTO ascinbox.tag (review_id, tag, fold) VALUES (review, mine ->> 0, mine ->> 1)
                ON CONFLICT (review_id, fold) DO UPDATE SET tag = excluded.tag, removed_at = NULL;
            was := jsonb_set(was, '{tags}', coalesce(was -> 'tags', '{}') || jsonb_build_object(mine ->> 1,
                CASE WHEN had.removed_at IS NULL THEN had.tag END));
            became := jsonb_set(became, '{tags}', coalesce(became -> 'tags', '{}')
                || jsonb_build_object(mine ->> 1, mine ->> 0));
        END LOOP;
        FOR mine IN SELECT * FROM jsonb_array_elements(coalesce(item -> 'drop', '[]')) LOOP
            UPDATE ascinbox.tag g SET removed_at = at
                WHERE g.review_id = review AND g.fold = mine #>> '{}' AND g.removed_at IS NULL
                RETURNING * INTO had;
            IF FOUND THEN
                was := jsonb_set(was, '{tags}', coalesce(was -> 'tags', '{}')
                    || jsonb_build_object(had.fold, had.tag));
                became := jsonb_set(became, '{tags}', coalesce(became -> 'tags', '{}')
                    || jsonb_build_object(had.fold, NULL));
            END IF;
        END LOOP;
        IF was <> '{}' THEN
            undo := undo || jsonb_build_object('id', review, 'was', was, 'is', became);
            changed := changed || to_jsonb(review);
        END IF;
        IF theirs <> '{}' THEN
            differs := differs || jsonb_build_object('id', review, 'theirs', theirs);
        END IF;
    END LOOP;
    IF changed <> '[]' THEN
        INSERT INTO ascinbox.undo (login, verb, changes, at) VALUES (session_user::text, p_verb, undo, at);
        PERFORM ascinbox.note_act(p_verb, '', p_detail, changed, 1);
    END IF;
    RETURN jsonb_build_object('changed', changed, 'differs', differs, 'rows', ascinbox.leave(before));
END $$;

-- Takes the caller's last act back, where what it left still stands.
CREATE FUNCTION ascinbox.undo_last() RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin');
    act ascinbox.undo;
    item jsonb;
    review text;
    old ascinbox.triage;
    new ascinbox.triage;
    field text;
    mark text;
    value jsonb;
    restored jsonb := '[]';
BEGIN
    SELECT * INTO act FROM ascinbox.undo u
        WHERE u.login = session_user::text AND u.taken_back_at IS NULL ORDER BY u.batch DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('undone', NULL, 'rows', '[]'::jsonb);
    END IF;
    FOR item IN SELECT * FROM jsonb_array_elements(act.changes) LOOP
        review := item ->> 'id';
        SELECT * INTO old FROM ascinbox.triage t WHERE t.review_id = review;
        new := old;
        FOR field, value IN SELECT * FROM jsonb_each(item -> 'was') LOOP
            IF field = 'tags' THEN
                FOR mark, value IN SELECT * FROM jsonb_each(item -> 'was' -> 'tags') LOOP
                    UPDATE ascinbox.tag g
                        SET tag = coalesce(value #>> '{}', g.tag),
                            removed_at = CASE WHEN value = 'null' THEN ascinbox.now() END
                        WHERE g.review_id = review AND g.fold = mark
                            AND CASE WHEN g.removed_at IS NULL THEN g.tag END
                                IS NOT DISTINCT FROM (item -> 'is' -> 'tags' ->> mark);
                END LOOP;
            ELSIF to_jsonb(old) -> field = item -> 'is' -> field THEN
                new := jsonb_populate_record(new, jsonb_build_object(field, value));
            END IF;
        END LOOP;
        IF new IS DISTINCT FROM old THEN
            UPDATE ascinbox.triage t SET flagged = new.flagged, done_at = new.done_at,
                snoozed_until = new.snoozed_until, assignee = new.assignee, note = new.note,
                set_by = session_user::text
                WHERE t.review_id = review;
        END IF;
        restored := restored || to_jsonb(review);
    END LOOP;
    UPDATE ascinbox.undo u SET taken_back_at = ascinbox.now() WHERE u.batch = act.batch;
    PERFORM ascinbox.note_act('undo', '', act.verb, restored, 1);
    RETURN jsonb_build_object('undone', jsonb_build_object('verb', act.verb, 'ids', restored, 'at', act.at),
        'rows', ascinbox.leave(before));
END $$;

CREATE FUNCTION ascinbox.forget_acts() RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('replier', 'publisher', 'admin');
BEGIN
    UPDATE ascinbox.undo u SET taken_back_at = ascinbox.now()
        WHERE u.login = session_user::text AND u.taken_back_at IS NULL;
    RETURN jsonb_build_object('rows', ascinbox.leave(before));
END $$;

CREATE FUNCTION ascinbox.record(p_verb text, p_subject text, p_detail text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('replier', 'publisher', 'admin', 'worker');
BEGIN
    PERFORM ascinbox.note_act(p_verb, p_subject, p_detail, '[]', 1);
    RETURN jsonb_build_object('rows', ascinbox.leave(before));
END $$;

CREATE FUNCTION ascinbox.add_note(p_id text, p_review text, p_body text, p_at double precision) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin');
    at double precision := ascinbox.now();
BEGIN
    -- A note that was written offline keeps its time; one from the future does not.
    INSERT INTO ascinbox.note (id, review_id, author, body, at)
        VALUES (p_id, p_review, session_user::text, p_body, CASE WHEN p_at > at + 5 THEN at ELSE p_at END)
        ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('added', false, 'rows', '[]'::jsonb);
    END IF;
    PERFORM ascinbox.note_act('note', '', 'added', jsonb_build_array(p_review), 1);
    RETURN jsonb_build_object('added', true, 'rows', ascinbox.leave(before));
END $$;

-- Takes or renews a claim for at most a quarter of an hour. `held` tells who has it; with p_take they lose it.
CREATE FUNCTION ascinbox.claim(p_review text, p_owner text, p_seconds double precision, p_take boolean)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin');
    at double precision := ascinbox.now();
    ends double precision := at + least(greatest(p_seconds, 1), 900);
    old ascinbox.claim;
    held jsonb;
BEGIN
    SELECT * INTO old FROM ascinbox.claim c
        WHERE c.review_id = p_review AND c.until > at AND c.released_at IS NULL;
    IF FOUND AND old.who = session_user::text AND old.owner = p_owner THEN
        UPDATE ascinbox.claim c SET until = ends WHERE c.review_id = p_review;
        RETURN jsonb_build_object('held', NULL, 'until', ends, 'rows', ascinbox.leave(before));
    END IF;
    IF old.who IS NOT NULL THEN
        held := jsonb_build_object('owner', old.owner, 'who', old.who, 'since', old.since);
        IF NOT p_take THEN
            RETURN jsonb_build_object('held', held, 'until', old.until, 'rows', '[]'::jsonb);
        END IF;
        PERFORM ascinbox.note_act('take over', old.who, '', jsonb_build_array(p_review), 1);
    END IF;
    INSERT INTO ascinbox.claim (review_id, owner, who, since, until)
        VALUES (p_review, p_owner, session_user::text, at, ends)
        ON CONFLICT (review_id) DO UPDATE SET owner = excluded.owner, who = excluded.who,
            since = excluded.since, until = excluded.until, released_at = NULL;
    RETURN jsonb_build_object('held', held, 'until', ends, 'rows', ascinbox.leave(before));
END $$;

CREATE FUNCTION ascinbox.release(p_review text, p_owner text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('replier', 'publisher', 'admin');
BEGIN
    UPDATE ascinbox.claim c SET released_at = ascinbox.now(), until = ascinbox.now()
        WHERE c.review_id = p_review AND c.who = session_user::text AND c.owner = p_owner
            AND c.released_at IS NULL;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('rows', '[]'::jsonb);
    END IF;
    RETURN jsonb_build_object('rows', ascinbox.leave(before));
END $$;

-- The caller's draft. p_seen: SHA-256 of the draft that it was made from, empty for none; p_row NULL takes it away.
-- `other`: the text that stood there instead and is replaced, to be kept beside it.
CREATE FUNCTION ascinbox.draft(p_review text, p_row jsonb, p_seen text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('replier', 'publisher', 'admin');
    old ascinbox.draft;
    new ascinbox.draft;
    other text;
BEGIN
    SELECT * INTO old FROM ascinbox.draft d WHERE d.review_id = p_review AND d.author = session_user::text;
    IF FOUND AND old.removed_at IS NULL AND old.sha256 <> p_seen
        AND old.text IS DISTINCT FROM p_row ->> 'text' THEN
        other := old.text;
    END IF;
    IF p_row IS NULL THEN
        UPDATE ascinbox.draft d SET removed_at = ascinbox.now()
            WHERE d.review_id = p_review AND d.author = session_user::text AND d.removed_at IS NULL;
    ELSE
        new := jsonb_populate_record(NULL::ascinbox.draft, p_row || jsonb_build_object(
            'review_id', p_review, 'author', session_user::text, 'removed_at', NULL,
            'sha256', encode(sha256(convert_to(p_row ->> 'text', 'UTF8')), 'hex')));
        INSERT INTO ascinbox.draft VALUES (new.*)
            ON CONFLICT (review_id, author) DO UPDATE SET (%draft.columns%) = ROW(%draft.new%);
    END IF;
    RETURN jsonb_build_object('other', other, 'rows', ascinbox.leave(before));
END $$;
