import { limits } from "#config/limits.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { cartLimits } from "#services/commerce/carts/contract.ts";
import type { checkout } from "./contract.ts";
import type { AgreedItem } from "./domain/agree.ts";
import { checkoutLimits } from "./domain/limits.ts";

export type Answer = ResultOf<typeof checkout.actions.create>;

/** What a customer agreed to buy: everything an order needs but where to send it and how to pay. */
export interface Agreement {
  currency: string;
  items: AgreedItem[];
}

export interface Attempt extends Agreement {
  answer: Answer | null;
  /** Made so recently that the order it may have placed is still on its way. */
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

/** Keeps what was agreed, before anything is ordered; an attempt that came to nothing is agreed to anew. */
export async function saveAgreement(
  db: Queryable,
  cartId: string,
  customerId: string,
  agreed: Agreement,
): Promise<void> {
  await db.query(
    `INSERT INTO checkout_attempt (cart_id, customer_id, currency, items) VALUES ($1, $2, $3, $4::json)
     ON CONFLICT (cart_id) DO UPDATE SET currency = EXCLUDED.currency, items = EXCLUDED.items, agreed_at = now()
       WHERE checkout_attempt.answer IS NULL`,
    [cartId, customerId, agreed.currency, JSON.stringify(agreed.items)],
  );
}

export async function forgetAgreement(db: Queryable, cartId: string): Promise<void> {
  await db.query("DELETE FROM checkout_attempt WHERE cart_id = $1 AND answer IS NULL", [cartId]);
}

export async function saveAnswer(db: Queryable, cartId: string, answer: Answer): Promise<void> {
  await db.query("UPDATE checkout_attempt SET answer = $2::json WHERE cart_id = $1 AND answer IS NULL", [
    cartId,
    JSON.stringify(answer),
  ]);
}

/** Forgets attempts whose carts have expired long since. */
export async function forgetOld(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM checkout_attempt WHERE cart_id = ANY
       (ARRAY(SELECT cart_id FROM checkout_attempt WHERE agreed_at < now() - make_interval(days => $1) LIMIT $2))`,
    [2 * cartLimits.CART_DAYS, limits.SWEEP_ROWS],
  );
}
