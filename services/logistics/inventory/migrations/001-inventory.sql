CREATE TABLE warehouse (
  warehouse_id text PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Overselling is impossible here, whatever the code above does. Rows are updated all the time and only in columns that
-- no index holds: the free space keeps the new versions on their page.
CREATE TABLE stock (
  sku text NOT NULL,
  warehouse_id text NOT NULL REFERENCES warehouse,
  on_hand int NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
  reserved int NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  CHECK (reserved <= on_hand),
  PRIMARY KEY (sku, warehouse_id)
) WITH (fillfactor = 50);

-- What is held for one order, or why nothing is.
CREATE TABLE reservation (
  order_id text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('reserved', 'committed', 'released', 'rejected', 'tombstone', 'prepaid')),
  reason text,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((state = 'reserved') = (expires_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX reservation_expiry ON reservation (expires_at) WHERE state = 'reserved';

-- Written once, with the reservation, by one statement; never changed. That statement is the only writer, so there is no
-- foreign key: checking it line by line cost more than writing the lines.
CREATE TABLE reservation_line (
  order_id text NOT NULL,
  sku text NOT NULL,
  warehouse_id text NOT NULL,
  quantity int NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, sku, warehouse_id)
);

-- Every change of on_hand: the deltas of a row of stock sum to its on_hand. The key makes each change happen once.
CREATE TABLE movement (
  reference text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('adjust', 'commit', 'restock')),
  sku text NOT NULL,
  warehouse_id text NOT NULL,
  delta int NOT NULL,
  reason text,
  moved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (reference, kind, sku, warehouse_id)
);
CREATE INDEX movement_stock ON movement (sku, warehouse_id, moved_at);
