-- Repairs row-level security after manual changes: it is enabled and forced on every table that has the policies, and bypassed
-- only by the current owner, which migrates. Takes no locks if nothing is wrong.
DO $$ DECLARE secured record; BEGIN
    FOR secured IN
        SELECT pg_class.oid::regclass AS name, relowner::regrole AS owner
        FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid AND polname = 'migration_bypass'
        WHERE relnamespace = 'public'::regnamespace AND pg_has_role(relowner, 'USAGE')
          AND (polroles <> ARRAY[relowner] OR NOT relrowsecurity OR NOT relforcerowsecurity)
    LOOP
        EXECUTE format('ALTER POLICY migration_bypass ON %s TO %s', secured.name, secured.owner);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', secured.name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', secured.name);
    END LOOP;
END $$
