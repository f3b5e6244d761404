-- What banks dispute. Tests open and close disputes here, as banks would.
CREATE TABLE dispute (
  dispute_id text PRIMARY KEY,
  charge_id text NOT NULL REFERENCES charge,
  amount_minor bigint NOT NULL,
  status text NOT NULL DEFAULT 'needs_response',
  evidence text,
  evidence_key text -- of the request that sent it
);
