-- What must hold of the second wall whatever was done by hand: it is up on every table that has its policies, and the owner
-- that migrates is the owner of now. Locks nothing where that is so.
DO $$ DECLARE walled record; BEGIN
    FOR walled IN
        SELECT pg_class.oid::regclass AS name, relowner::regrole AS owner
        FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid AND polname = 'rows_of_every_tenant'
        WHERE relnamespace = 'public'::regnamespace AND pg_has_role(relowner, 'USAGE')
          AND (polroles <> ARRAY[relowner] OR NOT relrowsecurity OR NOT relforcerowsecurity)
    LOOP
        EXECUTE format('ALTER POLICY rows_of_every_tenant ON %s TO %s', walled.name, walled.owner);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled.name);
    END LOOP;
END $$
