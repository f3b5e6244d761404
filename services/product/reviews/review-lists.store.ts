import { limits } from "#config/limits.ts";
import type { ListPart } from "#lib/contract/cursor.ts";
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
  const rows = `SELECT ${REVIEW}, ${key} AS key FROM review r WHERE r.product_id = $1 AND r.status = 'approved'`;
  const ordered = `ORDER BY r.${column} ${direction}, r.review_id ${direction} LIMIT $2`;
  return part.kind === "page"
    ? db.query<Keyed>(`${rows} ${ordered} OFFSET $3`, [productId, part.limit + 1, part.offset])
    : db.query<Keyed>(`${rows} AND (r.${column}, r.review_id) ${comparison} (${asked}, $4) ${ordered}`, [
        productId,
        part.limit + 1,
        ...part.after,
      ]);
}

/** Whose or which reviews a list has. Ids sort by the time when they were made. */
export type Chosen = { status: ReviewStatus } | { customerId: string };
export type IdKey = readonly [reviewId: string];

/** Reviews that wait, the oldest first; others with the newest first; at most `limit + 1`. */
export function chosenReviews(db: Queryable, chosen: Chosen, part: ListPart<IdKey>): Promise<ReviewRow[]> {
  const [column, value] = "status" in chosen ? ["status", chosen.status] : ["customer_id", chosen.customerId];
  const { direction, comparison } = value === "pending" ? UP : DOWN;
  const rows = `SELECT ${REVIEW} FROM review r WHERE r.${column} = $1`;
  const ordered = `ORDER BY r.review_id ${direction} LIMIT $2`;
  return part.kind === "page"
    ? db.query<ReviewRow>(`${rows} ${ordered} OFFSET $3`, [value, part.limit + 1, part.offset])
    : db.query<ReviewRow>(`${rows} AND r.review_id ${comparison} $3 ${ordered}`, [
        value,
        part.limit + 1,
        ...part.after,
      ]);
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
