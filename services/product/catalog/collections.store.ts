import type { Queryable } from "#lib/sql/transaction.ts";
import type { Collection } from "./domain/collection.ts";

export async function pageOfCollections(
  db: Queryable,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: Collection[]; total: number }> {
  const [rows, total] = await Promise.all([
    db.query<Collection>("SELECT code, title, rule FROM collection ORDER BY code LIMIT $1 OFFSET $2", [limit, offset]),
    countCollections(db),
  ]);
  return { rows, total };
}

export async function countCollections(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>("SELECT count(*)::int AS count FROM collection");
  return row?.count ?? 0;
}

export async function findCollection(db: Queryable, code: string): Promise<Collection | undefined> {
  const [row] = await db.query<Collection>("SELECT code, title, rule FROM collection WHERE code = $1", [code]);
  return row;
}

/** @returns false when there is one with this code */
export async function insertCollection(tx: Queryable, { code, title, rule }: Collection): Promise<boolean> {
  const rows = await tx.query(
    "INSERT INTO collection (code, title, rule) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING code",
    [code, title, JSON.stringify(rule)],
  );
  return rows.length > 0;
}

export async function updateCollection(tx: Queryable, { code, title, rule }: Collection): Promise<void> {
  await tx.query("UPDATE collection SET title = $2, rule = $3 WHERE code = $1", [code, title, JSON.stringify(rule)]);
}

export async function deleteCollection(tx: Queryable, code: string): Promise<boolean> {
  const rows = await tx.query("DELETE FROM collection WHERE code = $1 RETURNING code", [code]);
  return rows.length > 0;
}

/** The code of a collection whose rule mentions this. */
export async function collectionWith(
  tx: Queryable,
  kind: "attribute" | "brand" | "category",
  name: string,
): Promise<string | undefined> {
  const [row] = await tx.query<{ code: string }>(
    kind === "attribute"
      ? "SELECT code FROM collection WHERE jsonb_exists(rule -> 'attributes', $1) LIMIT 1"
      : `SELECT code FROM collection WHERE rule ->> '${kind}' = $1 LIMIT 1`,
    [name],
  );
  return row?.code;
}
