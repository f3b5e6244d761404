-- A credential is pending until its subject is known to exist. Two registrations of one email may be pending side by
-- side; whose email it is, is decided by the service that owns the subject.
CREATE TABLE credential (
  subject_id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('customer', 'staff')),
  email text NOT NULL,
  password_hash text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'active')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX credential_active_email ON credential (kind, email) WHERE state = 'active';
CREATE INDEX credential_pending ON credential (created_at) WHERE state = 'pending';

-- One login. Its row knows only the newest refresh token, by hash: any other token that names the session is an old one.
CREATE TABLE session (
  session_id text PRIMARY KEY,
  kind text NOT NULL,
  subject_id text NOT NULL,
  token_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX session_expiry ON session (expires_at);

-- Keys that sign or have signed. The private part is here only for a key made in development, where the nodes have
-- nothing else in common; the public part of a retired key stays until the tokens it signed have expired.
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  public_jwk json NOT NULL,
  private_jwk json,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz
);
CREATE UNIQUE INDEX signing_key_made_here ON signing_key ((true)) WHERE private_jwk IS NOT NULL AND retired_at IS NULL;
