-- The groups of each customer, as the customers service has told last. `sequence` is that of its event: an earlier one that
-- arrives late changes nothing.
CREATE TABLE customer_group (
  customer_id text COLLATE "C" PRIMARY KEY,
  groups text[] COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
