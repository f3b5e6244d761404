CREATE TABLE media (
  media_id text PRIMARY KEY,
  -- SHA-256 of the uploaded bytes: the same bytes are the same image. Of a drawing, its name.
  hash text NOT NULL,
  is_private boolean NOT NULL,
  is_kept boolean NOT NULL,
  type text NOT NULL,
  width int NOT NULL CHECK (width > 0),
  height int NOT NULL CHECK (height > 0),
  bytes int NOT NULL,
  drawing text,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Since when no product shows it; null while one does.
  unused_since timestamptz DEFAULT now(),
  -- Since when its file is not where it should be.
  missing_since timestamptz,
  UNIQUE (hash, is_private)
);
CREATE INDEX media_newest ON media (created_at DESC, media_id DESC);
CREATE INDEX media_unused ON media (unused_since) WHERE unused_since IS NOT NULL AND NOT is_kept AND NOT is_private;
CREATE INDEX media_missing ON media (missing_since) WHERE missing_since IS NOT NULL;

-- Parts of uploads of which the last one has not arrived. They may arrive on different nodes.
CREATE TABLE upload_part (
  upload_id text NOT NULL,
  number int NOT NULL,
  content bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (upload_id, number)
);
CREATE INDEX upload_part_age ON upload_part (created_at);
ALTER TABLE upload_part ALTER COLUMN content SET STORAGE EXTERNAL; -- images cannot be compressed further

-- Products that show images of ours, or did, with the number of the last event of each, so that a late one changes nothing.
CREATE TABLE product (
  product_id text PRIMARY KEY,
  sequence bigint NOT NULL
);
CREATE TABLE product_image (
  product_id text NOT NULL,
  media_id text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (product_id, media_id)
);
CREATE INDEX product_image_media ON product_image (media_id);

-- Files without a row: those of images that were removed, and those of uploads that ended between the file and its row.
CREATE TABLE stray (
  media_id text PRIMARY KEY,
  found_at timestamptz NOT NULL DEFAULT now()
);

-- What was removed because no product showed it. `npm run verify` compares it with what products show.
CREATE TABLE removed_media (
  media_id text PRIMARY KEY,
  removed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX removed_media_age ON removed_media (removed_at);

-- The secret with which links to private images are signed: 244 bits from Postgres's strong random source.
CREATE TABLE media_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  secret bytea NOT NULL
);
INSERT INTO media_secret (secret)
SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
