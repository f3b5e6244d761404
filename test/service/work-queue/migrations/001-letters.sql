CREATE TABLE delivery (
  work_id text PRIMARY KEY,
  payload json NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL, -- while a worker has the item: the end of its lease
  last_error text,
  parked_at timestamptz,
  correlation_id text NOT NULL,
  causation_id text NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX delivery_due ON delivery (due_at) WHERE parked_at IS NULL;
CREATE INDEX delivery_parked ON delivery (parked_at) WHERE parked_at IS NOT NULL;

CREATE TABLE delivered (
  receipt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  work_id text NOT NULL,
  attempts int NOT NULL,
  node text NOT NULL
);
