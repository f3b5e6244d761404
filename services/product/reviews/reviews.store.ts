import type { Queryable } from "#lib/sql/transaction.ts";
import type { ModerationRule } from "./domain/moderation.ts";
import type { Ratings, ReviewStatus } from "./domain/review.ts";

export interface ReviewRow {
  reviewId: string;
  productId: string;
  customerId: string;
  author: string | null;
  rating: number;
  title: string;
  text: string;
  status: ReviewStatus;
  brokenRules: ModerationRule[];
  reason: string | null;
  helpfulVotes: number;
  votes: number;
  answer: string | null;
  answeredAt: Date | null;
  revision: number;
  createdAt: Date;
  editedAt: Date | null;
  verifiedPurchase: boolean;
}

/** Whether the author of a review `r` has bought its product. It is looked up when it is shown, so it needs no repair. */
const IS_VERIFIED = `(r.was_verified OR EXISTS (
  SELECT FROM purchase p
  WHERE p.customer_id = r.customer_id AND p.paid AND NOT p.cancelled AND r.product_id = ANY (p.product_ids)))`;

/** The columns of a `ReviewRow`, of a table `review r`. */
export const REVIEW = `r.review_id AS "reviewId", r.product_id AS "productId", r.customer_id AS "customerId", r.author,
  r.rating, r.title, r.text, r.status, r.broken_rules AS "brokenRules", r.reason, r.helpful_votes AS "helpfulVotes",
  r.votes, r.answer, r.answered_at AS "answeredAt", r.revision, r.created_at AS "createdAt", r.edited_at AS "editedAt",
  ${IS_VERIFIED} AS "verifiedPurchase"`;

/** What an author writes, and what the rules say of it. */
export interface WrittenReview {
  reviewId: string;
  rating: number;
  title: string;
  text: string;
  author: string | null;
  fingerprint: string | undefined;
  status: ReviewStatus;
  brokenRules: readonly ModerationRule[];
}

/** @returns the stored review; undefined when this customer has one of this product already */
export async function insertReview(
  tx: Queryable,
  review: WrittenReview & { productId: string; customerId: string },
): Promise<ReviewRow | undefined> {
  const [row] = await tx.query<ReviewRow>(
    `INSERT INTO review AS r (review_id, product_id, customer_id, author, rating, title, text, fingerprint, status, broken_rules)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[])
     ON CONFLICT (customer_id, product_id) DO NOTHING RETURNING ${REVIEW}`,
    [
      review.reviewId,
      review.productId,
      review.customerId,
      review.author,
      review.rating,
      review.title,
      review.text,
      review.fingerprint ?? null,
      review.status,
      review.brokenRules,
    ],
  );
  return row;
}

/** Locks a review until the transaction ends. */
export async function lockReview(tx: Queryable, reviewId: string): Promise<ReviewRow | undefined> {
  const [row] = await tx.query<ReviewRow>(`SELECT ${REVIEW} FROM review r WHERE review_id = $1 FOR UPDATE OF r`, [
    reviewId,
  ]);
  return row;
}

/** Whether another review has the same text. */
export async function isCopied(db: Queryable, fingerprint: string | undefined, reviewId: string): Promise<boolean> {
  if (fingerprint === undefined) return false;
  const rows = await db.query("SELECT 1 FROM review WHERE fingerprint = $1 AND review_id <> $2 LIMIT 1", [
    fingerprint,
    reviewId,
  ]);
  return rows.length > 0;
}

export async function saveEdit(tx: Queryable, review: WrittenReview): Promise<ReviewRow> {
  const rows = await tx.query<ReviewRow>(
    `UPDATE review AS r SET author = $2, rating = $3, title = $4, text = $5, fingerprint = $6, status = $7,
       broken_rules = $8::text[], revision = revision + 1, edited_at = now()
     WHERE review_id = $1 RETURNING ${REVIEW}`,
    [
      review.reviewId,
      review.author,
      review.rating,
      review.title,
      review.text,
      review.fingerprint ?? null,
      review.status,
      review.brokenRules,
    ],
  );
  return only(rows);
}

/** Whether staff rejected what this customer wrote of this product, and have approved nothing since. */
export async function wasRejected(
  db: Queryable,
  { customerId, productId }: { customerId: string; productId: string },
): Promise<boolean> {
  const rows = await db.query("SELECT 1 FROM rejection WHERE customer_id = $1 AND product_id = $2", [
    customerId,
    productId,
  ]);
  return rows.length > 0;
}

/** @param reason of a rejection; null approves */
export async function saveDecision(
  tx: Queryable,
  reviewId: string,
  reason: string | null,
  by: string,
): Promise<ReviewRow> {
  const statement =
    reason === null
      ? "DELETE FROM rejection USING review r WHERE r.review_id = $1 AND (rejection.customer_id, rejection.product_id) = (r.customer_id, r.product_id)"
      : "INSERT INTO rejection (customer_id, product_id) SELECT customer_id, product_id FROM review WHERE review_id = $1 ON CONFLICT DO NOTHING";
  await tx.query(statement, [reviewId]);
  const rows = await tx.query<ReviewRow>(
    `UPDATE review AS r SET status = CASE WHEN $2::text IS NULL THEN 'approved' ELSE 'rejected' END, reason = $2,
       decided_by = $3, decided_at = now()
     WHERE review_id = $1 RETURNING ${REVIEW}`,
    [reviewId, reason, by],
  );
  return only(rows);
}

/** @param text null removes the answer */
export async function saveAnswer(tx: Queryable, reviewId: string, text: string | null): Promise<ReviewRow> {
  const rows = await tx.query<ReviewRow>(
    `UPDATE review AS r SET answer = $2, answered_at = CASE WHEN $2::text IS NOT NULL THEN now() END
     WHERE review_id = $1 RETURNING ${REVIEW}`,
    [reviewId, text],
  );
  return only(rows);
}

export async function deleteReview(tx: Queryable, reviewId: string): Promise<void> {
  await tx.query("DELETE FROM review WHERE review_id = $1", [reviewId]);
}

/** Adds a change of one of its reviews to the ratings of a product. */
export async function changeRatings(tx: Queryable, productId: string, { reviews, stars }: Ratings): Promise<void> {
  const known = await tx.query(
    "UPDATE product_rating SET reviews = reviews + $2, stars = stars + $3 WHERE product_id = $1 RETURNING 1",
    [productId, reviews, stars],
  );
  if (known.length > 0) return;
  await tx.query(
    `INSERT INTO product_rating AS r (product_id, reviews, stars) VALUES ($1, $2, $3)
     ON CONFLICT (product_id) DO UPDATE SET reviews = r.reviews + excluded.reviews, stars = r.stars + excluded.stars`,
    [productId, reviews, stars],
  );
}

/** The ratings of those of these products that have any. */
export async function ratingsOf(db: Queryable, productIds: readonly string[]): Promise<Map<string, Ratings>> {
  const rows = await db.query<Ratings & { productId: string }>(
    `SELECT product_id AS "productId", reviews, stars FROM product_rating
     WHERE product_id = ANY ($1::text[]) AND reviews > 0`,
    [productIds],
  );
  return new Map(rows.map(({ productId, ...ratings }) => [productId, ratings]));
}

/** Whether any product has a review that is shown. */
export async function hasRatings(db: Queryable): Promise<boolean> {
  const rows = await db.query("SELECT 1 FROM product_rating WHERE reviews > 0 LIMIT 1");
  return rows.length > 0;
}

function only(rows: readonly ReviewRow[]): ReviewRow {
  const [row] = rows;
  if (!row) throw new Error("A locked review is gone.");
  return row;
}
