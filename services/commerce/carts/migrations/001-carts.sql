-- Carts live in the key-value store. What must outlive it is the secret that their ids and tokens are sealed with.
CREATE TABLE cart_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  secret bytea NOT NULL
);
-- 244 bits from Postgres's strong random source, without an extension.
INSERT INTO cart_secret (secret)
SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
