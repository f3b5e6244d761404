import { limits } from "#config/limits.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { sellerLimits } from "./domain/limits.ts";
import type { Pieces, PiecesState, Supply } from "./domain/pieces.ts";

// Who changes anything here locks orders first, by id, and offers second, by seller and sku: so nobody waits in a circle.

/**
 * Locks what is known of orders.
 * @param made those that get a row when nothing is known of them, so that those who take pieces and those who cancel wait for
 * one another
 */
export async function lockOrders(
  tx: Transaction,
  orderIds: readonly string[],
  made: readonly string[],
): Promise<Map<string, PiecesState>> {
  if (made.length > 0)
    tx.write(
      "INSERT INTO sold_order (order_id, state) SELECT order_id, 'none' FROM unnest($1::text[]) AS order_id ON CONFLICT DO NOTHING",
      [made.toSorted()],
    );
  const rows = await tx.query<{ orderId: string; state: PiecesState }>(
    `SELECT order_id AS "orderId", state FROM sold_order WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE`,
    [orderIds],
  );
  return new Map(rows.map(({ orderId, state }) => [orderId, state]));
}

/** Locks offers. What their sellers may not sell counts as nothing. */
export function lockSupplies(tx: Transaction, pieces: readonly Pieces[]): Promise<Supply[]> {
  return tx.query<Supply>(
    `SELECT o.seller_id AS "sellerId", o.sku, CASE WHEN s.status = 'approved' THEN o.stock ELSE 0 END AS available
     FROM offer o JOIN seller s USING (seller_id)
     WHERE (o.seller_id, o.sku) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND NOT o.is_ended
     ORDER BY o.seller_id, o.sku FOR UPDATE OF o`,
    [pieces.map(({ sellerId }) => sellerId), pieces.map(({ sku }) => sku)],
  );
}

/** Takes pieces from locked offers for a locked order. */
export function takePieces(tx: Transaction, orderId: string, pieces: readonly Pieces[]): void {
  const values = [
    pieces.map(({ sellerId }) => sellerId),
    pieces.map(({ sku }) => sku),
    pieces.map(({ quantity }) => quantity),
  ];
  tx.write(
    `UPDATE offer o SET stock = stock - p.quantity, reserved = reserved + p.quantity
     FROM unnest($1::text[], $2::text[], $3::bigint[]) AS p (seller_id, sku, quantity)
     WHERE o.seller_id = p.seller_id AND o.sku = p.sku`,
    values,
  );
  tx.write(
    `INSERT INTO sold_piece (order_id, seller_id, sku, quantity)
     SELECT $4, * FROM unnest($1::text[], $2::text[], $3::bigint[])`,
    [...values, orderId],
  );
  tx.write(
    `UPDATE sold_order SET state = 'held', expires_at = now() + make_interval(secs => $2::float8 / 1000) WHERE order_id = $1`,
    [orderId, sellerLimits.PIECES_HOLD_MS],
  );
}

/** Removes the row of an order that got nothing, unless it says something. */
export function forgetOrder(tx: Transaction, orderId: string): void {
  tx.write(
    "DELETE FROM sold_order WHERE order_id = $1 AND state = 'none' AND NOT is_paid AND total_minor = 0 AND refunded_minor = 0",
    [orderId],
  );
}

/** Writes the states of locked orders: gives back what is released, and ends what is held of paid ones. */
export async function saveStates(
  tx: Transaction,
  before: ReadonlyMap<string, PiecesState>,
  after: ReadonlyMap<string, PiecesState>,
): Promise<string[]> {
  const changed = [...after].filter(([orderId, state]) => before.get(orderId) !== state);
  if (changed.length === 0) return [];
  const isOpen = (orderId: string) => ["held", "ordered"].includes(before.get(orderId) ?? "none");
  const released = changed.flatMap(([orderId, state]) => (state === "released" ? [orderId] : []));
  const ended = changed.flatMap(([orderId, state]) => (state !== "ordered" && isOpen(orderId) ? [orderId] : []));
  const touched = [...new Set([...released, ...ended])];
  if (touched.length > 0)
    tx.write(
      `SELECT FROM offer WHERE (seller_id, sku) IN (SELECT seller_id, sku FROM sold_piece WHERE order_id = ANY ($1::text[]))
       ORDER BY seller_id, sku FOR UPDATE`,
      [touched],
    );
  if (ended.length > 0) tx.write(moved("reserved = o.reserved - p.quantity"), [ended]);
  const skus =
    released.length === 0
      ? []
      : await tx.query<{ sku: string }>(
          `${moved("stock = CASE WHEN o.is_ended THEN 0 ELSE o.stock + p.quantity END")} RETURNING o.sku`,
          [released],
        );
  tx.write(
    `UPDATE sold_order o SET state = c.state, expires_at = NULL, changed_at = now()
     FROM unnest($1::text[], $2::text[]) AS c (order_id, state) WHERE o.order_id = c.order_id`,
    [changed.map(([orderId]) => orderId), changed.map(([, state]) => state)],
  );
  return skus.map(({ sku }) => sku);
}

function moved(change: string): string {
  return `UPDATE offer o SET ${change} FROM (
      SELECT seller_id, sku, sum(quantity)::bigint AS quantity FROM sold_piece WHERE order_id = ANY ($1::text[])
      GROUP BY seller_id, sku
    ) p WHERE o.seller_id = p.seller_id AND o.sku = p.sku`;
}

/** Orders whose reservation has expired, the oldest first. */
export async function expiredOrders(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ orderId: string }>(
    `SELECT order_id AS "orderId" FROM sold_order WHERE state = 'held' AND expires_at < now() ORDER BY expires_at LIMIT $1`,
    [limits.SWEEP_ROWS],
  );
  return rows.map(({ orderId }) => orderId);
}

/** The number of reservations that expired longer ago than the job needs to find them. */
export async function countExpired(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM sold_order
     WHERE state = 'held' AND expires_at < now() - make_interval(secs => $1)`,
    [limits.SWEEPER_GRACE_SECONDS],
  );
  return row?.count ?? 0;
}

/** Forgets orders that were cancelled long ago without having taken anything. */
export async function forgetBarred(tx: Queryable): Promise<void> {
  await tx.query(
    `DELETE FROM sold_order WHERE order_id IN (
       SELECT order_id FROM sold_order o WHERE state = 'released' AND changed_at < now() - make_interval(days => $1)
         AND total_minor = 0 AND NOT EXISTS (SELECT FROM sold_piece p WHERE p.order_id = o.order_id)
       ORDER BY changed_at LIMIT ${limits.SWEEP_ROWS})`,
    [sellerLimits.BARRED_DAYS],
  );
}
