-- Whether a reservation was committed at any time, even if its pieces were restocked later. Movements do not say so of a
-- reservation without lines.
ALTER TABLE reservation ADD COLUMN was_committed boolean NOT NULL DEFAULT false;
