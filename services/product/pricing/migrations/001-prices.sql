-- Today's price of each variant in each currency. `previous_minor` is what it was before its last change, so that one
-- statement can set a price and tell what it replaced. Room is left in the pages: prices are updated in place.
CREATE TABLE price (
  sku text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  previous_minor bigint,
  valid_from timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sku, currency)
) WITH (fillfactor = 70);

-- Every price there ever was; `id` orders the changes of one price as they were committed.
CREATE TABLE price_change (
  sku text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  amount_minor bigint NOT NULL,
  valid_from timestamptz NOT NULL,
  PRIMARY KEY (sku, currency, id)
);
