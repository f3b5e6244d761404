import type { Queryable } from "./transaction.ts";

/** @param table a name from the code, never from a request */
export async function isTableEmpty(db: Queryable, table: string): Promise<boolean> {
  return (await db.query(`SELECT 1 AS one FROM ${table} LIMIT 1`)).length === 0;
}
