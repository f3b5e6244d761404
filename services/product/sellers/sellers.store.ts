import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Sealed } from "#lib/vault/vault.ts";
import type { SellerStatus } from "./domain/seller.ts";

export interface StoredAddress {
  street: string;
  city: string;
  state: string;
  zipCode: string;
  country?: string;
}

/** A seller, without the account that payouts go to, which is encrypted. */
export interface Seller {
  sellerId: string;
  ownerId: string;
  status: SellerStatus;
  reason: string | null;
  checkId: string | null;
  name: string;
  email: string;
  country: string;
  legalName: string | null;
  taxId: string | null;
  address: StoredAddress | null;
  ibanEnd: string | null;
  createdAt: Date;
}

const SELLER = `seller_id AS "sellerId", owner_id AS "ownerId", status, reason, check_id AS "checkId", name, email, country,
  legal_name AS "legalName", tax_id AS "taxId", address, iban_end AS "ibanEnd", created_at AS "createdAt"`;

/** An account that payouts go to: encrypted, and its end, which is shown. */
export interface SealedIban {
  sealed: Sealed;
  end: string;
}

/** What an IBAN is bound to: in the row of another seller it cannot be decrypted. */
export function ibanRow(sellerId: string): string {
  return JSON.stringify(["seller", "iban", sellerId]);
}

export async function findSeller(db: Queryable, sellerId: string): Promise<Seller | undefined> {
  const [seller] = await db.query<Seller>(`SELECT ${SELLER} FROM seller WHERE seller_id = $1`, [sellerId]);
  return seller;
}

export async function lockSeller(tx: Queryable, sellerId: string): Promise<Seller | undefined> {
  const [seller] = await tx.query<Seller>(`SELECT ${SELLER} FROM seller WHERE seller_id = $1 FOR NO KEY UPDATE`, [
    sellerId,
  ]);
  return seller;
}

/** Whether a customer acts for a seller, as a member beside the owner. */
export async function isMember(db: Queryable, sellerId: string, customerId: string): Promise<boolean> {
  const rows = await db.query("SELECT FROM seller_member WHERE seller_id = $1 AND customer_id = $2", [
    sellerId,
    customerId,
  ]);
  return rows.length > 0;
}

export type Profile = Pick<Seller, "name" | "email" | "country" | "legalName" | "taxId" | "address">;

/** @returns false when the owner has as many sellers as there may be */
export async function insertSeller(
  tx: Transaction,
  { sellerId, ownerId, iban, ...profile }: Profile & Pick<Seller, "sellerId" | "ownerId"> & { iban?: SealedIban },
  most: number,
): Promise<boolean> {
  const [count] = await tx.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM (SELECT FROM seller WHERE owner_id = $1 LIMIT $2) own",
    [ownerId, most],
  );
  if ((count?.count ?? 0) >= most) return false;
  tx.write(
    `INSERT INTO seller (seller_id, owner_id, status, name, email, country, legal_name, tax_id, address, iban, iban_key_id, iban_end)
     VALUES ($1, $2, 'applied', $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [sellerId, ownerId, ...profileValues(profile), iban?.sealed.value, iban?.sealed.keyId, iban?.end],
  );
  return true;
}

export function updateProfile(tx: Transaction, sellerId: string, profile: Profile, iban: SealedIban | undefined): void {
  tx.write(
    `UPDATE seller SET name = $2, email = $3, country = $4, legal_name = $5, tax_id = $6, address = $7 WHERE seller_id = $1`,
    [sellerId, ...profileValues(profile)],
  );
  if (iban)
    tx.write("UPDATE seller SET iban = $2, iban_key_id = $3, iban_end = $4 WHERE seller_id = $1", [
      sellerId,
      iban.sealed.value,
      iban.sealed.keyId,
      iban.end,
    ]);
}

function profileValues({ name, email, country, legalName, taxId, address }: Profile): unknown[] {
  return [name, email, country, legalName, taxId, address === null ? null : JSON.stringify(address)];
}

export interface NewStatus {
  status: SellerStatus;
  reason: string | null;
  /** Another check that was begun; absent: the latest stays the one whose answer counts. */
  checkId?: string;
}

export function setStatus(tx: Transaction, sellerId: string, { status, reason, checkId }: NewStatus): void {
  tx.write(
    `UPDATE seller SET status = $2, reason = $3, check_id = coalesce($4, check_id), status_at = now() WHERE seller_id = $1`,
    [sellerId, status, reason, checkId ?? null],
  );
}

type PageAsked = { limit: number; offset: number };

/** The newest first. */
export async function pageOfSellers(
  db: Queryable,
  status: SellerStatus | undefined,
  { limit, offset }: PageAsked,
): Promise<{ rows: Seller[]; total: number }> {
  const order = "ORDER BY created_at DESC, seller_id DESC LIMIT $1 OFFSET $2";
  const [rows, counted] =
    status === undefined
      ? await Promise.all([
          db.query<Seller>(`SELECT ${SELLER} FROM seller ${order}`, [limit, offset]),
          db.query<{ total: number }>("SELECT count(*)::int AS total FROM seller"),
        ])
      : await Promise.all([
          db.query<Seller>(`SELECT ${SELLER} FROM seller WHERE status = $3 ${order}`, [limit, offset, status]),
          db.query<{ total: number }>("SELECT count(*)::int AS total FROM seller WHERE status = $1", [status]),
        ]);
  return { rows, total: counted[0]?.total ?? 0 };
}

/** The sellers that a customer owns or acts for: a handful. */
export function sellersOf(db: Queryable, customerId: string): Promise<Seller[]> {
  return db.query<Seller>(
    `SELECT ${SELLER} FROM seller
     WHERE owner_id = $1 OR seller_id IN (SELECT seller_id FROM seller_member WHERE customer_id = $1)
     ORDER BY created_at DESC, seller_id DESC`,
    [customerId],
  );
}

export async function membersOf(db: Queryable, sellerId: string): Promise<string[]> {
  const rows = await db.query<{ customerId: string }>(
    `SELECT customer_id AS "customerId" FROM seller_member WHERE seller_id = $1 ORDER BY customer_id`,
    [sellerId],
  );
  return rows.map(({ customerId }) => customerId);
}

export function saveMembers(tx: Transaction, sellerId: string, customerIds: readonly string[]): void {
  tx.write("DELETE FROM seller_member WHERE seller_id = $1 AND customer_id <> ALL ($2::text[])", [
    sellerId,
    customerIds,
  ]);
  tx.write(`INSERT INTO seller_member (seller_id, customer_id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, [
    sellerId,
    customerIds,
  ]);
}

/** The encrypted account of a seller, with the name that the bank needs. */
export async function accountOf(db: Queryable, sellerId: string): Promise<{ iban: string; name: string } | undefined> {
  const [row] = await db.query<{ iban: string; name: string }>(
    "SELECT iban, coalesce(legal_name, name) AS name FROM seller WHERE seller_id = $1 AND iban IS NOT NULL",
    [sellerId],
  );
  return row;
}
