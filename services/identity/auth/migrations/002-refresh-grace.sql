-- The token before the current one. For some seconds it is exchanged again, for the same successor: the current token is
-- made from it and from `successor_key`, which is random and new at each refresh. Neither of the two is enough alone.
ALTER TABLE session
  ADD COLUMN previous_hash text,
  ADD COLUMN successor_key text,
  ADD COLUMN refreshed_at timestamptz;
