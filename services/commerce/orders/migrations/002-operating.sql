-- How many tries the event behind a step needed before it was applied.
ALTER TABLE order_history ADD COLUMN attempts int NOT NULL DEFAULT 1;

-- Since when an order has been in its state for longer than it should be: time alone may not decide what becomes of it, so
-- it waits on with a new deadline, and somebody has to look.
ALTER TABLE orders ADD COLUMN overdue_since timestamptz;
CREATE INDEX orders_overdue ON orders (overdue_since) WHERE overdue_since IS NOT NULL;
