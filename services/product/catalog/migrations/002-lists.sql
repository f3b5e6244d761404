-- Lists are read in the order of an index, from any place, with any filter. What they sort and filter by is therefore in
-- each table that a list begins with.
ALTER TABLE product ADD COLUMN title_key text NOT NULL GENERATED ALWAYS AS (lower(title)) STORED;
CREATE INDEX product_title ON product (title_key, product_id) WHERE archived_at IS NULL;
CREATE INDEX product_brand_newest ON product (brand, created_at, product_id) WHERE archived_at IS NULL;
CREATE INDEX product_brand_title ON product (brand, title_key, product_id) WHERE archived_at IS NULL;

ALTER TABLE product_category
  ADD COLUMN brand text COLLATE "C",
  ADD COLUMN created_at timestamptz,
  ADD COLUMN title_key text,
  ADD COLUMN archived boolean NOT NULL DEFAULT false;
UPDATE product_category c
SET brand = p.brand, created_at = p.created_at, title_key = p.title_key, archived = p.archived_at IS NOT NULL
FROM product p WHERE p.product_id = c.product_id;
CREATE INDEX product_category_newest ON product_category (category, created_at, product_id) WHERE NOT archived;
CREATE INDEX product_category_title ON product_category (category, title_key, product_id) WHERE NOT archived;
CREATE INDEX product_category_brand_newest ON product_category (category, brand, created_at, product_id)
  WHERE NOT archived AND brand IS NOT NULL;
CREATE INDEX product_category_brand_title ON product_category (category, brand, title_key, product_id)
  WHERE NOT archived AND brand IS NOT NULL;
