import type { Queryable } from "#lib/sql/transaction.ts";

/** What a provider says otherwise than we do. */
export interface Difference {
  provider: string;
  reference: string;
  paymentId: string | null;
  orderId: string | null;
  wrong: string;
  foundAt: Date;
  seenAt: Date;
}

export async function recordDifference(
  db: Queryable,
  provider: string,
  {
    reference,
    paymentId,
    orderId,
    wrong,
  }: Pick<Difference, "paymentId" | "orderId" | "wrong"> & { reference: string | null },
): Promise<void> {
  await db.query(
    `INSERT INTO difference (provider, reference, payment_id, order_id, wrong) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (provider, reference) DO UPDATE SET wrong = excluded.wrong, seen_at = now()`,
    [provider, reference, paymentId, orderId, wrong],
  );
}

export async function forgetDifferences(db: Queryable, provider: string, references: readonly string[]): Promise<void> {
  await db.query("DELETE FROM difference WHERE provider = $1 AND reference = ANY ($2::text[])", [provider, references]);
}

export async function countDifferences(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>("SELECT count(*) AS count FROM difference");
  return row?.count ?? 0;
}

export async function listDifferences(
  db: Queryable,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ total: number; differences: Difference[] }> {
  const differences = await db.query<Difference>(
    `SELECT provider, reference, payment_id AS "paymentId", order_id AS "orderId", wrong, found_at AS "foundAt",
            seen_at AS "seenAt"
     FROM difference ORDER BY found_at DESC, provider, reference LIMIT $1 OFFSET $2`,
    [limit, offset],
  );
  return { total: await countDifferences(db), differences };
}
