import { paging } from "#lib/contract/contract.ts";
import type { Queryable } from "#lib/sql/transaction.ts";

export interface Group {
  code: string;
  name: string;
}

/** A part of all groups, by code. */
export async function pageOfGroups(db: Queryable, asked: { page?: number; limit?: number }) {
  const { page, limit, offset } = paging(asked);
  const [groups, counted] = await Promise.all([
    db.query<Group>("SELECT code, name FROM customer_group ORDER BY code LIMIT $1 OFFSET $2", [limit, offset]),
    db.query<{ total: number }>("SELECT count(*) AS total FROM customer_group"),
  ]);
  return { groups, pagination: { page, limit, total: counted[0]?.total ?? 0 } };
}

export async function findGroup(db: Queryable, code: string): Promise<Group | undefined> {
  const [group] = await db.query<Group>("SELECT code, name FROM customer_group WHERE code = $1", [code]);
  return group;
}

/** @returns whether the code was free */
export async function insertGroup(db: Queryable, { code, name }: Group): Promise<boolean> {
  const added = await db.query(
    "INSERT INTO customer_group (code, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING code",
    [code, name],
  );
  return added.length > 0;
}

/** @returns whether there is such a group */
export async function renameGroup(db: Queryable, { code, name }: Group): Promise<boolean> {
  const renamed = await db.query("UPDATE customer_group SET name = $2 WHERE code = $1 RETURNING code", [code, name]);
  return renamed.length > 0;
}

/** A member who joins at the same moment waits for the lock of the group, and then finds it gone, or keeps it. */
export async function deleteGroup(tx: Queryable, code: string): Promise<"deleted" | "unknown" | "in use"> {
  const locked = await tx.query("SELECT code FROM customer_group WHERE code = $1 FOR UPDATE", [code]);
  if (locked.length === 0) return "unknown";
  const members = await tx.query("SELECT 1 FROM group_member WHERE code = $1 LIMIT 1", [code]);
  if (members.length > 0) return "in use";
  await tx.query("DELETE FROM customer_group WHERE code = $1", [code]);
  return "deleted";
}

/** The groups of a customer, by code. */
export async function groupsOf(db: Queryable, customerId: string): Promise<string[]> {
  const rows = await db.query<{ code: string }>("SELECT code FROM group_member WHERE customer_id = $1 ORDER BY code", [
    customerId,
  ]);
  return rows.map(({ code }) => code);
}

/** Those of these groups that exist. They stay until the transaction ends. */
export async function lockGroups(tx: Queryable, codes: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ code: string }>(
    "SELECT code FROM customer_group WHERE code = ANY ($1::text[]) ORDER BY code FOR KEY SHARE",
    [codes],
  );
  return new Set(rows.map(({ code }) => code));
}

/** The customer is locked, and the groups exist. */
export async function saveGroups(tx: Queryable, customerId: string, codes: readonly string[]): Promise<void> {
  await tx.query("DELETE FROM group_member WHERE customer_id = $1 AND code <> ALL ($2::text[])", [customerId, codes]);
  await tx.query(
    `INSERT INTO group_member (customer_id, code) SELECT $1, code FROM unnest($2::text[]) AS code
     ON CONFLICT DO NOTHING`,
    [customerId, codes],
  );
}
