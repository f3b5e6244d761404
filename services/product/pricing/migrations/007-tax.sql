-- Rates of taxes. They are few, so each node holds all of them in memory.
CREATE TABLE tax_rate (
  rate_id text PRIMARY KEY,
  country text NOT NULL,
  state text,
  -- A postal code, `100*` or `90001-90899`.
  zip text,
  category text NOT NULL,
  name text NOT NULL,
  -- In percent.
  rate numeric(7, 4) NOT NULL CHECK (rate BETWEEN 0 AND 100),
  compound boolean NOT NULL,
  valid_from timestamptz,
  valid_to timestamptz,
  CHECK (valid_from < valid_to)
);

CREATE TABLE tax_settings (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- By country that goods go to.
  prices_include json NOT NULL DEFAULT '{}',
  prices_include_elsewhere boolean NOT NULL DEFAULT false,
  round_per text NOT NULL DEFAULT 'order' CHECK (round_per IN ('line', 'order'))
);
INSERT INTO tax_settings DEFAULT VALUES;

-- Certificates by which customers pay no tax in a country, or in a state of it.
CREATE TABLE tax_exemption (
  exemption_id text PRIMARY KEY,
  customer_id text NOT NULL,
  country text NOT NULL,
  state text,
  certificate text NOT NULL,
  valid_until timestamptz NOT NULL
);
CREATE INDEX tax_exemption_customer ON tax_exemption (customer_id, exemption_id);

-- Skus whose tax category is not the standard one, or was not once, as the catalogue says.
CREATE TABLE taxed_sku (
  sku text COLLATE "C" PRIMARY KEY,
  product_id text NOT NULL,
  category text NOT NULL,
  -- When the catalogue said so, so that an event that comes late changes nothing.
  told_at timestamptz NOT NULL
);
CREATE INDEX taxed_sku_product ON taxed_sku (product_id);
