-- One row for each cart that somebody began to check out: what was agreed to, and the answer once there is one.
-- No address and no payment method: they are the order's.
CREATE TABLE checkout_attempt (
  cart_id text PRIMARY KEY,
  customer_id text NOT NULL,
  currency text NOT NULL,
  items json NOT NULL,
  agreed_at timestamptz NOT NULL DEFAULT now(),
  answer json
);
CREATE INDEX checkout_attempt_age ON checkout_attempt (agreed_at);
