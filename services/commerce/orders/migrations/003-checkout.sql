-- The secret with which the tokens of guests' orders are signed: 244 bits from Postgres's strong random source.
CREATE TABLE order_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  secret bytea NOT NULL
);
INSERT INTO order_secret (secret)
SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

-- A guest has no account that has an address; null for customers.
ALTER TABLE orders ADD COLUMN email text;
ALTER TABLE orders ADD COLUMN shipping_method text NOT NULL DEFAULT 'standard';

-- Sources that must not become an order any more, because whoever would have ordered them has given up.
CREATE TABLE abandoned_source (
  source text PRIMARY KEY,
  abandoned_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX abandoned_source_age ON abandoned_source (abandoned_at);

-- Whether a source may still become an order. It waits for a transaction that abandons the source, and makes that
-- transaction wait for the caller's, so that of placing and abandoning one comes first. Statements of a volatile function
-- see what was committed before they began, also when the statement that calls the function began earlier.
CREATE FUNCTION may_be_ordered(wanted text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(wanted, 2));
  RETURN NOT EXISTS (SELECT FROM abandoned_source WHERE source = wanted);
END $$;

-- Keeps a source from becoming an order, unless it is one.
CREATE FUNCTION abandon_source(unwanted text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(unwanted, 2));
  INSERT INTO abandoned_source (source)
  SELECT unwanted WHERE NOT EXISTS (SELECT FROM orders WHERE source = unwanted)
  ON CONFLICT DO NOTHING;
END $$;
