-- What can be paid: an order as far as its events have told us, in whatever order they came. A cancel that comes first
-- leaves a row of its own (a tombstone), so that what comes later does nothing.
CREATE TABLE payable (
  order_id text PRIMARY KEY,
  customer_id text,
  amount_minor bigint CHECK (amount_minor >= 0),
  currency text,
  payment_method_id text,
  created boolean NOT NULL DEFAULT false,
  reserved boolean NOT NULL DEFAULT false,
  cancelled boolean NOT NULL DEFAULT false,
  cancel_reason text,
  payment_id text, -- the latest attempt
  seen_at timestamptz NOT NULL DEFAULT now(),
  CHECK (NOT created OR (customer_id IS NOT NULL AND amount_minor IS NOT NULL AND currency IS NOT NULL AND payment_method_id IS NOT NULL))
);

CREATE TABLE payment (
  payment_id text PRIMARY KEY,
  order_id text NOT NULL,
  customer_id text NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  payment_method_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('authorizing', 'requires_action', 'confirming', 'authorized', 'capturing', 'captured',
                                       'refunding', 'refunded', 'voiding', 'voided', 'failed')),
  held_minor bigint NOT NULL DEFAULT 0,
  captured_minor bigint NOT NULL DEFAULT 0,
  refunded_minor bigint NOT NULL DEFAULT 0,
  wish text NOT NULL DEFAULT 'none' CHECK (wish IN ('none', 'capture', 'cancel')),
  cancel_reason text,
  setbacks int NOT NULL DEFAULT 0,
  action json,
  decline_code text,
  decline_message text,
  provider_reference text,
  card_last4 text,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Whatever the code believes: never more taken than authorised, never more given back than taken.
  CONSTRAINT payment_captured CHECK (held_minor >= 0 AND captured_minor >= 0 AND held_minor + captured_minor <= amount_minor),
  CONSTRAINT payment_refunded CHECK (refunded_minor >= 0 AND refunded_minor <= captured_minor),
  CONSTRAINT payment_voided CHECK (state NOT IN ('voided', 'failed') OR (held_minor = 0 AND captured_minor = 0)),
  CONSTRAINT payment_wish CHECK ((wish = 'cancel') = (cancel_reason IS NOT NULL))
);
-- Nobody is charged twice: of all attempts to pay an order, one lives.
CREATE UNIQUE INDEX payment_live ON payment (order_id) WHERE state NOT IN ('failed', 'voided');

-- What the provider is asked to do. Committed before it is asked; its id is the idempotency key the provider sees.
CREATE TABLE operation (
  operation_id text PRIMARY KEY,
  payment_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('authorize', 'confirm', 'capture', 'void', 'refund')),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  reason text,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'unknown', 'succeeded', 'declined')),
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL, -- while a worker has it: when it counts as dead and somebody else takes over
  answer json,
  last_error text,
  client text, -- the caller and the key it sent, where a caller asked for this operation
  client_key text,
  client_hash text,
  correlation_id text NOT NULL,
  causation_id text NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  CHECK ((state IN ('succeeded', 'declined')) = (settled_at IS NOT NULL))
);
-- One at a time for each payment: whoever comes second sees what the first has done.
CREATE UNIQUE INDEX operation_live ON operation (payment_id) WHERE state IN ('pending', 'unknown');
CREATE UNIQUE INDEX operation_client ON operation (client, kind, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX operation_due ON operation (due_at) WHERE state IN ('pending', 'unknown');
