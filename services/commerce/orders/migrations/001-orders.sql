-- Most updates of an order change only columns without an index: room on the page keeps those cheap.
CREATE TABLE orders (
  order_id text PRIMARY KEY,
  customer_id text NOT NULL,
  status text NOT NULL CHECK (status IN
    ('pending_payment', 'confirmed', 'paid', 'processing', 'shipped', 'delivered', 'cancelled', 'refunded')),
  payment_status text NOT NULL,
  shipping_status text NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  captured_minor bigint NOT NULL DEFAULT 0 CHECK (captured_minor >= 0),
  refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND captured_minor),
  currency text NOT NULL,
  shipping_address json NOT NULL,
  payment_method_id text NOT NULL,
  -- What was turned into this order, such as `cart:<cartId>`; one order each.
  source text,
  version int NOT NULL,
  deadline_at timestamptz,
  reason text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  estimated_delivery timestamptz NOT NULL,
  CHECK ((reason IS NOT NULL) = (status IN ('cancelled', 'refunded')))
) WITH (fillfactor = 80);

-- Ids sort by the time they were made: these list newest first as well.
CREATE INDEX orders_of_customer ON orders (customer_id, order_id);
CREATE INDEX orders_by_status ON orders (status, order_id);
CREATE INDEX orders_deadline ON orders (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE UNIQUE INDEX orders_source ON orders (source) WHERE source IS NOT NULL;

CREATE TABLE order_line (
  order_id text NOT NULL REFERENCES orders,
  line_no int NOT NULL,
  product_id text NOT NULL,
  sku text NOT NULL,
  title text NOT NULL,
  quantity int NOT NULL CHECK (quantity > 0),
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  PRIMARY KEY (order_id, line_no)
);

-- Every step of every order; never changed, never deleted.
CREATE TABLE order_history (
  order_id text NOT NULL REFERENCES orders,
  version int NOT NULL,
  step text NOT NULL,
  from_status text,
  to_status text NOT NULL,
  cause text NOT NULL,
  correlation_id text NOT NULL,
  service text NOT NULL,
  node text NOT NULL,
  at timestamptz NOT NULL,
  detail json NOT NULL,
  PRIMARY KEY (order_id, version)
);
