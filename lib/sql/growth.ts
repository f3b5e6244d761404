import type { Client } from "pg";
import { limits } from "#config/limits.ts";

/**
 * Notices when a service has inserted so many rows that plans made before are wrong, and lets every connection make new
 * ones.
 *
 * Postgres keeps the plan of a prepared statement, and of the check of a foreign key, until the statistics of a table
 * change. A plan that was made for a table of a few rows reads all of them, which is right then; kept during an import it
 * makes each batch slower than the one before. A new plan is made for the size that the table has now, with or without new
 * statistics. Other nodes get new plans by `analyzeGrownTables`, some seconds later.
 */
export class Growth {
  #epoch = 0;
  readonly #inserts = new Map<string, { rows: number; enough: number }>();

  /** @param text of the statement; its rows are counted apart, because it writes one table */
  inserted(text: string, rows: number): void {
    const count = this.#inserts.get(text) ?? { rows: 0, enough: limits.ANALYZE_MIN_ROWS };
    if (this.#inserts.size < limits.PREPARED_STATEMENTS) this.#inserts.set(text, count);
    count.rows += rows;
    if (count.rows < count.enough) return;
    count.enough = count.rows * limits.PLAN_GROWTH;
    this.#epoch += 1;
  }

  /** Call it before a connection is used. What it sends needs no round trip of its own. */
  renewPlans(client: Client & { plansOf?: number }): void {
    if ((client.plansOf ?? 0) === this.#epoch) return;
    client.plansOf = this.#epoch;
    client.query("DISCARD PLANS").catch(() => undefined); // the next statement fails as well, and says why
  }
}
