-- The key of the hashes in `attempt`: without it nobody can find out by trying which address or method a hash is of.
CREATE TABLE fraud_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  secret bytea NOT NULL
);
INSERT INTO fraud_secret (secret)
SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

-- An order that somebody has tried to place; not each of them became an order. Hashes are null where they say nothing:
-- a method that everybody may use, a private network address.
CREATE TABLE attempt (
  order_id text PRIMARY KEY,
  customer_id text NOT NULL,
  method_key bigint,
  address_key bigint,
  client_key bigint,
  declined boolean NOT NULL DEFAULT false,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attempt_customer ON attempt (customer_id, at);
CREATE INDEX attempt_method ON attempt (method_key, at) WHERE method_key IS NOT NULL;
CREATE INDEX attempt_address ON attempt (address_key, at) WHERE address_key IS NOT NULL;
CREATE INDEX attempt_client ON attempt (client_key, at) WHERE client_key IS NOT NULL;

-- Only of attempts that got points: all others have the score 0 and no reasons.
CREATE TABLE assessment (
  order_id text PRIMARY KEY,
  customer_id text NOT NULL,
  score smallint NOT NULL,
  decision text NOT NULL,
  reasons json NOT NULL,
  model text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX assessment_at ON assessment (at);

CREATE TABLE review (
  order_id text PRIMARY KEY,
  customer_id text NOT NULL,
  status text NOT NULL,
  total_minor bigint NOT NULL,
  currency text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now(),
  deadline_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by text
);
CREATE INDEX review_deadline ON review (deadline_at, order_id) WHERE status = 'open';
CREATE INDEX review_decided ON review (status, order_id) WHERE status <> 'open';

-- What is known of a customer for longer than of an attempt. Ordinary customers without orders have no row.
CREATE TABLE customer_record (
  customer_id text PRIMARY KEY,
  paid_orders int NOT NULL DEFAULT 0,
  disputes int NOT NULL DEFAULT 0,
  disposable_mail boolean NOT NULL DEFAULT false
);

-- Up to where attempts were looked at for orders that were paid.
CREATE TABLE trust_position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  order_id text NOT NULL
);
INSERT INTO trust_position (order_id) VALUES ('');
