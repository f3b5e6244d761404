-- The job looks for expired reservations every five seconds, in an index that keeps the entry of each one that has ended
-- until the table is vacuumed. By default that waits for a fifth of the table, which grows with every order.
ALTER TABLE reservation SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
