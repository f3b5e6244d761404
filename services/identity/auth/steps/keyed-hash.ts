import { createHmac, randomBytes } from "node:crypto";
import type { Queryable } from "#lib/sql/transaction.ts";
import { storedHashKey } from "../throttle.store.ts";

/** The same short text for the same text, on every node. */
export type KeyedHash = (text: string) => string;

/**
 * Names accounts and addresses in counters and logs. Without the key, which is only in this service's database, nobody can
 * find out by guessing emails whom a log line is about. The key of the tokens was rejected: after its replacement each
 * account and address would have another name.
 */
export async function keyedHash(db: Queryable): Promise<KeyedHash> {
  const key = await storedHashKey(db, "accounts and addresses", randomBytes(32).toString("base64url"));
  return (text) => createHmac("sha256", key).update(text).digest("base64url").slice(0, 22); // 128 bits
}
