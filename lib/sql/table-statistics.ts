import { limits } from "#config/limits.ts";
import type { Queryable } from "./transaction.ts";

/**
 * Renews the statistics of the tables that have grown so much that plans made for their earlier size are wrong: more
 * rows were written since the last ANALYZE than the table had then.
 *
 * Prepared statements keep their plan until the statistics of a table change. A plan that was made while a table was
 * empty may read the whole table, or the wrong index, for each row it looks for. Postgres itself renews statistics about
 * once a minute, and in a minute of sales or of an import a table grows by 100,000 rows. Above `ANALYZE_MAX_ROWS` a
 * table changes slowly compared with its size, and autovacuum is enough.
 * @returns the tables
 */
export async function analyzeGrownTables(db: Queryable): Promise<string[]> {
  const grown = await db.query<{ name: string }>(
    // The view pg_stat_user_tables costs a millisecond, because it counts for every table of the database first.
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND relkind = 'r'
       AND reltuples < $2::bigint AND pg_stat_get_mod_since_analyze(oid) > greatest($1::bigint, reltuples::bigint)
     ORDER BY relname`,
    [limits.ANALYZE_MIN_ROWS, limits.ANALYZE_MAX_ROWS],
  );
  for (const { name } of grown) await db.query(`ANALYZE ${name}`);
  return grown.map(({ name }) => name);
}
