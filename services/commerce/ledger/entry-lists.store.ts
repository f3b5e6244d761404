import { limits } from "#config/limits.ts";
import type { ListPart } from "#lib/contract/cursor.ts";
import type { Queryable } from "#lib/sql/transaction.ts";

/** The place of an entry in a list: its time in milliseconds, and its id. */
export type EntryKey = readonly [bookedMs: number, entryId: number];

/** What entries may be looked up by. */
export const FILTERS = ["orderId", "paymentId", "customerId", "sellerId"] as const;
export type EntryFilter = { readonly [F in (typeof FILTERS)[number]]?: string } & { account?: string };

const COLUMNS: Readonly<Record<(typeof FILTERS)[number], string>> = {
  orderId: "order_id",
  paymentId: "payment_id",
  customerId: "customer_id",
  sellerId: "seller_id",
};

/** The parameters of a statement, numbered in the order in which they are mentioned. */
class Values {
  readonly all: unknown[] = [];

  add(value: unknown): string {
    return `$${this.all.push(value)}`;
  }
}

/** Rows of a list. Those of an account are read from its lines, which are in the order of the list. */
function rowsOf(filter: EntryFilter, values: Values): string {
  const conditions = FILTERS.flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : `${COLUMNS[name]} = ${values.add(value)}`;
  });
  if (filter.account === undefined) return `entry WHERE ${conditions.join(" AND ")}`;
  const ofEntry = conditions.length === 0 ? "" : `JOIN entry USING (entry_id, booked_at)`;
  return `line ${ofEntry} WHERE ${[`account = ${values.add(filter.account)}`, ...conditions].join(" AND ")}`;
}

/** The ids of a part of a list, the latest entries first, at most `limit + 1`. */
export async function entryIdsOf(db: Queryable, filter: EntryFilter, part: ListPart<EntryKey>): Promise<number[]> {
  const values = new Values();
  const rows = rowsOf(filter, values);
  const after =
    part.kind === "after"
      ? `AND (booked_at, entry_id) < (timestamptz 'epoch' + ${values.add(part.after[0])}::bigint * interval '1 ms', ${values.add(part.after[1])}::bigint)`
      : "";
  const skipped = part.kind === "page" ? `OFFSET ${values.add(part.offset)}` : "";
  const found = await db.query<{ id: number }>(
    `SELECT entry_id AS id FROM ${rows} ${after} ORDER BY booked_at DESC, entry_id DESC
     LIMIT ${values.add(part.limit + 1)} ${skipped}`,
    values.all,
  );
  return found.map(({ id }) => id);
}

/** How many entries a list has, counted up to `LIST_TOTAL`. */
export async function countEntries(db: Queryable, filter: EntryFilter): Promise<{ total: number; atLeast: boolean }> {
  const values = new Values();
  const rows = rowsOf(filter, values);
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT 1 FROM ${rows} LIMIT ${limits.LIST_TOTAL + 1}) counted`,
    values.all,
  );
  const count = row?.count ?? 0;
  return { total: Math.min(count, limits.LIST_TOTAL), atLeast: count > limits.LIST_TOTAL };
}
