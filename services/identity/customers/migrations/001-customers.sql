CREATE TABLE customer (
  customer_id text PRIMARY KEY,
  email text NOT NULL UNIQUE, -- in lower case
  first_name text NOT NULL,
  last_name text NOT NULL,
  phone text,
  preferences json NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customer_created ON customer (created_at);

CREATE TABLE address (
  address_id text PRIMARY KEY,
  customer_id text NOT NULL REFERENCES customer ON DELETE CASCADE,
  street text NOT NULL,
  city text NOT NULL,
  state text NOT NULL,
  zip_code text NOT NULL,
  country text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX address_customer ON address (customer_id, created_at);
