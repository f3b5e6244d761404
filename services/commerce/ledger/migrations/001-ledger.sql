-- Months that take no more entries. A month before a closed one is closed, too.
CREATE TABLE period (
  period date PRIMARY KEY CHECK (extract(day FROM period) = 1),
  closed_at timestamptz NOT NULL DEFAULT now(),
  closed_by text NOT NULL
);

-- What one event means in the books. An event is posted once, whatever happens.
CREATE TABLE entry (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id text NOT NULL UNIQUE,
  event_type text NOT NULL,
  topic text NOT NULL,
  order_id text,
  payment_id text,
  customer_id text,
  seller_id text,
  currency text NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor > 0), -- of the debits, and of the credits
  occurred_at timestamptz NOT NULL,
  -- The same, or the beginning of the earliest open period when that of the event was closed.
  booked_at timestamptz NOT NULL CHECK (booked_at >= occurred_at),
  period date GENERATED ALWAYS AS (date_trunc('month', booked_at AT TIME ZONE 'UTC')::date) STORED,
  posted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entry_order ON entry (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX entry_payment ON entry (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX entry_customer ON entry (customer_id, booked_at, entry_id) WHERE customer_id IS NOT NULL;
CREATE INDEX entry_seller ON entry (seller_id, booked_at, entry_id) WHERE seller_id IS NOT NULL;

-- `currency` and `booked_at` are those of the entry, so that an account is read without its entries. There is no foreign
-- key, because its check would lock each entry: the trigger below refuses a line without its entry.
CREATE TABLE line (
  entry_id bigint NOT NULL,
  line_no smallint NOT NULL,
  account text COLLATE "C" NOT NULL,
  currency text NOT NULL,
  booked_at timestamptz NOT NULL,
  debit_minor bigint NOT NULL,
  credit_minor bigint NOT NULL,
  PRIMARY KEY (entry_id, line_no),
  CHECK (debit_minor >= 0 AND credit_minor >= 0 AND (debit_minor = 0) <> (credit_minor = 0))
);
CREATE INDEX line_account ON line (account, booked_at, entry_id, line_no);
-- Lines are stored almost in the order of their time, so an index of their blocks finds those of a day.
CREATE INDEX line_booked ON line USING brin (booked_at) WITH (pages_per_range = 32);

-- The lines up to `summed_to`, added up. A job writes it, so that no row is fought for when entries are posted: the
-- reports add the lines since. The many accounts of customers and sellers are one here, `customer:*`.
CREATE TABLE balance (
  account text COLLATE "C" NOT NULL,
  currency text NOT NULL,
  day date NOT NULL,
  debit_minor bigint NOT NULL,
  credit_minor bigint NOT NULL,
  PRIMARY KEY (account, currency, day)
) WITH (fillfactor = 70);
CREATE TABLE summing (
  one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  summed_to bigint NOT NULL
);
INSERT INTO summing (summed_to) VALUES (0);

-- The books are append-only, and a closed period stays closed.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the ledger only grows.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON entry EXECUTE FUNCTION refuse_change();
CREATE TRIGGER line_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON line EXECUTE FUNCTION refuse_change();
CREATE TRIGGER period_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON period EXECUTE FUNCTION refuse_change();

-- The checks of what is added. They run once for each statement, not once for each row, and so they are no deferred
-- constraints: an entry and its lines are added by one statement.
CREATE FUNCTION check_added_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong bigint;
BEGIN
  -- All lines of an entry, not only the added ones: nothing can be added to an entry later.
  SELECT touched.entry_id INTO wrong
  FROM (SELECT DISTINCT entry_id FROM added) touched
  LEFT JOIN entry e ON e.entry_id = touched.entry_id
  CROSS JOIN LATERAL (
    SELECT sum(l.debit_minor) AS debit, sum(l.credit_minor) AS credit,
           bool_and(l.currency = e.currency AND l.booked_at = e.booked_at) AS alike
    FROM line l WHERE l.entry_id = touched.entry_id
  ) lines
  WHERE (lines.debit = e.total_minor AND lines.credit = e.total_minor AND lines.alike) IS NOT TRUE
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The lines of the entry % do not balance.', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER line_balances AFTER INSERT ON line REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_added_lines();

CREATE FUNCTION check_added_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong text;
BEGIN
  SELECT event_id INTO wrong FROM added WHERE NOT EXISTS (SELECT FROM line WHERE line.entry_id = added.entry_id) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The entry of % has no lines.', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
  END IF;
  SELECT event_id INTO wrong FROM added WHERE added.period <= (SELECT max(period.period) FROM period) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The period of the entry of % is closed.', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_period_open';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entry_complete AFTER INSERT ON entry REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_added_entries();
