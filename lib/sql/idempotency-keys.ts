import { createHash } from "node:crypto";
import { limits } from "#config/limits.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { lockKey } from "./lock-keys.ts";
import { sqlState } from "./sql-state.ts";
import type { Queryable, Transaction } from "./transaction.ts";

/** A request that must have one effect, even if it is sent several times. */
export interface IdempotentRequest {
  caller: string;
  action: string;
  key: string;
  requestHash: string;
}

/** A stored answer; none if the request was not answered before. */
export type StoredAnswer = { answer: unknown } | undefined;

/** The owner of a key, so that two callers may use the same key. Guests are distinguished by their address. */
export function callerOf(auth: Auth, address: string): string {
  switch (auth.kind) {
    case "customer":
      return `customer:${auth.customerId}`;
    case "staff":
      return `staff:${auth.staffId}`;
    case "service":
      return `service:${auth.service}`;
    case "anonymous":
      return `guest:${address}`;
    default:
      return auth satisfies never;
  }
}

/** Does not depend on the order of properties. Passwords are left out, because a fast hash of one can be guessed. */
export function requestHash(params: unknown): string {
  return createHash("sha256").update(canonical(params)).digest("base64url");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([name, inner]) => inner !== undefined && name !== "password");
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/**
 * The stored answer of a request, if it was answered before.
 * @throws DomainError IDEMPOTENCY_KEY_REUSED when the key was used with another body
 */
export async function storedAnswer(db: Queryable, request: IdempotentRequest): Promise<StoredAnswer> {
  const [row] = await db.query<{ request_hash: string; answer: unknown }>(
    "SELECT request_hash, answer FROM idempotency_key WHERE caller = $1 AND action = $2 AND key = $3 AND expires_at > now()",
    [request.caller, request.action, request.key],
  );
  if (!row) return undefined;
  if (row.request_hash !== request.requestHash) throw new DomainError("IDEMPOTENCY_KEY_REUSED");
  return { answer: row.answer };
}

/**
 * A statement that is sent without waiting for its result can stop the transaction only by failing, so the statements here
 * divide by zero where the transaction must not continue.
 */
const DIVISION_BY_ZERO = "22012";

/**
 * Locks the key until the transaction ends. It does not wait for the answer: while another transaction holds the lock, the
 * statements after this one do nothing, and the transaction fails.
 * @throws DomainError IDEMPOTENCY_IN_PROGRESS from the transaction
 */
export function claim(tx: Transaction, request: IdempotentRequest): void {
  const inProgress = () =>
    new DomainError("IDEMPOTENCY_IN_PROGRESS", undefined, { retryAfterSeconds: limits.RETRY_AFTER_SECONDS });
  tx.write(
    `SELECT 1 / pg_try_advisory_xact_lock(${lockKey("idempotencyKey")})::int`,
    [`${request.caller}/${request.action}/${request.key}`],
    (error) => (sqlState(error) === DIVISION_BY_ZERO ? inProgress() : error),
  );
}

/** Rolls work back, because another request with the same key has just been answered. */
export class AnsweredConcurrently extends Error {
  constructor() {
    super("Another request with the same idempotency key was answered meanwhile.");
  }
}

/** An answer that is neither expired nor to be replaced ($7) is kept, and the statement fails. */
const KEEP = `INSERT INTO idempotency_key AS k (caller, action, key, request_hash, answer, expires_at)
  VALUES ($1, $2, $3, $4, $5::json, now() + make_interval(hours => $6))
  ON CONFLICT (caller, action, key) DO UPDATE
    SET request_hash = EXCLUDED.request_hash, answer = EXCLUDED.answer,
        expires_at = EXCLUDED.expires_at + make_interval(secs => 1 - 1 / (k.expires_at <= now() OR $7)::int)`;

function valuesToKeep({ caller, action, key, requestHash: hash }: IdempotentRequest, answer: unknown, again: boolean) {
  return [caller, action, key, hash, JSON.stringify(answer ?? null), limits.IDEMPOTENCY_HOURS, again];
}

const refusalToKeep = (error: unknown) => (sqlState(error) === DIVISION_BY_ZERO ? new AnsweredConcurrently() : error);

/**
 * Stores the answer in the transaction that did the work, without waiting for it.
 * @param again replaces the answer of an earlier transaction of the same request
 * @throws AnsweredConcurrently from the transaction, when another request with this key committed first
 */
export function keepAnswer(tx: Transaction, request: IdempotentRequest, answer: unknown, again: boolean): void {
  tx.write(KEEP, valuesToKeep(request, answer, again), refusalToKeep);
}

/**
 * Stores the answer to a request that took no transaction.
 * @throws AnsweredConcurrently when another request with this key was answered first
 */
export async function keepAnswerAlone(db: Queryable, request: IdempotentRequest, answer: unknown): Promise<void> {
  try {
    await db.query(KEEP, valuesToKeep(request, answer, false));
  } catch (error) {
    throw refusalToKeep(error);
  }
}
