-- When orders was last asked what became of the order whose money is held; before the first time, when the payment began.
ALTER TABLE payment ADD COLUMN asked_at timestamptz NOT NULL DEFAULT now();
-- Holds only: a payment is in it for the moment between authorisation and capture. A change of state rewrites the
-- entries of `payment_live` as well, so no update becomes a dearer kind for it.
CREATE INDEX payment_held ON payment (asked_at)
  WHERE state IN ('authorized', 'requires_action') OR (state = 'captured' AND held_minor > 0);
