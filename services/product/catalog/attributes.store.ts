import type { Database } from "#lib/sql/database.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { collectionWith } from "./collections.store.ts";
import type { AttributeSet } from "./domain/attribute-sets.ts";
import type { Attribute, WholeSet } from "./domain/attributes.ts";
import { deleteNameTranslations } from "./translations.store.ts";

const ATTRIBUTE = "code, name, type, options, unit, localised, filterable";
const SET = "code, attributes, axes, extends";

/** A set as it is stored: with what it inherits. */
export type StoredSet = AttributeSet & { allAttributes: string[]; allAxes: string[] };

const STORED_SET = `${SET}, all_attributes AS "allAttributes", all_axes AS "allAxes"`;

export async function pageOfAttributes(
  db: Queryable,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: Attribute[]; total: number }> {
  const [rows, total] = await Promise.all([
    db.query<Attribute>(`SELECT ${ATTRIBUTE} FROM attribute ORDER BY code LIMIT $1 OFFSET $2`, [limit, offset]),
    countAttributes(db),
  ]);
  return { rows, total };
}

export async function countAttributes(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>("SELECT count(*)::int AS count FROM attribute");
  return row?.count ?? 0;
}

export async function findAttributes(db: Queryable, codes: readonly string[]): Promise<Map<string, Attribute>> {
  const rows = await db.query<Attribute>(`SELECT ${ATTRIBUTE} FROM attribute WHERE code = ANY ($1::text[])`, [codes]);
  return new Map(rows.map((row) => [row.code, row]));
}

/** @returns false when there is one with this code */
export async function insertAttribute(tx: Queryable, attribute: Attribute): Promise<boolean> {
  const { code, name, type, options, unit, localised, filterable } = attribute;
  const rows = await tx.query(
    `INSERT INTO attribute (${ATTRIBUTE}, indexed_to) VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7::boolean THEN '' END)
     ON CONFLICT DO NOTHING RETURNING code`,
    [code, name, type, options, unit, localised, filterable],
  );
  return rows.length > 0;
}

/** @param again whether the products have to be looked at again for it */
export async function updateAttribute(tx: Queryable, attribute: Attribute, again: boolean): Promise<void> {
  const { code, name, options, unit, localised, filterable } = attribute;
  await tx.query(
    `UPDATE attribute SET name = $2, options = $3, unit = $4, localised = $5, filterable = $6,
                          indexed_to = CASE WHEN $7::boolean THEN '' ELSE indexed_to END WHERE code = $1`,
    [code, name, options, unit, localised, filterable, again],
  );
}

/** Deletes an attribute, unless a set or a collection has it. */
export async function deleteAttribute(tx: Queryable, code: string): Promise<"deleted" | "in use" | "unknown"> {
  const [used] = await tx.query("SELECT 1 FROM attribute_set WHERE $1 = ANY (attributes) LIMIT 1", [code]);
  if (used || (await collectionWith(tx, "attribute", code))) return "in use";
  await deleteNameTranslations(tx, "attribute", code);
  const rows = await tx.query("DELETE FROM attribute WHERE code = $1 RETURNING code", [code]);
  return rows.length > 0 ? "deleted" : "unknown";
}

export function pageOfSets(
  db: Database,
  { limit, offset }: { limit: number; offset: number },
): Promise<[StoredSet[], number]> {
  return Promise.all([
    db.query<StoredSet>(`SELECT ${STORED_SET} FROM attribute_set ORDER BY code LIMIT $1 OFFSET $2`, [limit, offset]),
    db.query<{ count: number }>("SELECT count(*)::int AS count FROM attribute_set").then(([row]) => row?.count ?? 0),
  ]);
}

export async function findSet(db: Queryable, code: string): Promise<StoredSet | undefined> {
  const [row] = await db.query<StoredSet>(`SELECT ${STORED_SET} FROM attribute_set WHERE code = $1`, [code]);
  return row;
}

/** All sets of the shop, of which there are at most `ATTRIBUTE_SETS`. */
export async function allSets(tx: Queryable): Promise<Map<string, StoredSet>> {
  const rows = await tx.query<StoredSet>(`SELECT ${STORED_SET} FROM attribute_set ORDER BY code`);
  return new Map(rows.map((row) => [row.code, row]));
}

export async function writeSets(tx: Queryable, sets: readonly StoredSet[]): Promise<void> {
  await tx.query(
    `INSERT INTO attribute_set (code, attributes, axes, extends, all_attributes, all_axes)
     SELECT code, attributes, axes, extends, "allAttributes", "allAxes"
     FROM json_to_recordset($1) AS s (code text, attributes text[], axes text[], extends text,
                                      "allAttributes" text[], "allAxes" text[])
     ON CONFLICT (code) DO UPDATE SET attributes = excluded.attributes, axes = excluded.axes, extends = excluded.extends,
       all_attributes = excluded.all_attributes, all_axes = excluded.all_axes`,
    [JSON.stringify(sets)],
  );
}

/** Deletes a set, also from archived products, unless a product of the shop has it or another set extends it. */
export async function deleteSet(tx: Queryable, code: string): Promise<"deleted" | "in use" | "unknown"> {
  const [used] = await tx.query(
    `SELECT 1 FROM attribute_set WHERE extends = $1
     UNION ALL SELECT 1 FROM product WHERE attribute_set = $1 AND archived_at IS NULL LIMIT 1`,
    [code],
  );
  if (used) return "in use";
  await tx.query("UPDATE product SET attribute_set = NULL WHERE attribute_set = $1", [code]);
  const rows = await tx.query("DELETE FROM attribute_set WHERE code = $1 RETURNING code", [code]);
  return rows.length > 0 ? "deleted" : "unknown";
}

/** Which values of products with some sets are looked for. */
export interface ValueSearch {
  sets: readonly string[];
  code: string;
  of: "products" | "variants" | "both";
  /** Absent: any value. */
  values?: readonly string[];
  /** Texts that are longer than this. */
  longerThan?: number;
}

/** The id of a product of the shop that has such a value. */
export async function productWithValue(tx: Queryable, search: ValueSearch): Promise<string | undefined> {
  const { sets, code, of, values = null, longerThan = null } = search;
  const has = (attributes: string) =>
    `(${attributes} ->> $2) IS NOT NULL AND ($3::text[] IS NULL OR ${attributes} ->> $2 = ANY ($3::text[]))
     AND ($4::int IS NULL OR length(${attributes} ->> $2) > $4)`;
  const places = {
    products: has("p.attributes"),
    variants: `EXISTS (SELECT FROM variant v WHERE v.product_id = p.product_id AND ${has("v.attributes")})`,
  };
  const where = of === "both" ? `(${places.products}) OR ${places.variants}` : places[of];
  const [row] = await tx.query<{ productId: string }>(
    `SELECT product_id AS "productId" FROM product p
     WHERE attribute_set = ANY ($1::text[]) AND archived_at IS NULL AND (${where}) LIMIT 1`,
    [sets, code, values, longerThan],
  );
  return row?.productId;
}

/** Codes of the sets that have an attribute, inherited or not. */
export async function setsWith(tx: Queryable, code: string): Promise<string[]> {
  const rows = await tx.query<{ code: string }>("SELECT code FROM attribute_set WHERE $1 = ANY (all_attributes)", [
    code,
  ]);
  return rows.map((row) => row.code);
}

export const wholeOf = ({ allAttributes, allAxes }: StoredSet): WholeSet => ({
  attributes: allAttributes,
  axes: allAxes,
});
