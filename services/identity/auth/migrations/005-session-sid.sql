-- Access tokens and other services name a session by its sid. It is not derived from session_id, which is part of the
-- refresh token: whoever reads a sid can neither refresh the session nor end it.
ALTER TABLE session ADD COLUMN sid text NOT NULL DEFAULT gen_random_uuid()::text;
CREATE UNIQUE INDEX session_sid ON session (sid);

-- For the sessions of a member of staff whose account is closed.
CREATE INDEX session_of_staff ON session (subject_id) WHERE kind = 'staff';
