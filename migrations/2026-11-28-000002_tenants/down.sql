DROP TABLE minimum_payouts;
DROP TABLE tenants;
