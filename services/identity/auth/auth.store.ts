import type { JsonWebKey } from "node:crypto";
import { limits } from "#config/limits.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { auth } from "./contract.ts";
import { authLimits } from "./domain/limits.ts";

export type PublicKey = ResultOf<typeof auth.actions.jwks>["keys"][number];

export interface Identity {
  kind: "customer" | "staff";
  subjectId: string;
}

/** Inserts or replaces a pending credential; an active one is not changed. */
export async function savePendingCredential(
  db: Queryable,
  { kind, subjectId }: Identity,
  email: string,
  hash: string,
): Promise<void> {
  await db.query(
    `INSERT INTO credential (subject_id, kind, email, password_hash) VALUES ($1, $2, $3, $4)
     ON CONFLICT (subject_id) DO UPDATE SET email = EXCLUDED.email, password_hash = EXCLUDED.password_hash
       WHERE credential.state = 'pending'`,
    [subjectId, kind, email, hash],
  );
}

export async function activateCredentials(db: Queryable, subjectIds: readonly string[]): Promise<void> {
  await db.query("UPDATE credential SET state = 'active' WHERE subject_id = ANY ($1::text[]) AND state = 'pending'", [
    subjectIds,
  ]);
}

export async function updateEmail(db: Queryable, subjectId: string, email: string): Promise<void> {
  await db.query("UPDATE credential SET email = $2 WHERE subject_id = $1 AND email <> $2", [subjectId, email]);
}

/** An active credential, and whether its account has logged in from this address in the last `KNOWN_ADDRESS_DAYS`. */
export async function findActiveCredential(
  db: Queryable,
  kind: Identity["kind"],
  email: string,
  addressHash: string,
): Promise<{ subjectId: string; passwordHash: string; knownAddress: boolean } | undefined> {
  const [row] = await db.query<{ subject_id: string; password_hash: string; known_address: boolean }>(
    `SELECT subject_id, password_hash, EXISTS (
       SELECT 1 FROM login_address AS known WHERE known.subject_id = credential.subject_id AND address_hash = $3
         AND last_login_at > now() - make_interval(days => $4)) AS known_address
     FROM credential WHERE kind = $1 AND email = $2 AND state = 'active'`,
    [kind, email, addressHash, authLimits.KNOWN_ADDRESS_DAYS],
  );
  return row && { subjectId: row.subject_id, passwordHash: row.password_hash, knownAddress: row.known_address };
}

/** Subjects whose credential has been pending for longer than `PENDING_CREDENTIAL_MINUTES`. */
export async function overdueCredentials(db: Queryable, kind: Identity["kind"]): Promise<string[]> {
  const rows = await db.query<{ subject_id: string }>(
    `SELECT subject_id FROM credential
     WHERE state = 'pending' AND kind = $1 AND created_at < now() - make_interval(mins => $2)
     ORDER BY created_at LIMIT $3`,
    [kind, authLimits.PENDING_CREDENTIAL_MINUTES, limits.SWEEP_ROWS],
  );
  return rows.map((row) => row.subject_id);
}

export async function deletePendingCredentials(db: Queryable, subjectIds: readonly string[]): Promise<void> {
  await db.query("DELETE FROM credential WHERE subject_id = ANY ($1::text[]) AND state = 'pending'", [subjectIds]);
}

/** What a new access token takes from its session. */
export interface Issue {
  /** The time on the clock of the database; the clocks of nodes differ, and every node accepts the tokens. */
  now: Date;
  /** The name of the session in access tokens. */
  sid: string;
}

export async function insertSession(
  db: Queryable,
  sessionId: string,
  { kind, subjectId }: Identity,
  tokenHash: string,
): Promise<Issue> {
  const [row] = await db.query<{ now: Date; sid: string }>(
    `INSERT INTO session (session_id, kind, subject_id, token_hash, expires_at)
     VALUES ($1, $2, $3, $4, now() + make_interval(days => $5)) RETURNING now(), sid`,
    [sessionId, kind, subjectId, tokenHash, authLimits.SESSION_DAYS],
  );
  if (!row) throw new Error("The session was not stored.");
  return row;
}

export async function findSession(db: Queryable, sessionId: string): Promise<Identity | undefined> {
  const [row] = await db.query<{ kind: Identity["kind"]; subject_id: string }>(
    "SELECT kind, subject_id FROM session WHERE session_id = $1 AND expires_at > now()",
    [sessionId],
  );
  return row && { kind: row.kind, subjectId: row.subject_id };
}

/**
 * Replaces the current token of a session.
 * @returns undefined when the old token is not the current one
 */
export async function rotateToken(
  db: Queryable,
  sessionId: string,
  oldHash: string,
  next: { hash: string; successorKey: string },
): Promise<Issue | undefined> {
  const [row] = await db.query<{ now: Date; sid: string }>(
    `UPDATE session SET token_hash = $3, previous_hash = token_hash, successor_key = $4, refreshed_at = now(),
       expires_at = now() + make_interval(days => $5)
     WHERE session_id = $1 AND token_hash = $2 AND expires_at > now() RETURNING now(), sid`,
    [sessionId, oldHash, next.hash, next.successorKey, authLimits.SESSION_DAYS],
  );
  return row;
}

/** The last refresh of a session, if it replaced this token and is not longer ago than `REFRESH_GRACE_SECONDS`. */
export async function findLastRefresh(
  db: Queryable,
  sessionId: string,
  oldHash: string,
): Promise<(Issue & { successorKey: string }) | undefined> {
  const [row] = await db.query<{ successor_key: string; now: Date; sid: string }>(
    `SELECT successor_key, now(), sid FROM session
     WHERE session_id = $1 AND previous_hash = $2 AND refreshed_at > now() - make_interval(secs => $3)`,
    [sessionId, oldHash, authLimits.REFRESH_GRACE_SECONDS],
  );
  return row && { successorKey: row.successor_key, now: row.now, sid: row.sid };
}

/** @returns the sid of the session; undefined when it has ended before */
export async function deleteSession(db: Queryable, sessionId: string): Promise<string | undefined> {
  const [row] = await db.query<{ sid: string }>("DELETE FROM session WHERE session_id = $1 RETURNING sid", [sessionId]);
  return row?.sid;
}

/**
 * Ends the sessions of a member of staff that began up to a time.
 * @param until ISO 8601, in milliseconds as in events
 * @returns their sids
 */
export async function deleteSessionsOfStaff(db: Queryable, staffId: string, until: string): Promise<string[]> {
  const rows = await db.query<{ sid: string }>(
    `DELETE FROM session
     WHERE kind = 'staff' AND subject_id = $1 AND date_trunc('milliseconds', created_at) <= $2::timestamptz RETURNING sid`,
    [staffId, until],
  );
  return rows.map(({ sid }) => sid);
}

/** Those of these sessions that have not ended. */
export async function findActiveSessions(
  db: Queryable,
  sids: readonly string[],
): Promise<{ sid: string; subjectId: string }[]> {
  const rows = await db.query<{ sid: string; subject_id: string }>(
    "SELECT sid, subject_id FROM session WHERE sid = ANY ($1::text[]) AND expires_at > now()",
    [sids],
  );
  return rows.map(({ sid, subject_id: subjectId }) => ({ sid, subjectId }));
}

/** Deletes at most `SWEEP_ROWS` expired sessions. */
export async function deleteExpiredSessions(db: Queryable): Promise<void> {
  await db.query(
    "DELETE FROM session WHERE session_id IN (SELECT session_id FROM session WHERE expires_at < now() LIMIT $1)",
    [limits.SWEEP_ROWS],
  );
}

export async function findGeneratedKey(db: Queryable): Promise<JsonWebKey | undefined> {
  const [row] = await db.query<{ private_jwk: JsonWebKey }>(
    "SELECT private_jwk FROM signing_key WHERE private_jwk IS NOT NULL AND retired_at IS NULL",
  );
  return row?.private_jwk;
}

/** Stores a generated key, unless another node was faster. */
export async function insertGeneratedKey(db: Queryable, publicKey: PublicKey, privateKey: JsonWebKey): Promise<void> {
  await db.query(
    "INSERT INTO signing_key (kid, public_jwk, private_jwk) VALUES ($1, $2::json, $3::json) ON CONFLICT DO NOTHING",
    [publicKey.kid, JSON.stringify(publicKey), JSON.stringify(privateKey)],
  );
}

/**
 * Makes a configured key the current one and retires all others; a generated one loses its private part.
 * @returns whether the key is new
 */
export async function publishKey(db: Database, publicKey: PublicKey): Promise<boolean> {
  const cause = { correlationId: "signing-keys", causationId: "signing-keys", traceparent: null };
  return db.transaction(cause, async (tx) => {
    await tx.query(
      "UPDATE signing_key SET retired_at = now(), private_jwk = NULL WHERE kid <> $1 AND retired_at IS NULL",
      [publicKey.kid],
    );
    const [row] = await tx.query<{ is_new: boolean }>(
      `INSERT INTO signing_key (kid, public_jwk) VALUES ($1, $2::json)
       ON CONFLICT (kid) DO UPDATE SET retired_at = NULL RETURNING xmax = 0 AS is_new`,
      [publicKey.kid, JSON.stringify(publicKey)],
    );
    return row?.is_new ?? false;
  });
}

/** Public keys whose tokens may still be valid, the newest first. */
export async function publishedKeys(db: Queryable): Promise<PublicKey[]> {
  const rows = await db.query<{ public_jwk: PublicKey }>(
    `SELECT public_jwk FROM signing_key WHERE retired_at IS NULL OR retired_at > now() - make_interval(hours => $1)
     ORDER BY created_at DESC LIMIT $2`,
    [authLimits.RETIRED_KEY_HOURS, authLimits.PUBLISHED_KEYS],
  );
  return rows.map((row) => row.public_jwk);
}

/** The time on the clock of the database, which is the time of issue in tokens. */
export async function databaseTime(db: Queryable): Promise<Date> {
  const [row] = await db.query<{ now: Date }>("SELECT clock_timestamp() AS now");
  if (!row) throw new Error("The database did not say its time.");
  return row.now;
}

export async function deleteRetiredKeys(db: Queryable): Promise<void> {
  await db.query("DELETE FROM signing_key WHERE retired_at < now() - make_interval(hours => $1)", [
    authLimits.RETIRED_KEY_HOURS,
  ]);
}
