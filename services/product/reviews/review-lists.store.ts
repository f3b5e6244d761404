import { limits } from "#config/limits.ts";
import type { ListPart, SortKey } from "#lib/contract/cursor.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { ReviewStatus } from "./domain/review.ts";
import { REVIEW, type ReviewRow } from "./reviews.store.ts";

/** The place of a review in the list of its product. */
export type ReviewKey = readonly [key: number, reviewId: string];
export type Keyed = ReviewRow & { key: number };
export type ReviewOrder = "helpful" | "-helpful" | "createdAt" | "-createdAt" | "rating" | "-rating";

const HELPFUL = { column: "helpfulness", key: "helpfulness", asked: "$3::int" };
const RATING = { column: "rating", key: "rating", asked: "$3::int" };
const CREATED = {
  column: "created_at",
  key: "(extract(epoch FROM r.created_at) * 1000000)::bigint", // a JavaScript date has milliseconds only
  asked: "timestamptz 'epoch' + greatest(0, $3::bigint) * interval '1 microsecond'",
};
const FIRST_ROWS = limits.PAGE_SIZE + 1;
const ROUNDING = 4;
const UP = { direction: "ASC", comparison: ">" };
const DOWN = { direction: "DESC", comparison: "<" };
const ORDERS = {
  helpful: { ...HELPFUL, ...UP },
  "-helpful": { ...HELPFUL, ...DOWN },
  createdAt: { ...CREATED, ...UP },
  "-createdAt": { ...CREATED, ...DOWN },
  rating: { ...RATING, ...UP },
  "-rating": { ...RATING, ...DOWN },
} as const satisfies Record<ReviewOrder, object>;

/** The shown reviews of a product, at most `limit + 1`, read from an index in the order of the list. */
export function reviewsOfProduct(
  db: Queryable,
  productId: string,
  order: ReviewOrder,
  part: ListPart<ReviewKey>,
): Promise<Keyed[]> {
  const { column, key, asked, direction, comparison } = ORDERS[order];
  const after = part.kind === "after" ? `AND (${column}, review_id) ${comparison} (${asked}, $4)` : "";
  const ordered = `ORDER BY ${column} ${direction}, review_id ${direction}`;
  const rows = rowsOf(`product_id = $1 AND status = 'approved' ${after}`, ordered, part);
  return db.query<Keyed>(`SELECT ${REVIEW}, ${key} AS key FROM (${rows}) r ${ordered}`, valuesOf(productId, part));
}

/**
 * The rows of a part: first they are bounded, then what a row shows is looked up. `$2` is the bound; `$3` is how many rows
 * are skipped, or begins the key after which the part begins. Another bound is written out, because the planner takes a
 * parameter for a tenth of the table, and would sort it then; it is rounded up, so that there are few statements.
 */
function rowsOf(where: string, ordered: string, part: ListPart<SortKey>): string {
  const wanted = part.limit + 1 + (part.kind === "page" ? part.offset : 0);
  const bound = FIRST_ROWS * ROUNDING ** Math.max(0, Math.ceil(Math.log(wanted / FIRST_ROWS) / Math.log(ROUNDING)));
  return `SELECT * FROM (SELECT * FROM review WHERE ${where} ${ordered} LIMIT ${bound}) first ${ordered}
          LIMIT $2 ${part.kind === "page" ? "OFFSET $3" : ""}`;
}

function valuesOf(value: string, part: ListPart<SortKey>): unknown[] {
  return [value, part.limit + 1, ...(part.kind === "page" ? [part.offset] : part.after)];
}

/** Whose or which reviews a list has. Ids sort by the time when they were made. */
export type Chosen = { status: ReviewStatus } | { customerId: string };
export type IdKey = readonly [reviewId: string];

/** Reviews that wait, the oldest first; others with the newest first; at most `limit + 1`. */
export function chosenReviews(db: Queryable, chosen: Chosen, part: ListPart<IdKey>): Promise<ReviewRow[]> {
  const [column, value] = "status" in chosen ? ["status", chosen.status] : ["customer_id", chosen.customerId];
  const { direction, comparison } = value === "pending" ? UP : DOWN;
  const after = part.kind === "after" ? `AND review_id ${comparison} $3` : "";
  const ordered = `ORDER BY review_id ${direction}`;
  const rows = rowsOf(`${column} = $1 ${after}`, ordered, part);
  return db.query<ReviewRow>(`SELECT ${REVIEW} FROM (${rows}) r ${ordered}`, valuesOf(value, part));
}

/** At most `LIST_TOTAL`. */
export async function countChosen(db: Queryable, chosen: Chosen): Promise<number> {
  const [column, value] = "status" in chosen ? ["status", chosen.status] : ["customer_id", chosen.customerId];
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (SELECT FROM review WHERE ${column} = $1 LIMIT ${limits.LIST_TOTAL}) counted`,
    [value],
  );
  return row?.count ?? 0;
}
