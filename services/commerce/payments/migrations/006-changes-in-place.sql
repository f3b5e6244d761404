-- A payment changes its state three times on its way to `captured`. While an index depended on the state, each of these
-- changes wrote a new entry into every index. These columns change once at most on that way, and so the row changes in
-- place, as long as its page has room.
ALTER TABLE payment
  ADD COLUMN live boolean NOT NULL GENERATED ALWAYS AS (state NOT IN ('failed', 'voided')) STORED,
  -- Whether money may be held. Also while an operation is in flight: payments are in that state for a moment.
  ADD COLUMN unfinished boolean NOT NULL GENERATED ALWAYS AS
    (state NOT IN ('captured', 'refunded', 'failed', 'voided') OR (state = 'captured' AND held_minor > 0)) STORED;
DROP INDEX payment_live;
DROP INDEX payment_held;
CREATE UNIQUE INDEX payment_live ON payment (order_id) WHERE live;
CREATE INDEX payment_held ON payment (asked_at) WHERE unfinished;
ALTER TABLE payment SET (fillfactor = 70);

-- The queue looks for open operations once a second, in an index that keeps the entry of each finished one until the table
-- is vacuumed. By default that waits for a fifth of the table, which grows with everything that was ever paid.
ALTER TABLE operation SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
ALTER TABLE payment SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
