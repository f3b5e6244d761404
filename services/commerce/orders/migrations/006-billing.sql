-- Where the invoice goes to, if not to the shipping address.
ALTER TABLE orders ADD COLUMN billing_address json;
-- What gift cards and store credit pay of the total, as it was agreed to; null for orders that are paid by their method alone.
ALTER TABLE orders ADD COLUMN tenders json;
-- The taxes that the total contains; null where the shop has none.
ALTER TABLE orders ADD COLUMN taxes json;
-- The order waits for a decision on its risk before it is charged.
ALTER TABLE orders ADD COLUMN under_review boolean NOT NULL DEFAULT false;
