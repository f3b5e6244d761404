-- What the test provider did.
CREATE TABLE charge (
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
) WITH (fillfactor = 80); -- a charge changes in place, once or twice

-- The answer to each key. A call may also have failed for good, having done its work or not.
CREATE TABLE call (
  idempotency_key text PRIMARY KEY,
  kind text NOT NULL,
  charge_id text NOT NULL,
  amount_minor bigint NOT NULL,
  answer json,
  failed boolean NOT NULL DEFAULT false,
  called_at timestamptz NOT NULL DEFAULT now(),
  CHECK (failed OR answer IS NOT NULL)
);
