-- What the provider has kept for its service and paid out. It does neither by itself: tests make it do so.
CREATE TABLE movement (
  movement_id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('fee', 'payout')),
  charge_id text REFERENCES charge,
  currency text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  moved_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX movement_time ON movement (moved_at, movement_id);
