import type { Queryable } from "#lib/sql/transaction.ts";
import { fraudLimits } from "./domain/limits.ts";
import type { Assessment, Decision, Reason } from "./domain/score.ts";

/** What is stored of an attempt to place an order. The keys are hashes; null where there is nothing to compare. */
export interface AttemptRow {
  orderId: string;
  customerId: string;
  methodKey: string | null;
  addressKey: string | null;
  clientKey: string | null;
}

/** What is known of the customer of an attempt, and how often parts of it were seen lately. */
export interface Counted {
  orderId: string;
  tenMinutes: number;
  hour: number;
  day: number;
  declined: number;
  methodHour: number;
  methodDay: number;
  addressHour: number;
  addressDay: number;
  clientHour: number;
  clientDay: number;
  paidOrders: number;
  disputes: number;
  disposableMail: boolean;
}

/** Different customers with the same key in an hour and a day, of the latest attempts with it and of this statement. */
function sharing(key: "method_key" | "address_key" | "client_key"): string {
  return `(SELECT count(DISTINCT customer_id) FILTER (WHERE at > now() - interval '1 hour') AS hour,
                  count(DISTINCT customer_id) AS day
           FROM ((SELECT customer_id, at FROM attempt a
                  WHERE a.${key} = b.${key} AND a.at > now() - interval '1 day'
                  ORDER BY a.at DESC LIMIT ${fraudLimits.VELOCITY_SHARED})
                 UNION ALL SELECT customer_id, now() FROM batch o WHERE o.${key} = b.${key} AND o.n <= b.n) seen)`;
}

/**
 * With `synchronous_commit` off Postgres answers before the commit is on the disk, which saves the write to it. The
 * order is committed after its assessment and waits for the disk: on the same server both are there, or neither.
 */
const COMMIT_LATER = "set_config('synchronous_commit', 'off', true)";

const STORE_AND_COUNT = `
  WITH batch AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
      WITH ORDINALITY AS b (order_id, customer_id, method_key, address_key, client_key, n)
  ), stored AS (
    INSERT INTO attempt (order_id, customer_id, method_key, address_key, client_key)
    SELECT order_id, customer_id, method_key, address_key, client_key FROM batch
    ON CONFLICT (order_id) DO NOTHING
  )
  SELECT b.order_id AS "orderId", own.ten_minutes + 1 AS "tenMinutes", own.hour + 1 AS hour, own.day + 1 AS day,
         own.declined, method.hour AS "methodHour", method.day AS "methodDay", address.hour AS "addressHour",
         address.day AS "addressDay", client.hour AS "clientHour", client.day AS "clientDay",
         coalesce(r.paid_orders, 0) AS "paidOrders", coalesce(r.disputes, 0) AS disputes,
         coalesce(r.disposable_mail, false) AS "disposableMail", CASE WHEN $6 THEN NULL ELSE ${COMMIT_LATER} END AS commits
  FROM batch b
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE at > now() - interval '10 minutes') AS ten_minutes,
           count(*) FILTER (WHERE at > now() - interval '1 hour') AS hour, count(*) AS day,
           count(*) FILTER (WHERE declined AND at > now() - interval '1 hour') AS declined
    FROM ((SELECT at, declined FROM attempt a
           WHERE a.customer_id = b.customer_id AND a.at > now() - interval '1 day' AND a.order_id <> b.order_id
           ORDER BY a.at DESC LIMIT ${fraudLimits.VELOCITY_ATTEMPTS})
          UNION ALL SELECT now(), false FROM batch o WHERE o.customer_id = b.customer_id AND o.n < b.n) seen
  ) own
  CROSS JOIN LATERAL ${sharing("method_key")} method
  CROSS JOIN LATERAL ${sharing("address_key")} address
  CROSS JOIN LATERAL ${sharing("client_key")} client
  LEFT JOIN customer_record r ON r.customer_id = b.customer_id
  ORDER BY b.n`;

/**
 * Stores attempts and counts what they have in common with earlier ones, in one statement. An attempt that is stored
 * already counts once.
 * @param durable whether the commit waits for the disk; in a transaction it always does, unless this is false
 */
export function storeAndCount(db: Queryable, attempts: readonly AttemptRow[], durable: boolean): Promise<Counted[]> {
  return db.query<Counted>(STORE_AND_COUNT, [
    attempts.map(({ orderId }) => orderId),
    attempts.map(({ customerId }) => customerId),
    attempts.map(({ methodKey }) => methodKey),
    attempts.map(({ addressKey }) => addressKey),
    attempts.map(({ clientKey }) => clientKey),
    durable,
  ]);
}

export interface AssessedAttempt extends Assessment {
  orderId: string;
  customerId: string;
}

/** Stores the assessments of attempts. The first assessment of an attempt stays. */
export async function saveAssessments(
  db: Queryable,
  assessed: readonly AssessedAttempt[],
  { model, durable }: { model: string; durable: boolean },
): Promise<void> {
  await db.query(
    `WITH commits AS MATERIALIZED (SELECT CASE WHEN $7 THEN NULL ELSE ${COMMIT_LATER} END AS later)
     INSERT INTO assessment (order_id, customer_id, score, decision, reasons, model)
     SELECT order_id, customer_id, score, decision, reasons, $6
     FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::json[])
       AS a (order_id, customer_id, score, decision, reasons), commits
     WHERE later IS NULL OR later = 'off'
     ON CONFLICT (order_id) DO NOTHING`,
    [
      assessed.map(({ orderId }) => orderId),
      assessed.map(({ customerId }) => customerId),
      assessed.map(({ score }) => score),
      assessed.map(({ decision }) => decision),
      assessed.map(({ reasons }) => JSON.stringify(reasons)),
      model,
      durable,
    ],
  );
}

/** The assessments of orders. An attempt without a stored one got no points. */
export async function findAssessments(db: Queryable, orderIds: readonly string[]): Promise<Map<string, Assessment>> {
  const rows = await db.query<{ orderId: string; score: number; decision: Decision; reasons: Reason[] }>(
    `SELECT order_id AS "orderId", coalesce(score, 0) AS score, coalesce(decision, 'accept') AS decision,
            coalesce(reasons, '[]') AS reasons
     FROM (SELECT order_id FROM attempt WHERE order_id = ANY ($1::text[])
           UNION SELECT order_id FROM assessment WHERE order_id = ANY ($1::text[])) known
     LEFT JOIN assessment USING (order_id)`,
    [orderIds],
  );
  return new Map(rows.map(({ orderId, ...assessment }) => [orderId, assessment]));
}

/** Those assessments that are stored. An attempt whose assessment was lost on its way to the database is not among them. */
export async function findKeptAssessments(
  db: Queryable,
  orderIds: readonly string[],
): Promise<Map<string, Pick<Assessment, "decision">>> {
  const rows = await db.query<{ orderId: string; decision: Decision }>(
    `SELECT order_id AS "orderId", decision FROM assessment WHERE order_id = ANY ($1::text[])`,
    [orderIds],
  );
  return new Map(rows.map((row) => [row.orderId, row]));
}

/** Notes that the payments of orders were declined. */
export async function markDeclined(db: Queryable, orderIds: readonly string[]): Promise<void> {
  await db.query("UPDATE attempt SET declined = true WHERE order_id = ANY ($1::text[]) AND NOT declined", [orderIds]);
}

/** Deletes the oldest attempts, assessments and decided reviews past their time. The ids of orders sort by the time they were made. */
export async function forgetOld(db: Queryable, rows: number): Promise<number> {
  const [counted] = await db.query<{ count: number }>(
    `WITH attempts AS (
       DELETE FROM attempt WHERE order_id IN (
         SELECT order_id FROM (SELECT order_id, at FROM attempt ORDER BY order_id LIMIT $1) oldest
         WHERE at < now() - make_interval(days => $2)
       ) RETURNING 1
     ), assessments AS (
       DELETE FROM assessment WHERE order_id IN (
         SELECT order_id FROM (SELECT order_id, at FROM assessment ORDER BY at LIMIT $1) oldest
         WHERE at < now() - make_interval(days => $3)
       ) RETURNING 1
     ), reviews AS (
       DELETE FROM review WHERE order_id IN (
         SELECT order_id FROM (SELECT order_id, decided_at FROM review ORDER BY order_id LIMIT $1) oldest
         WHERE decided_at < now() - make_interval(days => $3)
       ) RETURNING 1
     )
     SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM assessments) + (SELECT count(*) FROM reviews)
       AS count`,
    [rows, fraudLimits.ATTEMPT_DAYS, fraudLimits.ASSESSMENT_DAYS],
  );
  return counted?.count ?? 0;
}
