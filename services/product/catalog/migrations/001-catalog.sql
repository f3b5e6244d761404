CREATE TABLE brand (
  slug text COLLATE "C" PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE category (
  slug text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  parent text COLLATE "C" REFERENCES category (slug)
);
CREATE INDEX category_parent ON category (parent);

-- An archived product stays for those who remember its id; its slug and skus are free for others.
CREATE TABLE product (
  product_id text COLLATE "C" PRIMARY KEY,
  slug text COLLATE "C" NOT NULL,
  title text NOT NULL,
  brand text COLLATE "C" REFERENCES brand (slug),
  images text[] NOT NULL,
  description text NOT NULL,
  attributes json NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  archived_at timestamptz
);
CREATE UNIQUE INDEX product_slug ON product (slug) WHERE archived_at IS NULL;
CREATE INDEX product_newest ON product (created_at, product_id) WHERE archived_at IS NULL;
CREATE INDEX product_brand ON product (brand);

CREATE TABLE variant (
  product_id text COLLATE "C" NOT NULL REFERENCES product (product_id),
  place int NOT NULL,
  sku text COLLATE "C" NOT NULL,
  attributes json NOT NULL,
  archived boolean NOT NULL DEFAULT false,
  PRIMARY KEY (product_id, place)
);
CREATE UNIQUE INDEX variant_sku ON variant (sku) WHERE NOT archived;

CREATE TABLE product_category (
  product_id text COLLATE "C" NOT NULL REFERENCES product (product_id),
  place int NOT NULL,
  category text COLLATE "C" NOT NULL REFERENCES category (slug),
  PRIMARY KEY (product_id, category)
);
CREATE INDEX product_category_category ON product_category (category);
