-- The colour and the logo with which the portal shows the tenant to its partners.

ALTER TABLE tenants ADD COLUMN brand_color text;
ALTER TABLE tenants ADD COLUMN logo bytea;
ALTER TABLE tenants ADD COLUMN logo_media_type text;
-- The address of the logo contains its hash, so that browsers may keep it. Rewrites the table, which has a row for each tenant.
ALTER TABLE tenants ADD COLUMN logo_sha256 text GENERATED ALWAYS AS (encode(sha256(logo), 'hex')) STORED;
ALTER TABLE tenants ADD CONSTRAINT tenant_brand_color_is_hexadecimal CHECK (brand_color ~ '^#[0-9a-f]{6}$');
ALTER TABLE tenants ADD CONSTRAINT tenant_logo_is_at_most_64_kib CHECK (octet_length(logo) BETWEEN 1 AND 65536);
ALTER TABLE tenants ADD CONSTRAINT tenant_logo_is_png_or_webp CHECK (logo_media_type IN ('image/png', 'image/webp'));
ALTER TABLE tenants ADD CONSTRAINT tenant_logo_has_a_media_type CHECK ((logo IS NULL) = (logo_media_type IS NULL));
