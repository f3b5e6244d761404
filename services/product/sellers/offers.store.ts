import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { sellerLimits } from "./domain/limits.ts";

export interface Offer {
  sellerId: string;
  sku: string;
  currency: string;
  priceMinor: number;
  stock: number;
  handlingDays: number;
  changedAt: Date;
}

const OFFER = `o.seller_id AS "sellerId", o.sku, o.currency, o.price_minor AS "priceMinor", o.stock,
  o.handling_days AS "handlingDays", o.changed_at AS "changedAt"`;

export async function hasOffer(tx: Queryable, sellerId: string, sku: string): Promise<boolean> {
  return (await tx.query("SELECT FROM offer WHERE seller_id = $1 AND sku = $2", [sellerId, sku])).length > 0;
}

/** The row of the seller must be locked. */
export async function countOffers(tx: Queryable, sellerId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>("SELECT count(*)::int AS count FROM offer WHERE seller_id = $1", [
    sellerId,
  ]);
  return row?.count ?? 0;
}

export async function saveOffer(tx: Queryable, offer: Omit<Offer, "changedAt">): Promise<Offer> {
  const { sellerId, sku, currency, priceMinor, stock, handlingDays } = offer;
  const [saved] = await tx.query<Offer>(
    `INSERT INTO offer AS o (seller_id, sku, currency, price_minor, stock, handling_days)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (seller_id, sku) DO UPDATE SET currency = excluded.currency, price_minor = excluded.price_minor,
       stock = excluded.stock, handling_days = excluded.handling_days, is_ended = false, changed_at = now()
     RETURNING ${OFFER}`,
    [sellerId, sku, currency, priceMinor, stock, handlingDays],
  );
  if (!saved) throw new Error(`The offer of ${sku} was not stored.`);
  return saved;
}

/** What is in orders stays reserved, so the row stays. @returns whether there was an offer */
export async function endOffer(tx: Queryable, sellerId: string, sku: string): Promise<boolean> {
  const ended = await tx.query(
    `UPDATE offer SET is_ended = true, stock = 0, changed_at = now()
     WHERE seller_id = $1 AND sku = $2 AND NOT is_ended RETURNING sku`,
    [sellerId, sku],
  );
  return ended.length > 0;
}

export async function pageOfOffers(
  db: Queryable,
  sellerId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: Offer[]; total: number }> {
  const [rows, counted] = await Promise.all([
    db.query<Offer>(
      `SELECT ${OFFER} FROM offer o WHERE o.seller_id = $1 AND NOT o.is_ended ORDER BY o.sku LIMIT $2 OFFSET $3`,
      [sellerId, limit, offset],
    ),
    db.query<{ total: number }>("SELECT count(*)::int AS total FROM offer WHERE seller_id = $1 AND NOT is_ended", [
      sellerId,
    ]),
  ]);
  return { rows, total: counted[0]?.total ?? 0 };
}

/** An offer with its seller, as shoppers see both. */
export interface SellersOffer extends Offer {
  sellerName: string;
  rated: number;
  positive: number;
}

const WITH_SELLER = `${OFFER}, s.name AS "sellerName", s.rated, s.positive`;

/** What can be bought of these skus now, in a currency: the cheapest of each, when there are very many. */
export function offersToBuy(db: Queryable, skus: readonly string[], currency: string): Promise<SellersOffer[]> {
  return db.query<SellersOffer>(
    `SELECT found.* FROM unnest($1::text[]) AS asked (sku) CROSS JOIN LATERAL (
       SELECT ${WITH_SELLER} FROM offer o JOIN seller s ON s.seller_id = o.seller_id AND s.status = 'approved'
       WHERE o.sku = asked.sku AND o.currency = $2 AND NOT o.is_ended AND o.stock > 0
       ORDER BY o.price_minor, o.seller_id LIMIT ${sellerLimits.OFFERS_SHOWN}
     ) found`,
    [skus, currency],
  );
}

/** The offers that hold now, in a currency, whatever is left of them. */
export function offersThatHold(
  db: Queryable,
  keys: readonly { sellerId: string; sku: string }[],
  currency: string,
): Promise<SellersOffer[]> {
  return db.query<SellersOffer>(
    `SELECT ${WITH_SELLER} FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS k (seller_id, sku)) asked
     JOIN offer o USING (seller_id, sku) JOIN seller s ON s.seller_id = o.seller_id AND s.status = 'approved'
     WHERE o.currency = $3 AND NOT o.is_ended`,
    [keys.map(({ sellerId }) => sellerId), keys.map(({ sku }) => sku), currency],
  );
}

/** Replaces what one customer has said about a seller for one order. @returns false without a paid sale of this customer */
export async function saveRating(
  tx: Transaction,
  {
    orderId,
    sellerId,
    customerId,
    positive,
  }: Record<"orderId" | "sellerId" | "customerId", string> & { positive: boolean },
): Promise<boolean> {
  const sale = await tx.query(
    "SELECT FROM sale WHERE order_id = $1 AND seller_id = $2 AND customer_id = $3 AND is_credited",
    [orderId, sellerId, customerId],
  );
  if (sale.length === 0) return false;
  const [before] = await tx.query<{ positive: boolean }>(
    "SELECT positive FROM seller_rating WHERE order_id = $1 AND seller_id = $2 FOR UPDATE",
    [orderId, sellerId],
  );
  tx.write(
    `INSERT INTO seller_rating (order_id, seller_id, customer_id, positive) VALUES ($1, $2, $3, $4)
     ON CONFLICT (order_id, seller_id) DO UPDATE SET positive = excluded.positive, changed_at = now()`,
    [orderId, sellerId, customerId, positive],
  );
  tx.write("UPDATE seller SET rated = rated + $2, positive = positive + $3 WHERE seller_id = $1", [
    sellerId,
    before ? 0 : 1,
    Number(positive) - Number(before?.positive ?? false),
  ]);
  return true;
}
