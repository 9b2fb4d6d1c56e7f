DROP TABLE audit_seal_members;
DROP TABLE audit_seals;
DROP TABLE audit_entries;
