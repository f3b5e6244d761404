-- A provider may keep a failure under a key and repeat it. The operation then goes on under its next key.
ALTER TABLE operation
  ADD COLUMN generation int NOT NULL DEFAULT 0, -- which of its keys it is told under
  ADD COLUMN key_spent_at timestamptz; -- since when that key is known to repeat a failure

-- So does the test provider: a call may have failed for good, having done its work or not.
ALTER TABLE test_provider_call
  ALTER COLUMN answer DROP NOT NULL,
  ADD COLUMN failed boolean NOT NULL DEFAULT false,
  ADD CHECK (failed OR answer IS NOT NULL);
