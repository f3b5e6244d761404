-- What every service's database holds for the event backbone and for idempotent requests.

CREATE TABLE event_sequence (
  topic text NOT NULL,
  key text NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (topic, key)
);

CREATE TABLE outbox (
  id bigserial PRIMARY KEY,
  event_id text NOT NULL,
  event_type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  version text NOT NULL,
  data json NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  sequence bigint NOT NULL,
  correlation_id text NOT NULL,
  causation_id text NOT NULL,
  traceparent text,
  producer text NOT NULL,
  sent_at timestamptz
);
-- Every event is written once and marked once, so each index here is paid twice an event: what is not read in the rush
-- has none. Ids and sequences are unique by the lock on event_sequence.
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;

CREATE TABLE inbox (
  consumer_group text NOT NULL,
  event_id text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, event_id)
);

CREATE TABLE dead_letter (
  consumer_group text NOT NULL,
  event_id text NOT NULL,
  envelope json NOT NULL,
  error text NOT NULL,
  attempts int NOT NULL,
  dead_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, event_id)
);

CREATE TABLE idempotency_key (
  caller text NOT NULL,
  key text NOT NULL,
  action text NOT NULL,
  request_hash text NOT NULL,
  answer json NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (caller, action, key)
);
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);

CREATE TABLE keyvalue (
  key text PRIMARY KEY,
  value json NOT NULL,
  version bigint NOT NULL,
  expires_at timestamptz
);
CREATE INDEX keyvalue_expiry ON keyvalue (expires_at);
