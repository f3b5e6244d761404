CREATE TABLE customer_group (
  code text COLLATE "C" PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE group_member (
  customer_id text NOT NULL REFERENCES customer ON DELETE CASCADE,
  code text COLLATE "C" NOT NULL REFERENCES customer_group (code),
  PRIMARY KEY (customer_id, code)
);
CREATE INDEX group_member_code ON group_member (code);
