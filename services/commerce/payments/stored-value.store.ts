import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Entry, EntryKind, StoredValue } from "./domain/stored-value.ts";

const COLUMNS = `account_id AS "accountId", kind, currency, balance_minor AS "balanceMinor", reserved_minor AS "reservedMinor",
  disabled_at IS NOT NULL AS "isDisabled"`;
const CARD = `${COLUMNS}, last4, issued_minor AS "issuedMinor", created_at AS "createdAt"`;

export interface GiftCard extends StoredValue {
  last4: string;
  issuedMinor: number;
  createdAt: Date;
}

/** An entry of an account, as it is listed. */
export interface StoredEntry {
  entryId: number;
  kind: EntryKind;
  currency: string;
  balanceMinor: number;
  reservedMinor: number;
  paymentId: string | null;
  orderId: string | null;
  reason: string | null;
  at: Date;
}

/** Entries of a payment. */
export interface Movement {
  paymentId: string;
  orderId: string;
  entry: Entry;
}

/**
 * Locks accounts in the order of their ids, so that two transactions cannot wait for each other. Accounts are locked after
 * payables, payments and operations.
 */
export function lockStoredValue(tx: Queryable, accountIds: readonly string[]): Promise<StoredValue[]> {
  return tx.query<StoredValue>(
    `SELECT ${COLUMNS} FROM stored_value WHERE account_id = ANY ($1::text[]) ORDER BY account_id FOR UPDATE`,
    [accountIds],
  );
}

/** Applies entries to accounts that the caller has locked. */
export function moveStoredValue(tx: Transaction, movements: readonly Movement[]): void {
  tx.write(
    `WITH entry AS (
       INSERT INTO stored_value_entry (account_id, kind, balance_minor, reserved_minor, payment_id, order_id)
       SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
       RETURNING account_id, balance_minor, reserved_minor
     ), change AS (
       SELECT account_id, sum(balance_minor)::bigint AS balance, sum(reserved_minor)::bigint AS reserved
       FROM entry GROUP BY account_id
     )
     UPDATE stored_value v SET balance_minor = v.balance_minor + change.balance,
                               reserved_minor = v.reserved_minor + change.reserved
     FROM change WHERE v.account_id = change.account_id AND v.account_id = ANY ($1::text[])`,
    [
      movements.map(({ entry }) => entry.accountId),
      movements.map(({ entry }) => entry.kind),
      movements.map(({ entry }) => entry.balanceMinor),
      movements.map(({ entry }) => entry.reservedMinor),
      movements.map(({ paymentId }) => paymentId),
      movements.map(({ orderId }) => orderId),
    ],
  );
}

export async function insertGiftCard(
  tx: Queryable,
  card: { giftCardId: string; currency: string; codeHash: string; last4: string; amountMinor: number },
): Promise<void> {
  await tx.query(
    `WITH card AS (
       INSERT INTO stored_value (account_id, kind, currency, code_hash, last4, issued_minor, balance_minor)
       VALUES ($1, 'giftCard', $2, $3, $4, $5, $5) RETURNING account_id
     )
     INSERT INTO stored_value_entry (account_id, kind, balance_minor, reserved_minor)
     SELECT account_id, 'issued', $5, 0 FROM card`,
    [card.giftCardId, card.currency, card.codeHash, card.last4, card.amountMinor],
  );
}

/** Adds to the store credit of a customer. @returns the balance afterwards */
export async function grantCredit(
  tx: Queryable,
  grant: {
    accountId: string;
    customerId: string;
    currency: string;
    amountMinor: number;
    grantId: string;
    reason: string;
  },
): Promise<StoredValue> {
  const [account] = await tx.query<StoredValue>(
    `INSERT INTO stored_value AS v (account_id, kind, customer_id, currency, balance_minor)
     VALUES ($1, 'storeCredit', $2, $3, $4)
     ON CONFLICT (account_id) DO UPDATE SET balance_minor = v.balance_minor + $4
     RETURNING ${COLUMNS}`,
    [grant.accountId, grant.customerId, grant.currency, grant.amountMinor],
  );
  if (!account) throw new Error(`${grant.accountId} was not stored.`);
  await tx.query(
    `INSERT INTO stored_value_entry (account_id, kind, balance_minor, reserved_minor, grant_id, reason)
     VALUES ($1, 'issued', $2, 0, $3, $4)`,
    [grant.accountId, grant.amountMinor, grant.grantId, grant.reason],
  );
  return account;
}

/** Ends what is left of a card and not reserved. The caller has locked it. */
export async function disableCard(tx: Queryable, accountId: string, forfeitedMinor: number): Promise<void> {
  await tx.query(
    `UPDATE stored_value SET disabled_at = coalesce(disabled_at, now()), balance_minor = balance_minor - $2
     WHERE account_id = $1`,
    [accountId, forfeitedMinor],
  );
  if (forfeitedMinor === 0) return;
  await tx.query(
    `INSERT INTO stored_value_entry (account_id, kind, balance_minor, reserved_minor) VALUES ($1, 'forfeited', -$2::bigint, 0)`,
    [accountId, forfeitedMinor],
  );
}

/** The cards with these hashes of codes, by the hash. Unknown ones are left out. */
export async function findCards(db: Queryable, hashes: readonly string[]): Promise<ReadonlyMap<string, GiftCard>> {
  const rows = await db.query<GiftCard & { codeHash: string }>(
    `SELECT ${CARD}, code_hash AS "codeHash" FROM stored_value WHERE code_hash = ANY ($1::text[])`,
    [hashes],
  );
  return new Map(rows.map(({ codeHash, ...card }) => [codeHash, card]));
}

export async function readAccount(db: Queryable, accountId: string): Promise<StoredValue | undefined> {
  const [row] = await db.query<StoredValue>(`SELECT ${COLUMNS} FROM stored_value WHERE account_id = $1`, [accountId]);
  return row;
}

export async function readCard(db: Queryable, giftCardId: string): Promise<GiftCard | undefined> {
  const [row] = await db.query<GiftCard>(
    `SELECT ${CARD} FROM stored_value WHERE account_id = $1 AND kind = 'giftCard'`,
    [giftCardId],
  );
  return row;
}

type Rows = { limit: number; offset: number };

export async function listCards(db: Queryable, { limit, offset }: Rows): Promise<{ total: number; cards: GiftCard[] }> {
  const cards = await db.query<GiftCard>(
    `SELECT ${CARD} FROM stored_value WHERE kind = 'giftCard' ORDER BY created_at DESC, account_id DESC LIMIT $1 OFFSET $2`,
    [limit, offset],
  );
  const [row] = await db.query<{ count: number }>("SELECT count(*) AS count FROM stored_value WHERE kind = 'giftCard'");
  return { total: row?.count ?? 0, cards };
}

/** The store credit of a customer, one account for each currency. */
export function listCredit(db: Queryable, customerId: string): Promise<StoredValue[]> {
  return db.query<StoredValue>(`SELECT ${COLUMNS} FROM stored_value WHERE customer_id = $1 ORDER BY currency`, [
    customerId,
  ]);
}

/** The entries of accounts, the newest first. */
export async function listEntries(
  db: Queryable,
  accountIds: readonly string[],
  { limit, offset }: Rows,
): Promise<{ total: number; entries: StoredEntry[] }> {
  const entries = await db.query<StoredEntry>(
    `SELECT entry_id AS "entryId", e.kind, currency, e.balance_minor AS "balanceMinor", e.reserved_minor AS "reservedMinor",
            payment_id AS "paymentId", order_id AS "orderId", reason, at
     FROM stored_value_entry e JOIN stored_value USING (account_id)
     WHERE account_id = ANY ($1::text[]) ORDER BY entry_id DESC LIMIT $2 OFFSET $3`,
    [accountIds, limit, offset],
  );
  const [row] = await db.query<{ count: number }>(
    "SELECT count(*) AS count FROM stored_value_entry WHERE account_id = ANY ($1::text[])",
    [accountIds],
  );
  return { total: row?.count ?? 0, entries };
}
