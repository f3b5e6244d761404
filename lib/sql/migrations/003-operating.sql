-- A letter that somebody has thrown away stays to be seen for a while.
ALTER TABLE dead_letter ADD COLUMN discarded_at timestamptz, ADD COLUMN discarded_by text;

-- How often a consumer group was rewound, and where it began again the last time; no row: never.
CREATE TABLE rewind (
  consumer_group text PRIMARY KEY,
  generation int NOT NULL,
  since timestamptz, -- null: from the start
  -- Within one process: whether the outboxes have been told to send again.
  resent boolean NOT NULL,
  rewound_at timestamptz NOT NULL DEFAULT now(),
  rewound_by text NOT NULL
);
