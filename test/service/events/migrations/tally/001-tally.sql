CREATE TABLE made (
  event_key text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (event_key, n)
);
