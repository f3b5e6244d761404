CREATE TABLE attribute (
  code text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  type text NOT NULL CHECK (type IN ('text', 'number', 'boolean', 'date', 'option')),
  options text[] NOT NULL,
  unit text,
  localised boolean NOT NULL,
  filterable boolean NOT NULL
);

-- `all_…` are with those of the sets that it extends: products are checked against them with one look.
CREATE TABLE attribute_set (
  code text COLLATE "C" PRIMARY KEY,
  attributes text[] NOT NULL,
  axes text[] NOT NULL,
  extends text COLLATE "C" REFERENCES attribute_set (code),
  all_attributes text[] NOT NULL,
  all_axes text[] NOT NULL
);

ALTER TABLE product
  ADD COLUMN attribute_set text COLLATE "C" REFERENCES attribute_set (code),
  ADD COLUMN tax_category text NOT NULL DEFAULT 'standard';
CREATE INDEX product_attribute_set ON product (attribute_set) WHERE attribute_set IS NOT NULL;
