-- Each event of a provider once, however often it is delivered. Rows are deleted after the retention time.
CREATE TABLE notification (
  provider text NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, event_id)
);
CREATE INDEX notification_received ON notification (received_at);

CREATE TABLE notification_work (
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
CREATE INDEX notification_work_due ON notification_work (due_at) WHERE parked_at IS NULL;
CREATE INDEX notification_work_parked ON notification_work (parked_at) WHERE parked_at IS NOT NULL;
