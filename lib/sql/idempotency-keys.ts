import { createHash } from "node:crypto";
import { limits } from "#config/limits.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { lockKey } from "./lock-keys.ts";
import type { Queryable, Transaction } from "./transaction.ts";

/** A request that must have one effect, even if it is sent several times. */
export interface IdempotentRequest {
  caller: string;
  action: string;
  key: string;
  requestHash: string;
}

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
export async function storedAnswer(
  db: Queryable,
  request: IdempotentRequest,
): Promise<{ answer: unknown } | undefined> {
  const [row] = await db.query<{ request_hash: string; answer: unknown }>(
    "SELECT request_hash, answer FROM idempotency_key WHERE caller = $1 AND action = $2 AND key = $3 AND expires_at > now()",
    [request.caller, request.action, request.key],
  );
  if (!row) return undefined;
  if (row.request_hash !== request.requestHash) throw new DomainError("IDEMPOTENCY_KEY_REUSED");
  return { answer: row.answer };
}

/**
 * Locks the key until the transaction ends.
 * @throws DomainError IDEMPOTENCY_IN_PROGRESS while another transaction holds the lock
 */
export async function claim(tx: Transaction, request: IdempotentRequest): Promise<void> {
  const [row] = await tx.query<{ free: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${lockKey("idempotencyKey")}) AS free`,
    [`${request.caller}/${request.action}/${request.key}`],
  );
  if (!row?.free)
    throw new DomainError("IDEMPOTENCY_IN_PROGRESS", undefined, { retryAfterSeconds: limits.RETRY_AFTER_SECONDS });
}

/** Rolls work back, because another request with the same key has just been answered. */
export class AnsweredConcurrently extends Error {}

/**
 * Stores the answer, in the transaction that did the work.
 * @param again replaces the answer of an earlier transaction of the same request
 * @throws AnsweredConcurrently when another request with this key committed first
 */
export async function keepAnswer(
  db: Queryable,
  request: IdempotentRequest,
  answer: unknown,
  again = false,
): Promise<void> {
  const kept = await db.query(
    `INSERT INTO idempotency_key AS k (caller, action, key, request_hash, answer, expires_at)
     VALUES ($1, $2, $3, $4, $5::json, now() + make_interval(hours => $6))
     ON CONFLICT (caller, action, key) DO UPDATE
       SET request_hash = EXCLUDED.request_hash, answer = EXCLUDED.answer, expires_at = EXCLUDED.expires_at
       WHERE k.expires_at <= now() OR $7
     RETURNING 1 AS kept`,
    [
      request.caller,
      request.action,
      request.key,
      request.requestHash,
      JSON.stringify(answer ?? null),
      limits.IDEMPOTENCY_HOURS,
      again,
    ],
  );
  if (kept.length === 0)
    throw new AnsweredConcurrently("Another request with the same idempotency key was answered meanwhile.");
}
