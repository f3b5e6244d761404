-- A data key encrypts tokens. It is stored encrypted by a main key, which never enters the database.
CREATE TABLE data_key (
  key_id text PRIMARY KEY,
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY, -- the highest is in use
  main_key_id text NOT NULL,
  wrapped text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The provider's id of a customer who has begun to save a method.
CREATE TABLE provider_customer (
  customer_id text NOT NULL,
  provider text NOT NULL,
  reference text NOT NULL,
  PRIMARY KEY (customer_id, provider)
);

-- Stored before the provider is asked, so that a repeated request continues the same setup. `done` when the method was saved.
CREATE TABLE method_setup (
  setup_id text PRIMARY KEY,
  customer_id text NOT NULL,
  provider text NOT NULL,
  reference text,       -- null until the provider has answered
  customer_reference text, -- the provider's id of the customer when the setup began; a repeated request sends the same
  client text,          -- who has begun it with an idempotency key: `customer:<id>` or `staff:<id>`
  client_key text,
  done boolean NOT NULL DEFAULT false,
  looked_at timestamptz, -- when the provider was last asked about it
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, reference),
  UNIQUE (client, client_key)
);
CREATE INDEX method_setup_open ON method_setup (customer_id, created_at) WHERE NOT done;
CREATE INDEX method_setup_age ON method_setup (created_at);

CREATE TABLE saved_method (
  payment_method_id text PRIMARY KEY,
  customer_id text NOT NULL,
  provider text NOT NULL,
  setup_id text NOT NULL UNIQUE, -- a setup saves one method, however often its end is told
  token text NOT NULL,           -- encrypted: `<key id>.<nonce>.<tag>.<ciphertext>`
  key_id text NOT NULL REFERENCES data_key,
  customer_reference text NOT NULL,
  brand text NOT NULL,
  last4 text NOT NULL,
  expires_month int NOT NULL,
  expires_year int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX saved_method_customer ON saved_method (customer_id, created_at);
CREATE INDEX saved_method_key ON saved_method (key_id);
