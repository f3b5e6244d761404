-- How far the events are sent, in place of a mark in each row, which was a second version of the row.
LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE; -- so that no open transaction has taken an id

CREATE TABLE outbox_position (
  one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  -- Every row with an id up to this one is sent, and no open transaction can add one.
  sent_to bigint NOT NULL,
  -- How often it was moved back: a relay that does not know of the last time must not save its own position.
  moves int NOT NULL DEFAULT 0
);

-- Where the position was at some times, so that what was sent since a time can be sent again.
CREATE TABLE outbox_progress (
  at timestamptz PRIMARY KEY,
  sent_to bigint NOT NULL
);

INSERT INTO outbox_position (sent_to)
SELECT coalesce((SELECT min(id) - 1 FROM outbox WHERE sent_at IS NULL), (SELECT max(id) FROM outbox), 0);
INSERT INTO outbox_progress SELECT now(), sent_to FROM outbox_position;

DROP INDEX outbox_unsent;
ALTER TABLE outbox DROP COLUMN sent_at;
