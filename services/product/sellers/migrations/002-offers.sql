CREATE TABLE offer (
  seller_id text NOT NULL REFERENCES seller,
  sku text NOT NULL,
  currency text NOT NULL,
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  stock bigint NOT NULL CHECK (stock >= 0),      -- what is left to sell
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0), -- of orders that are not paid yet; taken off the stock already
  handling_days int NOT NULL,
  is_ended boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (seller_id, sku)
);
CREATE INDEX offer_sku ON offer (sku, currency) WHERE NOT is_ended AND stock > 0;

-- The categories of each sku, for the rules of commission.
CREATE TABLE sku_category (
  sku text PRIMARY KEY,
  categories text[] NOT NULL,
  told_at timestamptz NOT NULL
);

-- An empty text stands for any seller, or any category.
CREATE TABLE commission_rule (
  seller_id text NOT NULL DEFAULT '',
  category text NOT NULL DEFAULT '',
  basis_points int NOT NULL CHECK (basis_points BETWEEN 0 AND 10000), -- hundredths of a percent
  minimum_minor bigint,
  minimum_currency text,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (seller_id, category),
  CHECK ((minimum_minor IS NULL) = (minimum_currency IS NULL))
);

-- An order with goods of sellers: what became of its pieces, and what is known of its money.
CREATE TABLE sold_order (
  order_id text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('none', 'held', 'ordered', 'committed', 'released')),
  expires_at timestamptz, -- of pieces whose order is not known to exist
  is_paid boolean NOT NULL DEFAULT false,
  total_minor bigint NOT NULL DEFAULT 0,
  refunded_minor bigint NOT NULL DEFAULT 0,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sold_order_expiry ON sold_order (expires_at) WHERE state = 'held';
CREATE INDEX sold_order_released ON sold_order (changed_at) WHERE state = 'released';

CREATE TABLE sold_piece (
  order_id text NOT NULL REFERENCES sold_order ON DELETE CASCADE,
  seller_id text NOT NULL,
  sku text NOT NULL,
  quantity bigint NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, seller_id, sku)
);

-- The part of one seller in an order, once the order exists. The commission is that of the rules of that moment.
CREATE TABLE sale (
  order_id text NOT NULL,
  seller_id text NOT NULL,
  customer_id text NOT NULL,
  currency text NOT NULL,
  gross_minor bigint NOT NULL,
  commission_minor bigint NOT NULL CHECK (commission_minor BETWEEN 0 AND gross_minor),
  is_credited boolean NOT NULL DEFAULT false,
  available_at timestamptz, -- from when on its proceeds can be paid out
  reversed_gross_minor bigint NOT NULL DEFAULT 0 CHECK (reversed_gross_minor BETWEEN 0 AND gross_minor),
  reversed_commission_minor bigint NOT NULL DEFAULT 0 CHECK (reversed_commission_minor BETWEEN 0 AND commission_minor),
  PRIMARY KEY (order_id, seller_id)
);

CREATE TABLE seller_rating (
  order_id text NOT NULL,
  seller_id text NOT NULL,
  customer_id text NOT NULL,
  positive boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, seller_id)
);
