CREATE TABLE dispute (
  dispute_id text PRIMARY KEY,
  payment_id text NOT NULL REFERENCES payment,
  provider text NOT NULL,
  reference text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  reason text NOT NULL,
  status text NOT NULL CHECK (status IN ('needs_response', 'under_review', 'won', 'lost')),
  evidence_due_by timestamptz,
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  UNIQUE (provider, reference)
);
CREATE INDEX dispute_payment ON dispute (payment_id);
CREATE INDEX dispute_open ON dispute (opened_at) WHERE closed_at IS NULL;

-- What the provider says otherwise than we do, and nothing could repair. Deleted when both agree again.
CREATE TABLE difference (
  provider text NOT NULL,
  reference text NOT NULL,
  payment_id text,
  order_id text,
  wrong text NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, reference)
);
