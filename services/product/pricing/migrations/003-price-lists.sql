-- Prices for some customers, regions or times. `region` is a country (ISO 3166-1 alpha-2); what is null does not matter.
CREATE TABLE price_list (
  code text COLLATE "C" PRIMARY KEY,
  currency text COLLATE "C" NOT NULL,
  customer_group text COLLATE "C",
  region text COLLATE "C",
  starts_at timestamptz,
  ends_at timestamptz CHECK (ends_at > starts_at),
  priority integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now()
);

-- The prices of a list, from a number of pieces on; of one warehouse, or '' for all.
CREATE TABLE list_price (
  list text COLLATE "C" NOT NULL REFERENCES price_list (code) ON DELETE CASCADE,
  sku text COLLATE "C" NOT NULL,
  warehouse_id text COLLATE "C" NOT NULL DEFAULT '',
  min_quantity integer NOT NULL CHECK (min_quantity >= 1),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  PRIMARY KEY (list, sku, warehouse_id, min_quantity)
);

-- Every price that a list ever had; a null amount: it was removed. `id` orders the changes of one price as they were
-- committed. A list that was deleted keeps its history.
CREATE TABLE list_price_change (
  list text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  warehouse_id text COLLATE "C" NOT NULL,
  min_quantity integer NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  amount_minor bigint,
  valid_from timestamptz NOT NULL,
  PRIMARY KEY (list, sku, warehouse_id, min_quantity, id)
);

-- How many units of `target` one unit of `source` is.
CREATE TABLE exchange_rate (
  source text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  rate numeric NOT NULL CHECK (rate > 0),
  valid_from timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, target)
);

-- Rises with each change of a list's terms or of a rate. Whoever reads prices reads it as well, so that every node notices.
CREATE TABLE price_terms (
  id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  version bigint NOT NULL
);
INSERT INTO price_terms (version) VALUES (0);
