DROP TABLE managed_accounts;
DROP EXTENSION btree_gist;
