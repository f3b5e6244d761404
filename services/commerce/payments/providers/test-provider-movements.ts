import type { Queryable } from "#lib/sql/transaction.ts";
import type { Held, Movement } from "./provider.ts";

const PAGE_ROWS = 500;

/** SQL: what the provider holds of each charge and movement, by currency. A dispute takes its amount until it is won. */
const HOLDINGS = `
  SELECT currency, captured_minor - refunded_minor AS amount FROM charge
  UNION ALL
  SELECT currency, -d.amount_minor FROM dispute d JOIN charge USING (charge_id) WHERE status <> 'won'
  UNION ALL
  SELECT currency, -amount_minor FROM movement`;

export function readHeld(books: Queryable): Promise<Held[]> {
  return books.query<Held>(
    `SELECT currency, sum(amount)::bigint AS "amountMinor" FROM (${HOLDINGS}) holding GROUP BY currency ORDER BY currency`,
  );
}

/** All fees and payouts of a period, in their order. */
export async function* readMovements(
  books: Queryable,
  { from, until }: { from: Date; until: Date },
): AsyncGenerator<Movement> {
  let last = { movedAt: from.toISOString(), movementId: "" };
  for (;;) {
    const rows = await books.query<Omit<Movement, "orderId"> & { orderId: string | null; movedAt: string }>(
      `SELECT kind, movement_id AS "movementId", m.currency, m.amount_minor AS "amountMinor", order_id AS "orderId",
              moved_at::text AS "movedAt"
       FROM movement m LEFT JOIN charge USING (charge_id)
       WHERE (moved_at, movement_id) > ($1, $2) AND moved_at < $3 ORDER BY moved_at, movement_id LIMIT $4`,
      [last.movedAt, last.movementId, until, PAGE_ROWS],
    );
    for (const { orderId, movedAt: _, ...movement } of rows)
      yield orderId === null ? movement : { ...movement, orderId };
    if (rows.length < PAGE_ROWS) return;
    last = rows.at(-1) ?? last;
  }
}

/** Keeps a fee of each charge of an order that has been captured, once. For tests. */
export async function chargeFees(books: Queryable, orderId: string, amountMinor: number): Promise<void> {
  await books.query(
    `INSERT INTO movement (movement_id, kind, charge_id, currency, amount_minor)
     SELECT 'test_fee_' || charge_id, 'fee', charge_id, currency, $2 FROM charge WHERE order_id = $1 AND captured_minor > 0
     ON CONFLICT DO NOTHING`,
    [orderId, amountMinor],
  );
}

/** Sends an amount to the shop's bank, once for each id. For tests. */
export async function payOut(books: Queryable, movementId: string, { currency, amountMinor }: Held): Promise<void> {
  await books.query(
    `INSERT INTO movement (movement_id, kind, currency, amount_minor) VALUES ($1, 'payout', $2, $3) ON CONFLICT DO NOTHING`,
    [movementId, currency, amountMinor],
  );
}
