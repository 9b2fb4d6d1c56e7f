DROP POLICY list_of_tenants ON tenants;
DO $$ DECLARE walled record; BEGIN
    FOR walled IN
        SELECT polrelid::regclass AS name FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
        WHERE relnamespace = 'public'::regnamespace AND polname = 'rows_of_one_tenant' ORDER BY relname
    LOOP
        EXECUTE format('DROP POLICY rows_of_one_tenant ON %s', walled.name);
        EXECUTE format('DROP POLICY rows_of_every_tenant ON %s', walled.name);
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', walled.name);
    END LOOP;
END $$;
