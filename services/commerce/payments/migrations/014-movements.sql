-- What providers have kept for their service and paid out, each once, as far as events have told it.
CREATE TABLE movement (
  provider text NOT NULL,
  movement_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('fee', 'payout')),
  currency text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, movement_id)
);

-- Until when the list of a provider was read to its end.
CREATE TABLE movement_position (
  provider text PRIMARY KEY,
  read_until timestamptz NOT NULL
);
