-- Lightning deals. A deal starts and ends by the clock of the database: no column says that it runs. Its row is locked by
-- everything that gives out or takes back a slot, so that claims have one order on all nodes; more slots than there are
-- cannot be given out, whatever the code above does. The row changes all the time, in columns that no index holds.
CREATE TABLE deal (
  deal_id text COLLATE "C" PRIMARY KEY,
  sku text COLLATE "C" NOT NULL,
  currency text NOT NULL,
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  slots int NOT NULL CHECK (slots > 0),
  per_customer int NOT NULL CHECK (per_customer > 0),
  -- How long a claim with a slot lasts: as the setting was when the deal was added.
  claim_seconds int NOT NULL CHECK (claim_seconds > 0),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  members_from timestamptz CHECK (members_from < starts_at),
  stopped_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Slots that are granted, ordered or sold.
  taken int NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND slots),
  -- Claims that wait.
  waiting int NOT NULL DEFAULT 0 CHECK (waiting >= 0),
  last_number int NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE INDEX deal_end ON deal (ends_at, deal_id);

-- A claim of one piece. Claims of a deal are numbered as they arrive, and wait in this order. They are written only while
-- the row of their deal is locked, so there is no foreign key: checking it for each of them would cost more than that.
CREATE TABLE deal_claim (
  claim_id text COLLATE "C" PRIMARY KEY,
  deal_id text COLLATE "C" NOT NULL,
  number int NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  -- The idempotency key of the request: sent again, it gets the same claim.
  request_key text,
  state text NOT NULL CHECK (state IN ('queued', 'granted', 'ordered', 'sold', 'ended')),
  expires_at timestamptz CHECK ((state IN ('granted', 'ordered')) = (expires_at IS NOT NULL)),
  order_id text CHECK (state NOT IN ('ordered', 'sold') OR order_id IS NOT NULL),
  -- How much cheaper the order is by this claim.
  amount_minor bigint CHECK ((order_id IS NULL) = (amount_minor IS NULL)),
  end_reason text CHECK ((state = 'ended') = (end_reason IS NOT NULL)),
  claimed_at timestamptz NOT NULL,
  granted_at timestamptz,
  ended_at timestamptz CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
  UNIQUE (deal_id, number)
);
CREATE INDEX deal_claim_customer ON deal_claim (deal_id, customer_id);
CREATE INDEX deal_claim_queue ON deal_claim (deal_id, number) WHERE state = 'queued';
CREATE INDEX deal_claim_expiry ON deal_claim (expires_at, deal_id) WHERE state = 'granted';
CREATE INDEX deal_claim_buyer ON deal_claim (customer_id) WHERE state = 'granted';
CREATE INDEX deal_claim_order ON deal_claim (order_id) WHERE order_id IS NOT NULL;
