import { normalEmail } from "#lib/contract/email.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Database } from "#lib/sql/database.ts";
import { isTableEmpty } from "#lib/sql/is-table-empty.ts";
import { sqlState, UNIQUE_VIOLATION } from "#lib/sql/sql-state.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Profile } from "./domain/profile.ts";

export interface Address {
  street: string;
  city: string;
  state: string;
  zipCode: string;
  country: string;
}

export interface StoredAddress extends Address {
  addressId: string;
}

export interface Customer extends Profile {
  customerId: string;
  createdAt: Date;
}

export type Preferences = Record<string, string | number | boolean | null>;

interface CustomerRow {
  customer_id: string;
  email: string;
  first_name: string;
  last_name: string;
  phone: string | null;
  created_at: Date;
}

const COLUMNS = "customer_id, email, first_name, last_name, phone, created_at";

function customerOf(row: CustomerRow): Customer {
  return {
    customerId: row.customer_id,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    phone: row.phone,
    createdAt: row.created_at,
  };
}

/**
 * When two requests register the same email at the same moment, the second waits here for the first to commit.
 * @throws DomainError EMAIL_TAKEN
 */
export async function insertCustomer(tx: Queryable, customerId: string, profile: Profile): Promise<void> {
  const rows = await tx.query(
    `INSERT INTO customer (customer_id, email, first_name, last_name, phone) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING RETURNING 1 AS inserted`,
    [customerId, profile.email, profile.firstName, profile.lastName, profile.phone],
  );
  if (rows.length === 0) throw new DomainError("EMAIL_TAKEN");
}

export async function findCustomer(db: Queryable, customerId: string): Promise<Customer | undefined> {
  const [row] = await db.query<CustomerRow>(`SELECT ${COLUMNS} FROM customer WHERE customer_id = $1`, [customerId]);
  return row && customerOf(row);
}

/**
 * Locks a customer until the transaction ends, so that changes of one customer happen one after the other.
 * @throws DomainError NOT_FOUND
 */
export async function lockCustomer(tx: Queryable, customerId: string): Promise<Customer> {
  const [row] = await tx.query<CustomerRow>(`SELECT ${COLUMNS} FROM customer WHERE customer_id = $1 FOR UPDATE`, [
    customerId,
  ]);
  if (!row) throw new DomainError("NOT_FOUND");
  return customerOf(row);
}

/** @throws DomainError EMAIL_TAKEN */
export async function saveProfile(tx: Queryable, customerId: string, profile: Profile): Promise<void> {
  try {
    await tx.query(
      "UPDATE customer SET email = $2, first_name = $3, last_name = $4, phone = $5 WHERE customer_id = $1",
      [customerId, profile.email, profile.firstName, profile.lastName, profile.phone],
    );
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) throw new DomainError("EMAIL_TAKEN");
    throw error;
  }
}

export function pageOfCustomers(
  db: Database,
  query: {
    page?: number | undefined;
    limit?: number | undefined;
    sort?: string | undefined;
    email?: string | undefined;
  },
) {
  const { email, sort = "-createdAt", ...page } = query;
  return db.page<Customer>({
    ...page,
    sort: `${sort} customerId`, // the id makes the order unique, so that no customer is on two pages
    ...(email ? { where: { email: normalEmail(email) } } : {}),
  });
}

export async function findExistingCustomers(db: Queryable, customerIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ customer_id: string }>(
    "SELECT customer_id FROM customer WHERE customer_id = ANY ($1::text[])",
    [customerIds],
  );
  return rows.map((row) => row.customer_id);
}

type CustomerName = Pick<Customer, "customerId" | "email" | "firstName" | "lastName">;

export function findNames(db: Queryable, customerIds: readonly string[]): Promise<CustomerName[]> {
  return db.query<CustomerName>(
    `SELECT customer_id AS "customerId", email, first_name AS "firstName", last_name AS "lastName"
     FROM customer WHERE customer_id = ANY ($1::text[])`,
    [customerIds],
  );
}

export const isEmpty = (db: Queryable) => isTableEmpty(db, "customer");

const ADDRESS_COLUMNS = `address_id AS "addressId", street, city, state, zip_code AS "zipCode", country`;

/** At most `CUSTOMER_ADDRESSES` addresses, the oldest first. */
export function addressesOf(db: Queryable, customerId: string): Promise<StoredAddress[]> {
  return db.query<StoredAddress>(
    `SELECT ${ADDRESS_COLUMNS} FROM address WHERE customer_id = $1 ORDER BY created_at, address_id`,
    [customerId],
  );
}

export async function insertAddress(tx: Queryable, customerId: string, address: StoredAddress): Promise<void> {
  await tx.query(
    `INSERT INTO address (address_id, customer_id, street, city, state, zip_code, country)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [address.addressId, customerId, address.street, address.city, address.state, address.zipCode, address.country],
  );
}

export async function saveAddress(tx: Queryable, customerId: string, address: StoredAddress): Promise<void> {
  await tx.query(
    `UPDATE address SET street = $3, city = $4, state = $5, zip_code = $6, country = $7
     WHERE customer_id = $2 AND address_id = $1`,
    [address.addressId, customerId, address.street, address.city, address.state, address.zipCode, address.country],
  );
}

/** @returns whether there was such an address */
export async function deleteAddress(tx: Queryable, customerId: string, addressId: string): Promise<boolean> {
  const rows = await tx.query("DELETE FROM address WHERE customer_id = $1 AND address_id = $2 RETURNING 1 AS deleted", [
    customerId,
    addressId,
  ]);
  return rows.length > 0;
}

export async function findPreferences(db: Queryable, customerId: string): Promise<Preferences | undefined> {
  const [row] = await db.query<{ preferences: Preferences }>(
    "SELECT preferences FROM customer WHERE customer_id = $1",
    [customerId],
  );
  return row?.preferences;
}

export async function savePreferences(tx: Queryable, customerId: string, preferences: Preferences): Promise<void> {
  await tx.query("UPDATE customer SET preferences = $2::json WHERE customer_id = $1", [
    customerId,
    JSON.stringify(preferences),
  ]);
}
