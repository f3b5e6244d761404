import { lockKey } from "#lib/sql/lock-keys.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { EncryptedRow, EncryptedRows, Renewed } from "#lib/vault/rotation.ts";
import type { Sealed } from "#lib/vault/vault.ts";
import { paymentLimits } from "./domain/limits.ts";
import type { ProviderName } from "./domain/provider-names.ts";

/** A saved method. Its token is encrypted. */
export interface StoredMethod {
  paymentMethodId: string;
  customerId: string;
  provider: ProviderName;
  token: string;
  customerReference: string;
  brand: string;
  last4: string;
  expiresMonth: number;
  expiresYear: number;
  createdAt: Date;
}

const COLUMNS = `payment_method_id AS "paymentMethodId", customer_id AS "customerId", provider, token,
  customer_reference AS "customerReference", brand, last4, expires_month AS "expiresMonth", expires_year AS "expiresYear",
  created_at AS "createdAt"`;

/** What the token of a method is bound to: with another customer or provider in its row it cannot be decrypted. */
export function rowOf({
  paymentMethodId,
  customerId,
  provider,
}: Pick<StoredMethod, "paymentMethodId" | "customerId" | "provider">): string {
  return JSON.stringify(["saved_method", "token", paymentMethodId, customerId, provider]);
}

/** The newest first. */
export function listMethods(db: Queryable, customerId: string): Promise<StoredMethod[]> {
  return db.query<StoredMethod>(
    `SELECT ${COLUMNS} FROM saved_method WHERE customer_id = $1 ORDER BY created_at DESC, payment_method_id DESC LIMIT $2`,
    [customerId, paymentLimits.METHODS_PER_CUSTOMER],
  );
}

/** A method of this customer. */
export async function readMethod(
  db: Queryable,
  customerId: string,
  paymentMethodId: string,
): Promise<StoredMethod | undefined> {
  const [method] = await db.query<StoredMethod>(
    `SELECT ${COLUMNS} FROM saved_method WHERE payment_method_id = $2 AND customer_id = $1`,
    [customerId, paymentMethodId],
  );
  return method;
}

export async function removeMethod(db: Queryable, paymentMethodId: string): Promise<void> {
  await db.query("DELETE FROM saved_method WHERE payment_method_id = $1", [paymentMethodId]);
}

/** A setup that was begun. */
export interface StoredSetup {
  setupId: string;
  customerId: string;
  provider: ProviderName;
  /** The provider's id of the customer, as it was known when the setup began. */
  customerReference: string | null;
  /** Null until the provider has answered. */
  reference: string | null;
}

const SETUP_COLUMNS = `setup_id AS "setupId", customer_id AS "customerId", provider,
  customer_reference AS "customerReference", reference`;

/** Waits for its turn with the setups of a customer, so that two requests do not both take the last place. */
export async function lockSetups(tx: Transaction, customerId: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${lockKey("owner")})`, [`saved methods/${customerId}`]);
}

/** How many methods a customer has saved, and has begun to save of late. */
export async function countMethods(tx: Transaction, customerId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM saved_method WHERE customer_id = $1) +
            (SELECT count(*) FROM method_setup WHERE customer_id = $1 AND NOT done
               AND created_at > now() - make_interval(hours => $2)) AS count`,
    [customerId, paymentLimits.SETUP_HOURS],
  );
  return row?.count ?? 0;
}

/** The client and the idempotency key of a request that begins a setup. */
export interface SetupClient {
  client: string;
  key: string;
}

/** The setup that an earlier request with this key has begun, within the time for which keys count. */
export async function earlierSetup(
  tx: Transaction,
  { client, key }: SetupClient,
  hours: number,
): Promise<StoredSetup | undefined> {
  await tx.query(
    `UPDATE method_setup SET client_key = NULL
     WHERE client = $1 AND client_key = $2 AND created_at <= now() - make_interval(hours => $3)`,
    [client, key, hours],
  );
  const [setup] = await tx.query<StoredSetup>(
    `SELECT ${SETUP_COLUMNS} FROM method_setup WHERE client = $1 AND client_key = $2`,
    [client, key],
  );
  return setup;
}

/** Stores a setup that begins, with the provider's id of the customer, if it has one. */
export async function insertSetup(
  tx: Transaction,
  { setupId, customerId, provider }: Pick<StoredSetup, "setupId" | "customerId" | "provider">,
  client: SetupClient | undefined,
): Promise<StoredSetup> {
  const [setup] = await tx.query<StoredSetup>(
    `INSERT INTO method_setup (setup_id, customer_id, provider, customer_reference, client, client_key)
     VALUES ($1, $2, $3, (SELECT reference FROM provider_customer WHERE customer_id = $2 AND provider = $3), $4, $5)
     RETURNING ${SETUP_COLUMNS}`,
    [setupId, customerId, provider, client?.client ?? null, client?.key ?? null],
  );
  if (!setup) throw new Error(`${setupId} was not stored.`);
  return setup;
}

/** Stores what the provider has answered: its ids of the setup and of the customer. */
export async function recordSetup(
  db: Queryable,
  { setupId, customerId, provider }: StoredSetup,
  { reference, customerReference }: { reference: string; customerReference: string },
): Promise<void> {
  await db.query(
    `WITH customer AS (
       INSERT INTO provider_customer (customer_id, provider, reference) VALUES ($2, $3, $5)
       ON CONFLICT (customer_id, provider) DO NOTHING
     )
     UPDATE method_setup SET reference = $4 WHERE setup_id = $1`,
    [setupId, customerId, provider, reference, customerReference],
  );
}

/** An open setup, by the provider's id. */
export async function findOpenSetup(
  db: Queryable,
  provider: string,
  reference: string,
): Promise<StoredSetup | undefined> {
  const [setup] = await db.query<StoredSetup>(
    `SELECT ${SETUP_COLUMNS} FROM method_setup WHERE provider = $1 AND reference = $2 AND NOT done`,
    [provider, reference],
  );
  return setup;
}

/** Open setups of a customer to look up now: those that never were, the newest first, and then those that were longest ago. */
export function takeOpenSetups(db: Queryable, customerId: string): Promise<(StoredSetup & { reference: string })[]> {
  return db.query(
    `UPDATE method_setup SET looked_at = now() WHERE setup_id IN (
       SELECT setup_id FROM method_setup
       WHERE customer_id = $1 AND NOT done AND reference IS NOT NULL AND created_at > now() - make_interval(hours => $2)
       ORDER BY looked_at NULLS FIRST, created_at DESC LIMIT $3 FOR UPDATE SKIP LOCKED
     ) RETURNING ${SETUP_COLUMNS}`,
    [customerId, paymentLimits.SETUP_HOURS, paymentLimits.SETUPS_LOOKED_UP],
  );
}

/**
 * Saves the method of a setup, if it is open and the customer has room.
 * @returns `closed` when its method was saved before, `full` when there is no room
 */
export async function saveMethod(
  db: Queryable,
  { setupId }: Pick<StoredSetup, "setupId">,
  method: Omit<StoredMethod, "createdAt" | "token">,
  { keyId, value }: Sealed,
): Promise<"saved" | "closed" | "full"> {
  const [row] = await db.query<{ saved: boolean }>(
    `WITH closed AS (
       UPDATE method_setup SET done = true WHERE setup_id = $1 AND NOT done RETURNING setup_id
     ), saved AS (
       INSERT INTO saved_method (payment_method_id, customer_id, provider, setup_id, token, key_id, customer_reference, brand,
         last4, expires_month, expires_year)
       SELECT $2, $3, $4, setup_id, $5, $6, $7, $8, $9, $10, $11 FROM closed
       WHERE (SELECT count(*) FROM saved_method WHERE customer_id = $3) < $12
       RETURNING setup_id
     )
     SELECT EXISTS (SELECT FROM saved) AS saved FROM closed`,
    [
      setupId,
      method.paymentMethodId,
      method.customerId,
      method.provider,
      value,
      keyId,
      method.customerReference,
      method.brand,
      method.last4,
      method.expiresMonth,
      method.expiresYear,
      paymentLimits.METHODS_PER_CUSTOMER,
    ],
  );
  if (!row) return "closed";
  return row.saved ? "saved" : "full";
}

export async function deleteOldSetups(db: Queryable, days: number, rows: number): Promise<void> {
  await db.query(
    `DELETE FROM method_setup WHERE setup_id IN (
       SELECT setup_id FROM method_setup WHERE created_at < now() - make_interval(days => $1)
       ORDER BY created_at LIMIT $2)`,
    [days, rows],
  );
}

/** The encrypted tokens, for a rotation of their data keys. */
export function encryptedTokens(db: Queryable): EncryptedRows {
  return {
    async read(keyId, after, limit): Promise<EncryptedRow[]> {
      const rows = await db.query<StoredMethod>(
        `SELECT ${COLUMNS} FROM saved_method WHERE key_id <> $1 AND payment_method_id > $2
         ORDER BY payment_method_id LIMIT $3`,
        [keyId, after, limit],
      );
      return rows.map((method) => ({ id: method.paymentMethodId, value: method.token, row: rowOf(method) }));
    },
    async count(keyId) {
      const [row] = await db.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM saved_method WHERE key_id <> $1",
        [keyId],
      );
      return row?.count ?? 0;
    },
    async replace(renewed: readonly Renewed[]) {
      await db.query(
        `UPDATE saved_method m SET token = n.value, key_id = n.key_id
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (id, old, value, key_id)
         WHERE m.payment_method_id = n.id AND m.token = n.old`,
        [
          renewed.map(({ id }) => id),
          renewed.map(({ from }) => from),
          renewed.map(({ to }) => to.value),
          renewed.map(({ to }) => to.keyId),
        ],
      );
    },
  };
}
