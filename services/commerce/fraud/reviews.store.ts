import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ReviewStatus } from "./domain/review.ts";
import type { Reason } from "./domain/score.ts";

export interface ReviewRow {
  orderId: string;
  customerId: string;
  status: ReviewStatus;
  score: number;
  reasons: Reason[];
  totalMinor: number;
  currency: string;
  openedAt: Date;
  deadlineAt: Date;
  decidedAt: Date | null;
  decidedBy: string | null;
}

/** A review as it is stored for the first time. */
export interface NewReview extends Pick<ReviewRow, "orderId" | "customerId" | "status" | "totalMinor" | "currency"> {
  decidedBy: string | null;
}

/** Stores reviews that are new. @returns the orders that had none */
export async function insertReviews(
  tx: Transaction,
  reviews: readonly NewReview[],
  hours: number,
): Promise<Set<string>> {
  const rows = await tx.query<{ order_id: string }>(
    `INSERT INTO review (order_id, customer_id, status, total_minor, currency, decided_by, decided_at, deadline_at)
     SELECT order_id, customer_id, status, total_minor, currency, decided_by,
            CASE WHEN status <> 'open' THEN now() END, now() + make_interval(hours => $7)
     FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
       AS r (order_id, customer_id, status, total_minor, currency, decided_by)
     ON CONFLICT (order_id) DO NOTHING RETURNING order_id`,
    [
      reviews.map(({ orderId }) => orderId),
      reviews.map(({ customerId }) => customerId),
      reviews.map(({ status }) => status),
      reviews.map(({ totalMinor }) => totalMinor),
      reviews.map(({ currency }) => currency),
      reviews.map(({ decidedBy }) => decidedBy),
      hours,
    ],
  );
  return new Set(rows.map((row) => row.order_id));
}

/** Ends reviews of orders that were cancelled, unless they are decided; one that is not open yet is never opened. */
export async function closeReviews(
  tx: Transaction,
  cancelled: readonly Pick<ReviewRow, "orderId" | "customerId" | "currency">[],
): Promise<void> {
  await tx.query(
    `INSERT INTO review (order_id, customer_id, status, total_minor, currency, deadline_at, decided_at)
     SELECT order_id, customer_id, 'closed', 0, currency, now(), now()
     FROM unnest($1::text[], $2::text[], $3::text[]) AS c (order_id, customer_id, currency) ORDER BY order_id
     ON CONFLICT (order_id) DO UPDATE SET status = 'closed', decided_at = now() WHERE review.status = 'open'`,
    [
      cancelled.map(({ orderId }) => orderId),
      cancelled.map(({ customerId }) => customerId),
      cancelled.map(({ currency }) => currency),
    ],
  );
}

type LockedReview = Pick<ReviewRow, "orderId" | "customerId" | "status">;

export async function lockReview(tx: Transaction, orderId: string): Promise<LockedReview | undefined> {
  const [row] = await tx.query<LockedReview>(
    `SELECT order_id AS "orderId", customer_id AS "customerId", status FROM review WHERE order_id = $1 FOR UPDATE`,
    [orderId],
  );
  return row;
}

/** Locks open reviews past their deadline, the oldest first. Those that somebody decides just now are left out. */
export async function lockOverdue(tx: Transaction, rows: number): Promise<LockedReview[]> {
  return tx.query<LockedReview>(
    `SELECT order_id AS "orderId", customer_id AS "customerId", status FROM review
     WHERE status = 'open' AND deadline_at <= now() ORDER BY deadline_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [rows],
  );
}

/** Writes the decision about locked reviews. */
export async function saveDecision(
  tx: Transaction,
  orderIds: readonly string[],
  status: "approved" | "rejected",
  by: string,
): Promise<void> {
  await tx.query(
    "UPDATE review SET status = $2, decided_by = $3, decided_at = now() WHERE order_id = ANY ($1::text[])",
    [orderIds, status, by],
  );
}

const REVIEW = `r.order_id AS "orderId", r.customer_id AS "customerId", status, coalesce(score, 0) AS score,
  coalesce(reasons, '[]') AS reasons, total_minor AS "totalMinor", currency, opened_at AS "openedAt",
  deadline_at AS "deadlineAt", decided_at AS "decidedAt", decided_by AS "decidedBy"`;

/** Open reviews, the earliest deadline first; those of another status with the newest order first. */
export async function listReviews(
  db: Queryable,
  { status, limit, offset }: { status: ReviewStatus; limit: number; offset: number },
): Promise<{ total: number; rows: ReviewRow[] }> {
  const [counted] = await db.query<{ count: number }>("SELECT count(*) AS count FROM review WHERE status = $1", [
    status,
  ]);
  const statement =
    status === "open"
      ? `SELECT ${REVIEW} FROM review r LEFT JOIN assessment USING (order_id)
         WHERE status = 'open' ORDER BY deadline_at, r.order_id LIMIT $1 OFFSET $2`
      : `SELECT ${REVIEW} FROM review r LEFT JOIN assessment USING (order_id)
         WHERE status = $3 AND status <> 'open' ORDER BY r.order_id DESC LIMIT $1 OFFSET $2`;
  const rows = await db.query<ReviewRow>(statement, status === "open" ? [limit, offset] : [limit, offset, status]);
  return { total: counted?.count ?? 0, rows };
}

/** Open reviews that no sweep has decided in time. */
export async function countOverdue(db: Queryable, graceSeconds: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    "SELECT count(*) AS count FROM review WHERE status = 'open' AND deadline_at < now() - make_interval(secs => $1)",
    [graceSeconds],
  );
  return row?.count ?? 0;
}
