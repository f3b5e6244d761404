CREATE TABLE review (
  review_id text COLLATE "C" PRIMARY KEY,
  product_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  author text,
  rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
  title text NOT NULL,
  text text NOT NULL,
  fingerprint text COLLATE "C",
  status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected')),
  broken_rules text[] NOT NULL,
  reason text,
  decided_by text,
  decided_at timestamptz,
  -- Whether the author had bought the product when the author's data were erased.
  was_verified boolean NOT NULL DEFAULT false,
  helpful_votes integer NOT NULL DEFAULT 0,
  votes integer NOT NULL DEFAULT 0 CHECK (helpful_votes BETWEEN 0 AND votes),
  helpfulness integer NOT NULL DEFAULT 0,
  answer text,
  answered_at timestamptz,
  revision integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  edited_at timestamptz,
  UNIQUE (customer_id, product_id)
);
CREATE INDEX review_helpful ON review (product_id, helpfulness, review_id) WHERE status = 'approved';
CREATE INDEX review_created ON review (product_id, created_at, review_id) WHERE status = 'approved';
CREATE INDEX review_rating ON review (product_id, rating, review_id) WHERE status = 'approved';
CREATE INDEX review_status ON review (status, review_id);
CREATE INDEX review_fingerprint ON review (fingerprint) WHERE fingerprint IS NOT NULL;

-- Whose review of what was rejected, until staff approve one. It stays when the review is removed, so that a new one gives
-- no other chance.
CREATE TABLE rejection (
  customer_id text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (customer_id, product_id)
);

CREATE TABLE review_vote (
  review_id text COLLATE "C" NOT NULL REFERENCES review ON DELETE CASCADE,
  customer_id text COLLATE "C" NOT NULL,
  helpful boolean NOT NULL,
  PRIMARY KEY (review_id, customer_id)
);
CREATE INDEX review_vote_customer ON review_vote (customer_id);

-- Of the approved reviews, changed in the transactions that change these.
CREATE TABLE product_rating (
  product_id text COLLATE "C" PRIMARY KEY,
  reviews integer NOT NULL CHECK (reviews >= 0),
  stars integer NOT NULL CHECK (stars BETWEEN reviews AND 5 * reviews)
);

-- What customers have ordered, from the events of orders. Nothing in a row is ever taken back.
CREATE TABLE purchase (
  order_id text COLLATE "C" PRIMARY KEY,
  customer_id text COLLATE "C" NOT NULL,
  product_ids text[] NOT NULL,
  paid boolean NOT NULL,
  cancelled boolean NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX purchase_customer ON purchase (customer_id);
