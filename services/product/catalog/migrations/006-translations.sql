-- Texts in other languages than the shop's own, which the rows themselves have.
CREATE TABLE product_translation (
  product_id text COLLATE "C" NOT NULL REFERENCES product (product_id),
  locale text COLLATE "C" NOT NULL,
  title text,
  description text,
  attributes json NOT NULL,
  PRIMARY KEY (product_id, locale)
);

-- `labels` are those of the options of an attribute.
CREATE TABLE name_translation (
  kind text NOT NULL CHECK (kind IN ('attribute', 'brand', 'category')),
  code text COLLATE "C" NOT NULL,
  locale text COLLATE "C" NOT NULL,
  name text,
  labels json NOT NULL,
  PRIMARY KEY (kind, code, locale)
);

-- Every locale that something was ever translated into: for others no translation is looked for.
CREATE TABLE translated_locale (locale text COLLATE "C" PRIMARY KEY);

-- Collections whose products are found by a rule.
CREATE TABLE collection (
  code text COLLATE "C" PRIMARY KEY,
  title text NOT NULL,
  rule jsonb NOT NULL
);
