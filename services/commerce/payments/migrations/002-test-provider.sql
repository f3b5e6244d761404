-- What the test provider did. It stands for somebody else's database: payments never reads it, and it is written in
-- transactions of its own.
CREATE TABLE test_provider_charge (
  charge_id text PRIMARY KEY,
  order_id text NOT NULL,
  last4 text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  waiting boolean NOT NULL, -- for the customer's action
  held_minor bigint NOT NULL,
  captured_minor bigint NOT NULL DEFAULT 0,
  refunded_minor bigint NOT NULL DEFAULT 0,
  charged_at timestamptz NOT NULL DEFAULT now(),
  CHECK (held_minor >= 0 AND held_minor + captured_minor <= amount_minor),
  CHECK (refunded_minor >= 0 AND refunded_minor <= captured_minor)
);

CREATE TABLE test_provider_call (
  idempotency_key text PRIMARY KEY,
  kind text NOT NULL,
  charge_id text NOT NULL,
  amount_minor bigint NOT NULL,
  answer json NOT NULL,
  called_at timestamptz NOT NULL DEFAULT now()
);
