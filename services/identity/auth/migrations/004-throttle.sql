-- What is counted against the guessing of passwords: failed logins by account, by address and by both, and registrations
-- by address. A key is a keyed hash, so that whoever reads the table learns no email and no address.
CREATE TABLE attempt_counter (
  key text PRIMARY KEY,
  count integer NOT NULL DEFAULT 0,
  counted_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- when the count was right; since then it has been falling
  last_at timestamptz
);
CREATE INDEX attempt_counter_age ON attempt_counter (counted_at);

-- Where an account has logged in lately. Strangers who guess its password elsewhere do not delay its logins from there.
CREATE TABLE login_address (
  subject_id text NOT NULL,
  address_hash text NOT NULL,
  last_login_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject_id, address_hash)
);
CREATE INDEX login_address_age ON login_address (last_login_at);

-- The random key of these hashes, and of the accounts' names in logs. It is made once, and all nodes read it here.
CREATE TABLE hash_key (
  purpose text PRIMARY KEY,
  key text NOT NULL
);
