ALTER TABLE tenants DROP CONSTRAINT tenant_logo_has_a_media_type;
ALTER TABLE tenants DROP CONSTRAINT tenant_logo_is_png_or_webp;
ALTER TABLE tenants DROP CONSTRAINT tenant_logo_is_at_most_64_kib;
ALTER TABLE tenants DROP CONSTRAINT tenant_brand_color_is_hexadecimal;
ALTER TABLE tenants DROP COLUMN logo_sha256;
ALTER TABLE tenants DROP COLUMN logo_media_type;
ALTER TABLE tenants DROP COLUMN logo;
ALTER TABLE tenants DROP COLUMN brand_color;
