import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { sellerLimits } from "./domain/limits.ts";

export interface Turn {
  sellerId: string;
  currency: string;
  /** What had become available before the period, less all refunds of it since. */
  availableMinor: number;
}

export async function databaseNow(db: Queryable): Promise<Date> {
  const [row] = await db.query<{ now: Date }>("SELECT now() AS now");
  return row?.now ?? new Date(0);
}

/** Takes the next balances whose turn it is in this period: each once. Sellers who cannot be paid have their turn, too. */
export async function takeTurns(tx: Queryable, period: Date): Promise<Turn[]> {
  return tx.query<Turn>(
    `WITH due AS (
       SELECT seller_id, currency FROM payout_turn WHERE done_until < $1 ORDER BY done_until, seller_id, currency
       LIMIT ${sellerLimits.PAYOUTS_PER_RUN} FOR UPDATE SKIP LOCKED
     ), taken AS (
       UPDATE payout_turn t SET done_until = $1 FROM due WHERE t.seller_id = due.seller_id AND t.currency = due.currency
       RETURNING t.seller_id, t.currency
     )
     SELECT seller_id AS "sellerId", currency, (
       SELECT coalesce(sum(net_minor), 0)::bigint FROM balance_entry e
       WHERE e.seller_id = taken.seller_id AND e.currency = taken.currency AND e.available_at <= $1
     ) AS "availableMinor"
     FROM taken JOIN seller USING (seller_id) WHERE seller.status = 'approved' AND seller.iban IS NOT NULL`,
    [period],
  );
}

export interface NewPayout {
  payoutId: string;
  sellerId: string;
  currency: string;
  amountMinor: number;
}

/** Stores payouts and takes them off the balances. A second one in a period is an error of the database. */
export function insertPayouts(tx: Transaction, payouts: readonly NewPayout[], period: Date): void {
  tx.write(
    `WITH made AS (
       INSERT INTO payout (payout_id, seller_id, currency, amount_minor, period)
       SELECT *, $5::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
       RETURNING payout_id, seller_id, currency, amount_minor, period
     )
     INSERT INTO balance_entry (seller_id, currency, kind, payout_id, net_minor, available_at)
     SELECT seller_id, currency, 'payout', payout_id, -amount_minor, period FROM made`,
    [
      payouts.map(({ payoutId }) => payoutId),
      payouts.map(({ sellerId }) => sellerId),
      payouts.map(({ currency }) => currency),
      payouts.map(({ amountMinor }) => amountMinor),
      period,
    ],
  );
}

export interface StoredPayout extends NewPayout {
  period: Date;
  status: "sending" | "sent" | "failed";
  reason: string | null;
  createdAt: Date;
  settledAt: Date | null;
}

const PAYOUT = `payout_id AS "payoutId", seller_id AS "sellerId", currency, amount_minor AS "amountMinor", period, status,
  reason, created_at AS "createdAt", settled_at AS "settledAt"`;

/** Locks those of these payouts that are on their way still. */
export function lockSending(tx: Queryable, payoutIds: readonly string[]): Promise<StoredPayout[]> {
  return tx.query<StoredPayout>(
    `SELECT ${PAYOUT} FROM payout WHERE payout_id = ANY ($1::text[]) AND status = 'sending' ORDER BY payout_id FOR UPDATE`,
    [payoutIds],
  );
}

export function markSent(tx: Transaction, payoutId: string, reference: string): void {
  tx.write("UPDATE payout SET status = 'sent', reference = $2, settled_at = now() WHERE payout_id = $1", [
    payoutId,
    reference,
  ]);
}

/** The money is in the balance again. */
export function markFailed(tx: Transaction, payoutId: string, reason: string): void {
  tx.write(
    `WITH failed AS (
       UPDATE payout SET status = 'failed', reason = $2, settled_at = now() WHERE payout_id = $1
       RETURNING payout_id, seller_id, currency, amount_minor, period
     )
     INSERT INTO balance_entry (seller_id, currency, kind, payout_id, net_minor, available_at)
     SELECT seller_id, currency, 'payout_returned', payout_id, amount_minor, period FROM failed`,
    [payoutId, reason],
  );
}

/** The newest first. */
export async function pageOfPayouts(
  db: Queryable,
  sellerId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: StoredPayout[]; total: number }> {
  const [rows, counted] = await Promise.all([
    db.query<StoredPayout>(
      `SELECT ${PAYOUT} FROM payout WHERE seller_id = $1 ORDER BY created_at DESC, payout_id DESC LIMIT $2 OFFSET $3`,
      [sellerId, limit, offset],
    ),
    db.query<{ total: number }>("SELECT count(*)::int AS total FROM payout WHERE seller_id = $1", [sellerId]),
  ]);
  return { rows, total: counted[0]?.total ?? 0 };
}

export async function balanceOf(
  db: Queryable,
  sellerId: string,
  currency: string,
): Promise<{ pendingMinor: number; availableMinor: number }> {
  const [row] = await db.query<{ pendingMinor: number; availableMinor: number }>(
    `SELECT coalesce(sum(net_minor) FILTER (WHERE available_at > now()), 0)::bigint AS "pendingMinor",
            coalesce(sum(net_minor) FILTER (WHERE available_at <= now()), 0)::bigint AS "availableMinor"
     FROM balance_entry WHERE seller_id = $1 AND currency = $2`,
    [sellerId, currency],
  );
  return row ?? { pendingMinor: 0, availableMinor: 0 };
}
