DROP TABLE partner_users;
DROP TABLE partners;
