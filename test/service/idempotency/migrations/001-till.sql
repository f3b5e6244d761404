CREATE TABLE sale (
  receipt bigserial PRIMARY KEY,
  article text NOT NULL,
  amount int NOT NULL
);
CREATE TABLE member (
  email text PRIMARY KEY
);
