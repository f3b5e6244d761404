CREATE TABLE role (
  name text PRIMARY KEY,
  scopes text[] NOT NULL
);
INSERT INTO role (name, scopes) VALUES
  ('admin', '{*}'),
  ('catalog-manager', '{catalog:*, pricing:*, inventory:read}'),
  ('order-desk', '{orders:*, customers:read, customers:write, payments:read, inventory:read}'),
  ('warehouse', '{inventory:*, orders:read}'),
  ('finance', '{payments:*, orders:read, customers:read}');

CREATE TABLE staff (
  staff_id text PRIMARY KEY,
  email text NOT NULL UNIQUE, -- in lower case
  name text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE staff_role (
  staff_id text NOT NULL REFERENCES staff ON DELETE CASCADE,
  role text NOT NULL REFERENCES role,
  PRIMARY KEY (staff_id, role)
);
