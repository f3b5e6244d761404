-- What staff have set. Conditions and effect have amounts in minor units of the currency and percentages in basis points.
CREATE TABLE promotion (
  promotion_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  only_with_code boolean NOT NULL,
  conditions json NOT NULL,
  effect json NOT NULL,
  -- Of its amounts; null: it has none, and holds in every currency.
  currency text,
  starts_at timestamptz NOT NULL,
  -- The same as starts_at: it was ended before it began.
  ends_at timestamptz CHECK (ends_at >= starts_at),
  priority integer NOT NULL,
  exclusive boolean NOT NULL,
  usage_per_customer integer,
  -- That of promotion_terms when it was changed last.
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX promotion_version ON promotion (version);

-- Rises with each change of a promotion, one change after the other, so that a node reads what is newer than it knows.
CREATE TABLE promotion_terms (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version bigint NOT NULL
);
INSERT INTO promotion_terms (version) VALUES (0);

-- What is reserved and used of a promotion. More than its limits is impossible here, whatever the code above does. Whoever
-- changes or compares it locks it first. It is updated all the time: the free space keeps new versions on their page.
CREATE TABLE promotion_use (
  promotion_id text COLLATE "C" PRIMARY KEY REFERENCES promotion,
  uses integer NOT NULL DEFAULT 0 CHECK (uses >= 0),
  spent_minor bigint NOT NULL DEFAULT 0 CHECK (spent_minor >= 0),
  usage_limit integer,
  budget_minor bigint,
  CHECK (uses <= usage_limit),
  CHECK (spent_minor <= budget_minor)
) WITH (fillfactor = 50);

-- Every code of every promotion. A code that is good once names the order that has it.
CREATE TABLE promotion_code (
  -- In upper case: how a code is compared.
  code_key text COLLATE "C" PRIMARY KEY,
  promotion_id text COLLATE "C" NOT NULL REFERENCES promotion,
  code text NOT NULL,
  once boolean NOT NULL,
  order_id text
);
CREATE INDEX promotion_code_promotion ON promotion_code (promotion_id);
CREATE UNIQUE INDEX promotion_coupon ON promotion_code (promotion_id) WHERE NOT once;

-- What is reserved for one order. `released` without redemptions: nothing may be reserved for it any more.
CREATE TABLE reservation (
  order_id text COLLATE "C" PRIMARY KEY,
  -- Null: it was released before anything was reserved.
  customer_id text,
  state text NOT NULL CHECK (state IN ('held', 'ordered', 'committed', 'released')),
  expires_at timestamptz,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((state = 'held') = (expires_at IS NOT NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
-- The job looks for expired ones all the time, in an index that keeps each that has ended until the table is vacuumed.
CREATE INDEX reservation_expiry ON reservation (expires_at) WHERE state = 'held';

-- Written once, with the reservation; never changed.
CREATE TABLE redemption (
  order_id text COLLATE "C" NOT NULL REFERENCES reservation,
  promotion_id text COLLATE "C" NOT NULL REFERENCES promotion,
  customer_id text COLLATE "C" NOT NULL,
  code text,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  currency text NOT NULL,
  reserved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, promotion_id)
);
CREATE INDEX redemption_promotion ON redemption (promotion_id, reserved_at, order_id);
CREATE INDEX redemption_customer ON redemption (customer_id, promotion_id);
