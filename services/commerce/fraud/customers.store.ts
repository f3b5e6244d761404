import type { Queryable } from "#lib/sql/transaction.ts";
import { fraudLimits } from "./domain/limits.ts";

/** Notes which customers have a disposable email address. Customers who never had one get no row. */
export async function saveDisposableMail(
  db: Queryable,
  customers: readonly { customerId: string; disposable: boolean }[],
): Promise<void> {
  const last = new Map(customers.map(({ customerId, disposable }) => [customerId, disposable]));
  const ids = [...last.keys()].sort();
  await db.query(
    `WITH known AS (
       UPDATE customer_record r SET disposable_mail = n.disposable
       FROM unnest($1::text[], $2::boolean[]) AS n (customer_id, disposable)
       WHERE r.customer_id = n.customer_id
       RETURNING r.customer_id
     )
     INSERT INTO customer_record (customer_id, disposable_mail)
     SELECT customer_id, true FROM unnest($1::text[], $2::boolean[]) AS n (customer_id, disposable)
     WHERE disposable AND customer_id NOT IN (SELECT customer_id FROM known)
     ON CONFLICT (customer_id) DO UPDATE SET disposable_mail = true`,
    [ids, ids.map((id) => last.get(id) ?? false)],
  );
}

export async function addDispute(db: Queryable, customerId: string): Promise<void> {
  await db.query(
    `INSERT INTO customer_record (customer_id, disputes) VALUES ($1, 1)
     ON CONFLICT (customer_id) DO UPDATE SET disputes = customer_record.disputes + 1`,
    [customerId],
  );
}

/** Orders of customers that are old enough to say something, and were not looked at. At most `rows`. */
export async function attemptsToTrust(db: Queryable, rows: number): Promise<{ orderId: string; customerId: string }[]> {
  return db.query(
    `SELECT order_id AS "orderId", customer_id AS "customerId" FROM attempt
     WHERE order_id > (SELECT order_id FROM trust_position) AND at < now() - make_interval(hours => $2)
     ORDER BY order_id LIMIT $1`,
    [rows, fraudLimits.TRUST_AFTER_HOURS],
  );
}

/**
 * Counts paid orders of customers and moves on, in one statement: whatever crashes, each order counts once.
 * @returns false when another run has moved on meanwhile, and nothing was counted
 */
export async function addPaidOrders(
  db: Queryable,
  customerIds: readonly string[],
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const [row] = await db.query<{ moved: number }>(
    `WITH moved AS (
       UPDATE trust_position SET order_id = $3 WHERE order_id < $2 RETURNING 1
     ), counted AS (
       INSERT INTO customer_record (customer_id, paid_orders)
       SELECT customer_id, count(*) FROM unnest($1::text[]) AS p (customer_id), moved GROUP BY customer_id ORDER BY customer_id
       ON CONFLICT (customer_id) DO UPDATE SET paid_orders = customer_record.paid_orders + excluded.paid_orders
     )
     SELECT count(*) AS moved FROM moved`,
    [customerIds, from, to],
  );
  return row?.moved === 1;
}

/** The key of the hashes. A migration has made it. */
export async function readSecret(db: Queryable): Promise<Buffer> {
  const [row] = await db.query<{ secret: Buffer }>("SELECT secret FROM fraud_secret");
  if (!row) throw new Error("The table fraud_secret is empty.");
  return row.secret;
}
