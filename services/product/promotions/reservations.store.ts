import { limits } from "#config/limits.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { keyOf } from "./domain/codes.ts";
import { promotionLimits } from "./domain/limits.ts";
import type { ReservationState } from "./domain/reservation.ts";
import { customerAndPromotion, type Request, type Stored, type Usage } from "./domain/reserve.ts";
import { PROMOTION, type StoredPromotion, WITH_USE } from "./promotions.store.ts";

// Who changes anything here locks the orders first, by id, and the uses of promotions second, by id: so nobody waits in a
// circle, and what is read afterwards stays as it is.

/**
 * An order that nothing is known of gets a row, so that those who reserve and those who cancel wait for one another. The
 * transaction that makes such a row, without a customer, also fills or removes it.
 */
const NEW_ROWS = `INSERT INTO reservation (order_id, state, expires_at)
  SELECT order_id, 'held', now() FROM unnest($1::text[]) AS order_id ON CONFLICT DO NOTHING`;

const LOCK_USES = "SELECT FROM promotion_use WHERE promotion_id = ANY ($1::text[]) ORDER BY promotion_id FOR UPDATE";

/** Locks and reads what requests need, in one round trip: each statement sees what was committed before the locks. */
export async function lockForRequests(tx: Transaction, requests: readonly Request[]): Promise<Stored> {
  const orderIds = [...new Set(requests.map(({ orderId }) => orderId))].sort();
  const promotionIds = [...new Set(requests.flatMap(({ usages }) => usages.map(({ promotionId }) => promotionId)))];
  tx.write(NEW_ROWS, [orderIds]);
  tx.write("SELECT FROM reservation WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE", [orderIds]);
  tx.write(LOCK_USES, [promotionIds.sort()]);
  const [promotions, codes, used, reserved] = await Promise.all([
    tx.query<StoredPromotion & { now: Date }>(
      `SELECT clock_timestamp() AS now, ${PROMOTION} FROM promotion p ${WITH_USE} WHERE p.promotion_id = ANY ($1::text[])`,
      [promotionIds],
    ),
    tx.query<{ codeKey: string; promotionId: string; once: boolean; orderId: string | null }>(
      `SELECT code_key AS "codeKey", promotion_id AS "promotionId", once, order_id AS "orderId"
       FROM promotion_code WHERE code_key = ANY ($1::text[])`,
      [requests.flatMap(({ usages }) => usages.flatMap(({ code }) => (code === undefined ? [] : [keyOf(code)])))],
    ),
    tx.query<{ customerId: string; promotionId: string; count: number }>(
      `SELECT r.customer_id AS "customerId", r.promotion_id AS "promotionId", count(*)::int AS count
       FROM redemption r JOIN reservation o USING (order_id)
       WHERE r.customer_id = ANY ($1::text[]) AND r.promotion_id = ANY ($2::text[]) AND o.state <> 'released'
       GROUP BY 1, 2`,
      [[...new Set(requests.map(({ customerId }) => customerId))], promotionIds],
    ),
    tx.query<{ orderId: string; state: ReservationState; usages: Usage[] }>(
      `SELECT order_id AS "orderId", state, coalesce((
         SELECT json_agg(json_build_object('promotionId', r.promotion_id, 'amountMinor', r.amount_minor))
         FROM redemption r WHERE r.order_id = reservation.order_id
       ), '[]'::json) AS usages
       FROM reservation WHERE order_id = ANY ($1::text[]) AND NOT (state = 'held' AND customer_id IS NULL)`,
      [orderIds],
    ),
  ]);
  return {
    now: promotions[0]?.now ?? new Date(0),
    promotions: new Map(promotions.map((promotion) => [promotion.promotionId, promotion])),
    codes: new Map(codes.map(({ codeKey, ...code }) => [codeKey, code])),
    byCustomer: new Map(
      used.map(({ customerId, promotionId, count }) => [customerAndPromotion(customerId, promotionId), count]),
    ),
    reservations: new Map(reserved.map(({ orderId, ...reservation }) => [orderId, reservation])),
  };
}

/** Writes reservations, in one round trip with the commit, and removes the rows of requests that were refused. */
export function saveReservations(tx: Transaction, reserved: readonly Request[], refused: readonly string[]): void {
  if (refused.length > 0)
    tx.write("DELETE FROM reservation WHERE order_id = ANY ($1::text[]) AND state = 'held' AND customer_id IS NULL", [
      refused,
    ]);
  if (reserved.length === 0) return;
  tx.write(
    `UPDATE reservation o SET customer_id = r.customer_id, expires_at = now() + make_interval(secs => $3)
     FROM unnest($1::text[], $2::text[]) AS r (order_id, customer_id) WHERE o.order_id = r.order_id`,
    [
      reserved.map(({ orderId }) => orderId),
      reserved.map(({ customerId }) => customerId),
      promotionLimits.PROMOTION_HOLD_MS / 1_000,
    ],
  );
  const rows = reserved.flatMap(({ usages, ...request }) => usages.map((usage) => ({ ...request, ...usage })));
  const [orderIds, promotionIds, amounts] = [
    rows.map(({ orderId }) => orderId),
    rows.map(({ promotionId }) => promotionId),
    rows.map(({ amountMinor }) => amountMinor),
  ];
  tx.write(
    `INSERT INTO redemption (order_id, promotion_id, customer_id, code, amount_minor, currency)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])`,
    [
      ...[
        orderIds,
        promotionIds,
        rows.map(({ customerId }) => customerId),
        rows.map(({ code }) => code?.trim() ?? null),
      ],
      ...[amounts, rows.map(({ currency }) => currency)],
    ],
  );
  tx.write(
    `UPDATE promotion_code c SET order_id = r.order_id FROM unnest($1::text[], $2::text[]) AS r (order_id, code_key)
     WHERE c.code_key = r.code_key AND c.once`,
    [orderIds, rows.map(({ code }) => (code === undefined ? null : keyOf(code)))],
  );
  tx.write(
    `UPDATE promotion_use u SET uses = u.uses + r.uses, spent_minor = u.spent_minor + r.spent
     FROM (SELECT promotion_id, count(*)::int AS uses, sum(amount)::bigint AS spent
           FROM unnest($1::text[], $2::bigint[]) AS r (promotion_id, amount) GROUP BY promotion_id) r
     WHERE u.promotion_id = r.promotion_id`,
    [promotionIds, amounts],
  );
}

/**
 * Locks the reservations of some orders.
 * @param barred those that may be unknown, and get a row nevertheless
 */
export async function lockReservations(
  tx: Transaction,
  orderIds: readonly string[],
  barred: readonly string[],
): Promise<Map<string, ReservationState>> {
  if (barred.length > 0) tx.write(NEW_ROWS, [barred.toSorted()]);
  const rows = await tx.query<{ orderId: string; state: ReservationState }>(
    `SELECT order_id AS "orderId", CASE WHEN state = 'held' AND customer_id IS NULL THEN 'none' ELSE state END AS state
     FROM reservation WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE`,
    [orderIds],
  );
  return new Map(rows.map(({ orderId, state }) => [orderId, state]));
}

/** Writes the states of locked reservations, and gives back what released ones have used. */
export function saveStates(tx: Transaction, states: ReadonlyMap<string, ReservationState>): void {
  for (const to of ["ordered", "committed", "released"] as const) {
    const changed = [...states].flatMap(([orderId, state]) => (state === to ? [orderId] : []));
    if (changed.length === 0) continue;
    tx.write(
      "UPDATE reservation SET state = $2, expires_at = NULL, changed_at = now() WHERE order_id = ANY ($1::text[])",
      [changed, to],
    );
    if (to === "released") giveBack(tx, changed);
  }
}

/** The reservations of the orders must be locked. */
function giveBack(tx: Transaction, orderIds: readonly string[]): void {
  tx.write(
    `SELECT FROM promotion_use WHERE promotion_id IN (SELECT promotion_id FROM redemption WHERE order_id = ANY ($1::text[]))
     ORDER BY promotion_id FOR UPDATE`,
    [orderIds],
  );
  tx.write(
    `UPDATE promotion_use u SET uses = u.uses - r.uses, spent_minor = u.spent_minor - r.spent
     FROM (SELECT promotion_id, count(*)::int AS uses, sum(amount_minor)::bigint AS spent FROM redemption
           WHERE order_id = ANY ($1::text[]) GROUP BY promotion_id) r
     WHERE u.promotion_id = r.promotion_id`,
    [orderIds],
  );
  tx.write("UPDATE promotion_code SET order_id = NULL WHERE order_id = ANY ($1::text[])", [orderIds]);
}

/** Orders whose reservation has expired, the oldest first. */
export async function expiredOrders(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ orderId: string }>(
    `SELECT order_id AS "orderId" FROM reservation WHERE state = 'held' AND expires_at < now() ORDER BY expires_at LIMIT $1`,
    [limits.SWEEP_ROWS],
  );
  return rows.map(({ orderId }) => orderId);
}

/** The number of reservations that expired longer ago than the job needs to find them. */
export async function countExpired(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM reservation
     WHERE state = 'held' AND expires_at < now() - make_interval(secs => $1)`,
    [limits.SWEEPER_GRACE_SECONDS],
  );
  return row?.count ?? 0;
}
