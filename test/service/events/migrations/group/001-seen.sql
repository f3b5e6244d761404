-- No constraint keeps a second effect out: that is what the tests look for.
CREATE TABLE seen (
  place bigserial PRIMARY KEY,
  event_id text NOT NULL,
  event_key text NOT NULL,
  sequence bigint NOT NULL,
  n bigint NOT NULL,
  node text NOT NULL
);
