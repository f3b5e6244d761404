-- What the balance of a seller is made of. Rows are only added.
CREATE TABLE balance_entry (
  entry_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  seller_id text NOT NULL,
  currency text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('sale', 'refund', 'payout', 'payout_returned')),
  order_id text,
  payout_id text,
  gross_minor bigint NOT NULL DEFAULT 0,
  commission_minor bigint NOT NULL DEFAULT 0,
  net_minor bigint NOT NULL, -- what it changes the balance by
  available_at timestamptz NOT NULL, -- from when on it counts as available
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (kind IN ('payout', 'payout_returned') OR net_minor = gross_minor - commission_minor)
);
CREATE INDEX balance_entry_available ON balance_entry (seller_id, currency, available_at) INCLUDE (net_minor);
CREATE INDEX balance_entry_created ON balance_entry (seller_id, currency, created_at, entry_id);

-- Balances with their turns for a payout: each once in a period.
CREATE TABLE payout_turn (
  seller_id text NOT NULL,
  currency text NOT NULL,
  done_until timestamptz NOT NULL, -- the beginning of the latest period that was looked at
  PRIMARY KEY (seller_id, currency)
);
CREATE INDEX payout_turn_due ON payout_turn (done_until);

CREATE TABLE payout (
  payout_id text PRIMARY KEY,
  seller_id text NOT NULL REFERENCES seller,
  currency text NOT NULL,
  period timestamptz NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  status text NOT NULL DEFAULT 'sending' CHECK (status IN ('sending', 'sent', 'failed')),
  reference text, -- the provider's
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  UNIQUE (seller_id, currency, period) -- one in a period, whatever happens
);
CREATE INDEX payout_newest ON payout (seller_id, created_at, payout_id);

CREATE TABLE payout_work (
  work_id text PRIMARY KEY,
  payload json NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL, -- while a worker has the item: the end of its lease
  last_error text,
  parked_at timestamptz,
  correlation_id text NOT NULL,
  causation_id text NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payout_work_due ON payout_work (due_at) WHERE parked_at IS NULL;
CREATE INDEX payout_work_parked ON payout_work (parked_at) WHERE parked_at IS NOT NULL;

-- What the test provider of payouts has sent. A real one has its own books.
CREATE TABLE test_transfer (
  key text PRIMARY KEY,
  reference text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now()
);
