-- Who is on the team, its options, the audit.

CREATE FUNCTION ascinbox.put_member(p_name text, p_level text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('admin');
BEGIN
    INSERT INTO ascinbox.member AS m (name, level, added_at) VALUES (p_name, p_level, ascinbox.now())
        ON CONFLICT (name) DO UPDATE SET level = excluded.level, removed_at = NULL,
            added_at = CASE WHEN m.removed_at IS NULL THEN m.added_at ELSE excluded.added_at END;
    IF NOT EXISTS (SELECT 1 FROM ascinbox.member m WHERE m.level = 'admin' AND m.removed_at IS NULL) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = 'a team needs an admin', HINT = 'last admin';
    END IF;
    PERFORM ascinbox.note_act('member', p_name, p_level, '[]', 1);
    RETURN jsonb_build_object('rows', ascinbox.leave(before));
END $$;

-- The login itself is taken away by whoever may change roles.
CREATE FUNCTION ascinbox.remove_member(p_name text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('admin');
BEGIN
    IF p_name = session_user::text THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = 'another admin has to remove you', HINT = 'oneself';
    END IF;
    UPDATE ascinbox.member m SET removed_at = ascinbox.now() WHERE m.name = p_name AND m.removed_at IS NULL;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('removed', false, 'rows', '[]'::jsonb);
    END IF;
    UPDATE ascinbox.claim c SET released_at = ascinbox.now(), until = ascinbox.now()
        WHERE c.who = p_name AND c.released_at IS NULL;
    PERFORM ascinbox.note_act('member', p_name, 'removed', '[]', 1);
    RETURN jsonb_build_object('removed', true, 'rows', ascinbox.leave(before));
END $$;

CREATE FUNCTION ascinbox.put_option(p_name text, p_value text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE before bigint := ascinbox.enter('admin');
BEGIN
    IF p_name NOT IN ('team', 'four_eyes', 'per_person') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('there is no option %s', p_name), HINT = 'version';
    END IF;
    INSERT INTO ascinbox.option (name, value) VALUES (p_name, p_value)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    PERFORM ascinbox.note_act('option', p_name, p_value, '[]', 1);
    RETURN jsonb_build_object('rows', ascinbox.leave(before));
END $$;

-- Everything that was done, also what Activity does not show, the oldest first.
CREATE FUNCTION ascinbox.log(p_after bigint, p_since double precision, p_limit int)
RETURNS SETOF ascinbox.act
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM ascinbox.need('admin');
    RETURN QUERY SELECT * FROM ascinbox.act a WHERE a.id > p_after AND a.at >= p_since ORDER BY a.id LIMIT p_limit;
END $$;

-- What a person had before there was a team, for `team init --from-home`. Only into an empty team.
CREATE FUNCTION ascinbox.adopt(p_kind text, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before bigint := ascinbox.enter('admin');
    defaults jsonb := jsonb_build_object('set_by', session_user::text, 'author', session_user::text,
        'approved_by', '', 'shown', 1, 'seq', 0);
    written bigint;
BEGIN
    CASE p_kind
        WHEN 'triage' THEN INSERT INTO ascinbox.triage
            SELECT (jsonb_populate_record(NULL::ascinbox.triage, defaults || r)).* FROM jsonb_array_elements(p_rows) r
            ON CONFLICT DO NOTHING;
        WHEN 'tag' THEN INSERT INTO ascinbox.tag
            SELECT (jsonb_populate_record(NULL::ascinbox.tag, defaults || r)).* FROM jsonb_array_elements(p_rows) r
            ON CONFLICT DO NOTHING;
        WHEN 'draft' THEN INSERT INTO ascinbox.draft
            SELECT (jsonb_populate_record(NULL::ascinbox.draft, r || defaults)).* FROM jsonb_array_elements(p_rows) r
            ON CONFLICT DO NOTHING;
        WHEN 'note' THEN INSERT INTO ascinbox.note
            SELECT (jsonb_populate_record(NULL::ascinbox.note, r || defaults)).* FROM jsonb_array_elements(p_rows) r
            ON CONFLICT DO NOTHING;
        WHEN 'earlier_text' THEN INSERT INTO ascinbox.earlier_text
            SELECT (jsonb_populate_record(NULL::ascinbox.earlier_text, defaults || r)).*
            FROM jsonb_array_elements(p_rows) r ON CONFLICT DO NOTHING;
        WHEN 'outbox' THEN INSERT INTO ascinbox.outbox
            SELECT (jsonb_populate_record(NULL::ascinbox.outbox, defaults || r
                || jsonb_build_object('author', session_user::text, 'id', nextval('ascinbox.outbox_id_seq')))).*
            FROM jsonb_array_elements(p_rows) r ON CONFLICT DO NOTHING;
        WHEN 'act' THEN INSERT INTO ascinbox.act
            SELECT (jsonb_populate_record(NULL::ascinbox.act, defaults || r
                || jsonb_build_object('who', session_user::text, 'id', nextval('ascinbox.act_id_seq')))).*
            FROM jsonb_array_elements(p_rows) r;
        ELSE RAISE invalid_parameter_value USING
            MESSAGE = format('nothing of the kind %s is taken over', p_kind), HINT = 'version';
    END CASE;
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM pg_notify('ascinbox', '');
    RETURN written;
END $$;
