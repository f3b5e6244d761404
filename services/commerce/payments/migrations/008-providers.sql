-- Several providers at once: each payment stores whose charge it is. The charges of Stripe are named `pi_…`.
ALTER TABLE payment ADD COLUMN provider text NOT NULL DEFAULT 'test';
UPDATE payment SET provider = 'stripe' WHERE provider_reference LIKE 'pi\_%';
-- Where the order goes to, because providers are chosen by country, too. Null for orders of before.
ALTER TABLE payable ADD COLUMN country text;

-- An operation that ran out of tries waits for a person: nothing is due until it is retried.
ALTER TABLE operation ADD COLUMN parked_at timestamptz;
CREATE INDEX operation_parked ON operation (parked_at) WHERE parked_at IS NOT NULL;
