-- Cards that customers have saved. A setup saves its card at once.
CREATE TABLE saved_card (
  setup_key text PRIMARY KEY, -- idempotency key of the setup
  setup_id text NOT NULL UNIQUE,
  token text NOT NULL UNIQUE,
  customer_id text NOT NULL,  -- of its own customer
  behaves_as text NOT NULL,   -- one of Stripe's public test methods
  forgotten boolean NOT NULL DEFAULT false,
  saved_at timestamptz NOT NULL DEFAULT now()
);
