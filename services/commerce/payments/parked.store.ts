import type { Queryable } from "#lib/sql/transaction.ts";
import type { OperationKind } from "./domain/operation.ts";

/** An operation that ran out of tries. */
export interface ParkedOperation {
  operationId: string;
  paymentId: string;
  orderId: string;
  provider: string;
  kind: OperationKind;
  amountMinor: number;
  currency: string;
  attempts: number;
  lastError: string;
  parkedAt: Date;
}

export async function listParkedOperations(
  db: Queryable,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ total: number; operations: ParkedOperation[] }> {
  const [counted] = await db.query<{ total: number }>(
    "SELECT count(*) AS total FROM operation WHERE parked_at IS NOT NULL",
  );
  const operations = await db.query<ParkedOperation>(
    `SELECT operation_id AS "operationId", payment_id AS "paymentId", order_id AS "orderId", provider, kind,
            o.amount_minor AS "amountMinor", currency, attempts, coalesce(last_error, '') AS "lastError",
            parked_at AS "parkedAt"
     FROM operation o JOIN payment USING (payment_id) WHERE parked_at IS NOT NULL
     ORDER BY parked_at DESC, operation_id DESC LIMIT $1 OFFSET $2`,
    [limit, offset],
  );
  return { total: counted?.total ?? 0, operations };
}

/**
 * Makes a parked operation due again, with all its tries. As it counts as tried once, its provider is asked first what it
 * knows.
 * @returns whether it was parked
 */
export async function retryParkedOperation(db: Queryable, operationId: string): Promise<boolean> {
  const rows = await db.query(
    `UPDATE operation SET parked_at = NULL, due_at = now(), attempts = 1
     WHERE operation_id = $1 AND parked_at IS NOT NULL RETURNING operation_id`,
    [operationId],
  );
  return rows.length > 0;
}

export async function countParkedOperations(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    "SELECT count(*) AS count FROM operation WHERE parked_at IS NOT NULL",
  );
  return row?.count ?? 0;
}
