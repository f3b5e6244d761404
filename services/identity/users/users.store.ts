import { DomainError, validationError } from "#lib/contract/errors.ts";
import type { Database } from "#lib/sql/database.ts";
import { isTableEmpty } from "#lib/sql/is-table-empty.ts";
import type { Queryable } from "#lib/sql/transaction.ts";

export interface Staff {
  staffId: string;
  email: string;
  name: string;
  roles: string[];
  active: boolean;
  createdAt: Date;
}

interface StaffRow {
  staff_id: string;
  email: string;
  name: string;
  active: boolean;
  created_at: Date;
  roles: string[];
}

function staffOf(row: StaffRow): Staff {
  const { staff_id: staffId, email, name, roles, active, created_at } = row;
  return { staffId, email, name, roles, active, createdAt: created_at };
}

const SELECT_STAFF = `SELECT staff_id, email, name, active, created_at,
  ARRAY(SELECT role FROM staff_role WHERE staff_role.staff_id = staff.staff_id ORDER BY role) AS roles FROM staff`;

export async function findStaff(db: Queryable, staffId: string): Promise<Staff | undefined> {
  const [row] = await db.query<StaffRow>(`${SELECT_STAFF} WHERE staff_id = $1`, [staffId]);
  return row && staffOf(row);
}

/** Locks a member of staff until the transaction ends. @throws DomainError NOT_FOUND */
export async function lockStaff(tx: Queryable, staffId: string): Promise<Staff> {
  await tx.query("SELECT 1 AS one FROM staff WHERE staff_id = $1 FOR UPDATE", [staffId]);
  const staff = await findStaff(tx, staffId);
  if (!staff) throw new DomainError("NOT_FOUND");
  return staff;
}

export async function pageOfStaff(
  db: Database,
  query: { page?: number | undefined; limit?: number | undefined; active?: boolean | undefined },
) {
  const { active, ...page } = query;
  const { rows, pagination } = await db.page<{ staffId: string }>({
    ...page,
    sort: "-createdAt staffId",
    ...(active === undefined ? {} : { where: { active } }),
  });
  const found = await db.query<StaffRow>(
    `${SELECT_STAFF} WHERE staff_id = ANY ($1::text[]) ORDER BY created_at DESC, staff_id`,
    [rows.map(({ staffId }) => staffId)],
  );
  return { staff: found.map(staffOf), pagination };
}

/**
 * When two requests insert the same email at the same moment, the second waits here for the first to commit.
 * @throws DomainError EMAIL_TAKEN
 */
export async function insertStaff(tx: Queryable, staff: Pick<Staff, "staffId" | "email" | "name">): Promise<void> {
  const rows = await tx.query(
    "INSERT INTO staff (staff_id, email, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1 AS inserted",
    [staff.staffId, staff.email, staff.name],
  );
  if (rows.length === 0) throw new DomainError("EMAIL_TAKEN");
}

export async function emailIsTaken(db: Queryable, email: string): Promise<boolean> {
  return (await db.query("SELECT 1 AS taken FROM staff WHERE email = $1", [email])).length > 0;
}

export async function saveStaff(
  tx: Queryable,
  { staffId, name, active }: Pick<Staff, "staffId" | "name" | "active">,
): Promise<void> {
  await tx.query("UPDATE staff SET name = $2, active = $3 WHERE staff_id = $1", [staffId, name, active]);
}

export async function saveRoles(tx: Queryable, staffId: string, roles: readonly string[]): Promise<void> {
  await tx.query("DELETE FROM staff_role WHERE staff_id = $1 AND role <> ALL ($2::text[])", [staffId, roles]);
  await tx.query("INSERT INTO staff_role (staff_id, role) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING", [
    staffId,
    roles,
  ]);
}

/** The scopes of these roles together. @throws DomainError VALIDATION_FAILED naming each unknown role */
export async function scopesOfRoles(db: Queryable, roles: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ name: string; scopes: string[] }>("SELECT name, scopes FROM role ORDER BY name");
  const byName = new Map(rows.map(({ name, scopes }) => [name, scopes]));
  const errors = roles.flatMap((role, index) =>
    byName.has(role) ? [] : [{ path: `/roles/${index}`, message: `must be one of ${[...byName.keys()].join(", ")}` }],
  );
  if (errors.length > 0) throw validationError("There is no such role.", errors);
  return [...new Set(roles.flatMap((role) => byName.get(role) ?? []))];
}

/** The current scopes of those of these members of staff whose account is open. */
export async function rightsOfStaff(
  db: Queryable,
  staffIds: readonly string[],
): Promise<{ staffId: string; scopes: string[] }[]> {
  const rows = await db.query<{ staff_id: string; scopes: string[] }>(
    `SELECT staff_id, ARRAY(SELECT DISTINCT unnest(role.scopes) FROM staff_role JOIN role ON role.name = staff_role.role
                            WHERE staff_role.staff_id = staff.staff_id ORDER BY 1) AS scopes
     FROM staff WHERE staff_id = ANY ($1::text[]) AND active`,
    [staffIds],
  );
  return rows.map(({ staff_id: staffId, scopes }) => ({ staffId, scopes }));
}

export async function findExistingStaff(db: Queryable, staffIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ staff_id: string }>("SELECT staff_id FROM staff WHERE staff_id = ANY ($1::text[])", [
    staffIds,
  ]);
  return rows.map((row) => row.staff_id);
}

export const isEmpty = (db: Queryable) => isTableEmpty(db, "staff");
