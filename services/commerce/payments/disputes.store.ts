import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Dispute } from "./domain/charge.ts";

export type DisputeStatus = Dispute["status"];

/** A dispute with its payment. */
export interface StoredDispute {
  disputeId: string;
  paymentId: string;
  orderId: string;
  customerId: string;
  provider: string;
  reference: string;
  amountMinor: number;
  currency: string;
  reason: string;
  status: DisputeStatus;
  evidenceDueBy: Date | null;
  openedAt: Date;
  closedAt: Date | null;
}

const COLUMNS = `dispute_id AS "disputeId", payment_id AS "paymentId", order_id AS "orderId", customer_id AS "customerId",
  d.provider, reference, d.amount_minor AS "amountMinor", currency, reason, status, evidence_due_by AS "evidenceDueBy",
  opened_at AS "openedAt", closed_at AS "closedAt"`;

/** Locks a dispute that is known. */
export async function lockDispute(
  tx: Transaction,
  provider: string,
  reference: string,
): Promise<Pick<StoredDispute, "disputeId" | "status"> | undefined> {
  const [row] = await tx.query<Pick<StoredDispute, "disputeId" | "status">>(
    `SELECT dispute_id AS "disputeId", status FROM dispute WHERE provider = $1 AND reference = $2 FOR UPDATE`,
    [provider, reference],
  );
  return row;
}

/** Stores a dispute, or what is new about it. */
export async function saveDispute(
  tx: Transaction,
  { disputeId, paymentId, provider }: Pick<StoredDispute, "disputeId" | "paymentId" | "provider">,
  { reference, amountMinor, reason, status, evidenceDueBy }: Dispute,
): Promise<void> {
  await tx.query(
    `INSERT INTO dispute (dispute_id, payment_id, provider, reference, amount_minor, reason, status, evidence_due_by, closed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $7 IN ('won', 'lost') THEN now() END)
     ON CONFLICT (provider, reference) DO UPDATE SET
       status = excluded.status, evidence_due_by = excluded.evidence_due_by,
       closed_at = coalesce(dispute.closed_at, excluded.closed_at)`,
    [disputeId, paymentId, provider, reference, amountMinor, reason, status, evidenceDueBy],
  );
}

export async function readDispute(db: Queryable, disputeId: string): Promise<StoredDispute | undefined> {
  const [row] = await db.query<StoredDispute>(
    `SELECT ${COLUMNS} FROM dispute d JOIN payment USING (payment_id) WHERE dispute_id = $1`,
    [disputeId],
  );
  return row;
}

/** @param paymentId of one payment; of all unless given */
export async function listDisputes(
  db: Queryable,
  { paymentId = null, limit, offset }: { paymentId?: string | null | undefined; limit: number; offset: number },
): Promise<{ total: number; disputes: StoredDispute[] }> {
  const [counted] = await db.query<{ total: number }>(
    "SELECT count(*) AS total FROM dispute WHERE $1::text IS NULL OR payment_id = $1",
    [paymentId],
  );
  const disputes = await db.query<StoredDispute>(
    `SELECT ${COLUMNS} FROM dispute d JOIN payment USING (payment_id) WHERE $1::text IS NULL OR payment_id = $1
     ORDER BY opened_at DESC, dispute_id DESC LIMIT $2 OFFSET $3`,
    [paymentId, limit, offset],
  );
  return { total: counted?.total ?? 0, disputes };
}
