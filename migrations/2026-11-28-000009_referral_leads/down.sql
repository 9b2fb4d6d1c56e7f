DROP TABLE referral_leads;
