-- Most values are written several times and grow, as a cart does that is filled and checked out. With room on its page a
-- new version of a row stays there, and as no indexed column changes, no index is written. Pages are seldom read as a whole.
ALTER TABLE keyvalue SET (fillfactor = 40);
