-- W1: a partner with its dashboard. $1 is the tenant, $2 the partner.
SELECT json_build_object('companyName', company_name, 'dashboard', ({dashboard}))::text
FROM partners WHERE tenant_id = $1 AND id = $2
