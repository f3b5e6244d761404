import { limits } from "#config/limits.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { cartLimits } from "#services/commerce/carts/contract.ts";
import type { checkout } from "./contract.ts";
import type { CartSnapshot } from "./domain/cart-snapshot.ts";
import { checkoutLimits } from "./domain/limits.ts";

export type Answer = ResultOf<typeof checkout.actions.create>;

/** An attempt to check a cart out, with the contents that the cart had. */
export interface Attempt extends CartSnapshot {
  /** Null until the order is known. */
  answer: Answer | null;
  /** Whether it is younger than CHECKOUT_RETRY_MINUTES. */
  recent: boolean;
}

export async function findAttempt(db: Queryable, cartId: string, customerId: string): Promise<Attempt | undefined> {
  const [row] = await db.query<Attempt>(
    `SELECT currency, items, answer, agreed_at > now() - make_interval(mins => $3) AS recent
     FROM checkout_attempt WHERE cart_id = $1 AND customer_id = $2`,
    [cartId, customerId, checkoutLimits.CHECKOUT_RETRY_MINUTES],
  );
  return row;
}

/** Stores what is about to be ordered. It replaces an earlier attempt, unless that one has an answer already. */
export async function saveAttempt(
  db: Queryable,
  cartId: string,
  customerId: string,
  { currency, items }: CartSnapshot,
): Promise<void> {
  await db.query(
    `INSERT INTO checkout_attempt (cart_id, customer_id, currency, items) VALUES ($1, $2, $3, $4::json)
     ON CONFLICT (cart_id) DO UPDATE SET currency = EXCLUDED.currency, items = EXCLUDED.items, agreed_at = now()
       WHERE checkout_attempt.answer IS NULL`,
    [cartId, customerId, currency, JSON.stringify(items)],
  );
}

/** Deletes an attempt that has failed for good. */
export async function deleteAttempt(db: Queryable, cartId: string): Promise<void> {
  await db.query("DELETE FROM checkout_attempt WHERE cart_id = $1 AND answer IS NULL", [cartId]);
}

/** Stores the answer of an attempt. The first answer stays. */
export async function saveAnswer(db: Queryable, cartId: string, answer: Answer): Promise<void> {
  await db.query("UPDATE checkout_attempt SET answer = $2::json WHERE cart_id = $1 AND answer IS NULL", [
    cartId,
    JSON.stringify(answer),
  ]);
}

/** Deletes one batch of attempts that nobody can resume, because their carts have expired. */
export async function deleteExpired(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM checkout_attempt WHERE cart_id = ANY
       (ARRAY(SELECT cart_id FROM checkout_attempt WHERE agreed_at < now() - make_interval(days => $1) LIMIT $2))`,
    [2 * cartLimits.CART_DAYS, limits.SWEEP_ROWS],
  );
}
