-- The second wall: a statement that forgets its tenant finds the rows of the tenant that its connection speaks for, or none.
-- For the owner, too. While it migrates it sees every row, because it says so; the role that serves has no such policy.
-- A table that comes later brings the same two policies along.
DO $$ DECLARE walled record; BEGIN
    FOR walled IN
        SELECT pg_class.oid::regclass AS name, relowner::regrole AS owner
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attname = 'tenant_id' AND NOT attisdropped
        ORDER BY relname
    LOOP
        EXECUTE format('CREATE POLICY rows_of_one_tenant ON %s
            USING (tenant_id = current_setting(''app.tenant_id'', true))', walled.name);
        EXECUTE format('CREATE POLICY rows_of_every_tenant ON %s TO %s
            USING (current_setting(''app.every_tenant'', true) = ''on'')', walled.name, walled.owner);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled.name);
    END LOOP;
END $$;

-- The operator asks who the tenants are, and nothing else of all of them.
CREATE POLICY list_of_tenants ON tenants FOR SELECT USING (current_setting('app.every_tenant', true) = 'on');
