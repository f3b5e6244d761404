-- Drafts and versions (CATALOG_PUBLICATION=drafts). The tables of before hold the draft. Those below hold what the shop has
-- shown: a row belongs to the snapshots from `from_snapshot` up to, not including, `to_snapshot`; 2147483647 is "until further
-- notice". A snapshot is the draft as a publication took it; their numbers grow by one. So to show another snapshot is to
-- change one number, whatever is different, and a snapshot can be prepared in many transactions before anybody sees it.
CREATE TABLE catalogue_state (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  -- `immediate`: readers read the draft. `starting` and `ending`: the shop changes between the two, and nobody writes.
  mode text NOT NULL DEFAULT 'immediate' CHECK (mode IN ('immediate', 'starting', 'drafts', 'ending')),
  draft int NOT NULL DEFAULT 1, -- the snapshot that the next publication takes
  shown int -- the snapshot that the shop shows
);
INSERT INTO catalogue_state DEFAULT VALUES;

CREATE TABLE publication (
  version int PRIMARY KEY,
  snapshot int UNIQUE, -- null until the draft is taken: a scheduled publication takes it at its time
  state text NOT NULL CHECK (state IN ('scheduled', 'cancelled', 'publishing', 'published', 'rolled back')),
  note text,
  at timestamptz, -- of a scheduled one
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz, -- when the shop began to show it first
  changes int NOT NULL DEFAULT 0, -- products that were written since the snapshot before
  products int NOT NULL DEFAULT 0, -- of the draft when it was taken
  checksum bigint NOT NULL DEFAULT 0, -- of all rows together; while it is prepared: what changes in it
  copied_until text COLLATE "C" NOT NULL DEFAULT '', -- of its products, in the order of their ids
  prepared_at timestamptz -- since then every row of the snapshot is there
);
CREATE INDEX publication_due ON publication (at) WHERE state = 'scheduled';
CREATE INDEX publication_unprepared ON publication (snapshot) WHERE prepared_at IS NULL AND snapshot IS NOT NULL;

-- Products that were written since the snapshot before, and that are not copied yet.
CREATE TABLE draft_change (
  snapshot int NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (snapshot, product_id)
);

-- Each time that the shop began to show another snapshot, and how much of it other services were told.
CREATE TABLE shown_change (
  number int PRIMARY KEY,
  from_snapshot int,
  to_snapshot int NOT NULL,
  version int NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  told_until text COLLATE "C" NOT NULL DEFAULT '', -- products up to this id were told
  told int NOT NULL DEFAULT 0,
  told_at timestamptz
);
CREATE INDEX shown_change_untold ON shown_change (number) WHERE told_at IS NULL;

CREATE TABLE published_product (LIKE product INCLUDING GENERATED);
ALTER TABLE published_product
  DROP COLUMN archived_at,
  ADD COLUMN from_snapshot int NOT NULL,
  ADD COLUMN to_snapshot int NOT NULL DEFAULT 2147483647,
  ADD COLUMN checksum bigint NOT NULL, -- of its facts, those of its variants and categories included
  ADD PRIMARY KEY (product_id, from_snapshot) INCLUDE (to_snapshot);
-- With the snapshots in each index, rows of other snapshots are passed over without a look at the table.
CREATE INDEX published_product_slug ON published_product (slug, from_snapshot, to_snapshot);
CREATE INDEX published_product_newest ON published_product (created_at, product_id, from_snapshot, to_snapshot);
CREATE INDEX published_product_title ON published_product (title_key, product_id, from_snapshot, to_snapshot);
CREATE INDEX published_product_brand_newest ON published_product (brand, created_at, product_id, from_snapshot, to_snapshot);
CREATE INDEX published_product_brand_title ON published_product (brand, title_key, product_id, from_snapshot, to_snapshot);
CREATE INDEX published_product_filter ON published_product USING gin (filter_terms) WHERE filter_terms IS NOT NULL;
CREATE INDEX published_product_ended ON published_product (to_snapshot) WHERE to_snapshot < 2147483647;

-- Its variants have the `from_snapshot` of their product's row, and end with it.
CREATE TABLE published_variant (LIKE variant);
ALTER TABLE published_variant
  DROP COLUMN archived,
  ADD COLUMN from_snapshot int NOT NULL,
  ADD PRIMARY KEY (product_id, from_snapshot, place);
CREATE INDEX published_variant_sku ON published_variant (sku);

CREATE TABLE published_product_category (LIKE product_category);
ALTER TABLE published_product_category
  DROP COLUMN archived,
  ADD COLUMN from_snapshot int NOT NULL,
  ADD COLUMN to_snapshot int NOT NULL DEFAULT 2147483647,
  ADD PRIMARY KEY (product_id, from_snapshot, category);
CREATE INDEX published_product_category_newest
  ON published_product_category (category, created_at, product_id, from_snapshot, to_snapshot);
CREATE INDEX published_product_category_title
  ON published_product_category (category, title_key, product_id, from_snapshot, to_snapshot);
CREATE INDEX published_product_category_brand_newest
  ON published_product_category (category, brand, created_at, product_id, from_snapshot, to_snapshot) WHERE brand IS NOT NULL;
CREATE INDEX published_product_category_brand_title
  ON published_product_category (category, brand, title_key, product_id, from_snapshot, to_snapshot) WHERE brand IS NOT NULL;

CREATE TABLE published_brand (LIKE brand);
ALTER TABLE published_brand
  ADD COLUMN from_snapshot int NOT NULL,
  ADD COLUMN to_snapshot int NOT NULL DEFAULT 2147483647,
  ADD PRIMARY KEY (slug, from_snapshot);

CREATE TABLE published_category (LIKE category);
ALTER TABLE published_category
  ADD COLUMN from_snapshot int NOT NULL,
  ADD COLUMN to_snapshot int NOT NULL DEFAULT 2147483647,
  ADD PRIMARY KEY (slug, from_snapshot);
CREATE INDEX published_category_parent ON published_category (parent);

DO $$
DECLARE
  home text;
BEGIN
  SELECT quote_ident(n.nspname) INTO home
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
  IF home IS NOT NULL THEN
    EXECUTE format(
      'CREATE INDEX published_product_search ON published_product USING gin (search_text %s.gin_trgm_ops)', home);
  END IF;
END $$;
