-- Nobody has a right to a table, and members may call what is not internal.

DO $$
DECLARE
    object record;
    internal text[] := ARRAY['enter', 'leave', 'need', 'entered', 'stamp', 'never', 'note_act', 'moved', 'option', 'level', 'now',
        'moved_on'];
BEGIN
    EXECUTE 'REVOKE ALL ON SCHEMA ascinbox FROM PUBLIC';
    EXECUTE format('GRANT USAGE ON SCHEMA ascinbox TO %I', %member.text%);
    FOR object IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
        WHERE c.relnamespace = 'ascinbox'::regnamespace AND c.relkind IN ('r', 'S')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', object.name);
        IF object.relkind = 'r' THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', object.name);
        END IF;
    END LOOP;
    FOR object IN SELECT p.oid::regprocedure AS name, p.proname FROM pg_proc p
        WHERE p.pronamespace = 'ascinbox'::regnamespace
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', object.name);
        IF NOT object.proname = ANY (internal) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', object.name, %member.text%);
        END IF;
    END LOOP;
END $$;

ALTER DEFAULT PRIVILEGES IN SCHEMA ascinbox REVOKE ALL ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
