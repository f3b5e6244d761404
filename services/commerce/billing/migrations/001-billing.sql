-- What payments has told, until its document is stored. Usually empty.
CREATE TABLE due (
  event_id text PRIMARY KEY,
  fact json NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  -- Until then the node that has heard of it works on it.
  due_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX due_due ON due (due_at);

-- The last number of each series. Its row stays locked until the documents that took its numbers are committed, so a rollback
-- gives them back: numbers have no gap.
CREATE TABLE series (
  seller_id text NOT NULL,
  country text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('invoice', 'creditNote')),
  year int NOT NULL,
  last int NOT NULL CHECK (last > 0),
  -- Later numbers have no earlier time.
  issued_at timestamptz NOT NULL,
  PRIMARY KEY (seller_id, country, kind, year)
);

CREATE TABLE document (
  document_id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('invoice', 'creditNote')),
  order_id text NOT NULL,
  customer_id text NOT NULL,
  refund_id text,
  seller_id text NOT NULL,
  country text NOT NULL,
  year int NOT NULL,
  position int NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor > 0),
  net_minor bigint NOT NULL CHECK (net_minor BETWEEN 0 AND total_minor),
  currency text NOT NULL,
  issued_at timestamptz NOT NULL,
  -- Seller, buyer, lines, taxes and payments, as they were then.
  content json NOT NULL,
  CHECK ((refund_id IS NOT NULL) = (kind = 'creditNote'))
);
CREATE UNIQUE INDEX document_number ON document (seller_id, country, kind, year, position);
CREATE UNIQUE INDEX document_invoice ON document (order_id) WHERE kind = 'invoice';
CREATE UNIQUE INDEX document_refund ON document (order_id, refund_id) WHERE kind = 'creditNote';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Invoices and credit notes are never changed or deleted.';
END $$;
CREATE TRIGGER document_is_final BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_stays BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
