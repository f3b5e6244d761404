-- The groups of each customer, as the customers service has told last. `sequence` is that of its event: an earlier one that
-- arrives late changes nothing.
CREATE TABLE customer_group (
  customer_id text COLLATE "C" PRIMARY KEY,
  groups text[] COLLATE "C" NOT NULL,
  sequence bigint NOT NULL
);

-- Customers of whom an order was paid.
CREATE TABLE paying_customer (
  customer_id text COLLATE "C" PRIMARY KEY
);

-- The categories of each sku's product, as the catalogue has told last.
CREATE TABLE sku_category (
  sku text COLLATE "C" PRIMARY KEY,
  categories text[] COLLATE "C" NOT NULL,
  -- When the catalogue said so, so that an event that comes late changes nothing.
  told_at timestamptz NOT NULL
);

-- The categories above each one, as a job has read them.
CREATE TABLE category_path (
  slug text COLLATE "C" PRIMARY KEY,
  above text[] COLLATE "C" NOT NULL
);
