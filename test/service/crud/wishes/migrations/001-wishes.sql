CREATE TABLE wish (
  wish_id text PRIMARY KEY,
  customer_id text NOT NULL,
  list text NOT NULL,
  product_id text NOT NULL,
  priority int NOT NULL,
  gift boolean NOT NULL,
  tags json NOT NULL,
  comment text,
  wanted_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (customer_id, list, product_id)
);
CREATE INDEX wish_newest ON wish (customer_id, list, created_at DESC, wish_id);
