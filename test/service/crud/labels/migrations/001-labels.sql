CREATE TABLE label (
  label_id text PRIMARY KEY,
  text text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
