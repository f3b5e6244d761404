import { limits } from "#config/limits.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { cartLimits } from "#services/commerce/carts/contract.ts";
import type { CartSnapshot } from "./domain/cart-snapshot.ts";

/** The latest attempt to check a cart out, with the contents that the cart had. */
export interface Attempt extends CartSnapshot {
  /** Its number, which is also the cart's: see `Checkout` of carts. */
  attempt: number;
}

/**
 * The latest attempt of each cart whose store may lose it. It is stored before anything is ordered, so no order has a
 * higher number.
 */
export class AttemptStore {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async find(cartId: string, buyerId: string): Promise<Attempt | undefined> {
    const [row] = await this.#db.query<Attempt>(
      `SELECT attempt, currency, items, coalesce(coupons, '[]') AS coupons, coalesce(discounts, '[]') AS discounts
       FROM checkout_attempt WHERE cart_id = $1 AND customer_id = $2`,
      [cartId, buyerId],
    );
    return row;
  }

  /** @returns whether it is stored; it is not when a later attempt has begun */
  async save(cartId: string, buyerId: string, attempt: Attempt): Promise<boolean> {
    const rows = await this.#db.query(
      `INSERT INTO checkout_attempt (cart_id, customer_id, attempt, currency, items, coupons, discounts)
       VALUES ($1, $2, $3, $4, $5::json, $6::json, $7::json)
       ON CONFLICT (cart_id) DO UPDATE
         SET attempt = EXCLUDED.attempt, currency = EXCLUDED.currency, items = EXCLUDED.items,
             coupons = EXCLUDED.coupons, discounts = EXCLUDED.discounts, agreed_at = now()
         WHERE checkout_attempt.attempt <= EXCLUDED.attempt
       RETURNING 1 AS saved`,
      [
        ...[cartId, buyerId, attempt.attempt, attempt.currency, JSON.stringify(attempt.items)],
        ...[jsonOrNull(attempt.coupons), jsonOrNull(attempt.discounts)],
      ],
    );
    return rows.length > 0;
  }
}

function jsonOrNull(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}

/** Deletes one batch of attempts that nobody can resume, because their carts have expired. */
export async function deleteExpired(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM checkout_attempt WHERE cart_id = ANY
       (ARRAY(SELECT cart_id FROM checkout_attempt WHERE agreed_at < now() - make_interval(days => $1) LIMIT $2))`,
    [2 * cartLimits.CART_DAYS, limits.SWEEP_ROWS],
  );
}
