-- Imports of products from files. What a file says is stored in parts until it is imported.
CREATE TABLE import (
  import_id text COLLATE "C" PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('uploading', 'waiting', 'running', 'finished', 'failed')),
  -- How to read the file: its format, header, delimiter and default currency, and what the import may do.
  settings json NOT NULL,
  -- What was received.
  parts int NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  -- What was imported: bytes from the beginning of the file, and rows as a spreadsheet counts them.
  read_bytes bigint NOT NULL,
  last_row int NOT NULL DEFAULT 1,
  chunks int NOT NULL DEFAULT 0,
  done int NOT NULL DEFAULT 0,
  failed int NOT NULL DEFAULT 0,
  -- Why the rest of the file cannot be read.
  problem text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX import_newest ON import (created_at, import_id);
CREATE INDEX import_oldest_change ON import (updated_at);

CREATE TABLE import_part (
  import_id text COLLATE "C" NOT NULL REFERENCES import (import_id) ON DELETE CASCADE,
  number int NOT NULL,
  starts_at bigint NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (import_id, number)
);
ALTER TABLE import_part ALTER COLUMN body SET STORAGE EXTERNAL; -- compressing it would take longer than writing it

-- The first rows that were refused, and why.
CREATE TABLE import_error (
  import_id text COLLATE "C" NOT NULL REFERENCES import (import_id) ON DELETE CASCADE,
  place int NOT NULL,
  row int NOT NULL,
  message text NOT NULL,
  PRIMARY KEY (import_id, place)
);

-- The products that an import has seen, while it runs: the rows of a product must follow one another.
CREATE TABLE import_product (
  import_id text COLLATE "C" NOT NULL REFERENCES import (import_id) ON DELETE CASCADE,
  slug text COLLATE "C" NOT NULL,
  PRIMARY KEY (import_id, slug)
);

CREATE TABLE import_work (
  work_id text PRIMARY KEY,
  payload json NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL, -- while a worker has the item: the end of its lease
  last_error text,
  parked_at timestamptz,
  correlation_id text NOT NULL,
  causation_id text NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX import_work_due ON import_work (due_at) WHERE parked_at IS NULL;
CREATE INDEX import_work_parked ON import_work (parked_at) WHERE parked_at IS NOT NULL;
