-- What gift cards and store credit pay of a payment, in the sequence in which it is spent, and what of it was given back:
-- `[{"type": "giftCard", "giftCardId": …, "amountMinor": …, "refundedMinor": …}, …]`. Null where the provider has all of it.
ALTER TABLE payment
  ADD COLUMN parts json,
  ADD COLUMN stored_minor bigint NOT NULL DEFAULT 0, -- their sum
  ADD COLUMN stored_refunded_minor bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT payment_stored CHECK (stored_minor >= 0 AND stored_minor <= amount_minor AND (stored_minor > 0) = (parts IS NOT NULL)),
  ADD CONSTRAINT payment_stored_refunded CHECK (stored_refunded_minor >= 0
    AND stored_refunded_minor <= least(refunded_minor, least(captured_minor, stored_minor)));
-- For the comparison with the journal, which walks through the payments that have some.
CREATE INDEX payment_with_parts ON payment (payment_id) WHERE stored_minor > 0;

-- What of an operation is that of gift cards and store credit. An operation of which they have all asks no provider.
ALTER TABLE operation
  ADD COLUMN stored_minor bigint NOT NULL DEFAULT 0 CHECK (stored_minor >= 0 AND stored_minor <= amount_minor),
  ADD COLUMN asks_provider boolean NOT NULL DEFAULT true;

-- A gift card, or the store credit of a customer in one currency: money that the shop owes. The code of a card is not
-- stored, only its hash: it has 97 random bits, so nobody finds it by trying.
CREATE TABLE stored_value (
  account_id text PRIMARY KEY, -- of a card its own id, of store credit `<customer>:<currency>`
  kind text NOT NULL CHECK (kind IN ('giftCard', 'storeCredit')),
  customer_id text,
  currency text NOT NULL,
  code_hash text UNIQUE,
  last4 text,
  issued_minor bigint NOT NULL DEFAULT 0, -- of a card: what it was issued with
  balance_minor bigint NOT NULL, -- what is reserved is a part of it
  reserved_minor bigint NOT NULL DEFAULT 0,
  disabled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Whatever the code believes: nothing is promised that is not there, and nothing spent twice.
  CONSTRAINT stored_value_covered CHECK (balance_minor >= reserved_minor AND reserved_minor >= 0),
  CONSTRAINT stored_value_kind CHECK (
    (kind = 'giftCard') = (code_hash IS NOT NULL) AND (kind = 'giftCard') = (last4 IS NOT NULL)
    AND (kind = 'storeCredit') = (customer_id IS NOT NULL))
);
ALTER TABLE stored_value SET (fillfactor = 80);
CREATE INDEX stored_value_cards ON stored_value (created_at, account_id) WHERE kind = 'giftCard';
CREATE INDEX stored_value_customer ON stored_value (customer_id) WHERE customer_id IS NOT NULL;

-- Every change of every account. The sums of an account are its balance and what is reserved of it.
CREATE TABLE stored_value_entry (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id text NOT NULL REFERENCES stored_value,
  kind text NOT NULL CHECK (kind IN ('issued', 'reserved', 'released', 'spent', 'refunded', 'forfeited')),
  balance_minor bigint NOT NULL,
  reserved_minor bigint NOT NULL,
  payment_id text,
  order_id text,
  grant_id text, -- of store credit that was granted
  reason text,
  at timestamptz NOT NULL DEFAULT now(),
  CHECK (CASE kind
    WHEN 'issued' THEN balance_minor > 0 AND reserved_minor = 0
    WHEN 'reserved' THEN balance_minor = 0 AND reserved_minor > 0
    WHEN 'released' THEN balance_minor = 0 AND reserved_minor < 0
    WHEN 'spent' THEN balance_minor < 0 AND reserved_minor = balance_minor
    WHEN 'refunded' THEN balance_minor > 0 AND reserved_minor = 0
    ELSE balance_minor < 0 AND reserved_minor = 0 END),
  CHECK ((kind IN ('reserved', 'released', 'spent', 'refunded')) = (payment_id IS NOT NULL))
);
CREATE INDEX stored_value_entry_account ON stored_value_entry (account_id, entry_id);
CREATE INDEX stored_value_entry_payment ON stored_value_entry (payment_id) WHERE payment_id IS NOT NULL;
