import type { Cause } from "#lib/sql/cause.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Claim } from "#lib/work-queue/work-queue.ts";
import { paymentLimits } from "./domain/limits.ts";
import type { OperationKind, Result } from "./domain/operation.ts";
import type { ClientKey, Goal } from "./domain/payment.ts";
import type { ProviderName } from "./domain/provider-names.ts";
import { COLUMNS as PAYMENT_COLUMNS, type PaymentRow, type StoredPayment, toStoredPayment } from "./payments.store.ts";

interface OperationRow {
  operation_id: string;
  payment_id: string;
  kind: OperationKind;
  amount_minor: number;
  reason: string | null;
  state: "pending" | "unknown" | "succeeded" | "declined";
  attempts: number;
  answer: Result | null;
  client_hash: string | null;
  correlation_id: string;
  causation_id: string;
  traceparent: string | null;
  settled_at: Date | null;
}

export interface StoredOperation {
  operationId: string;
  paymentId: string;
  kind: OperationKind;
  amountMinor: number;
  reason: string | null;
  attempts: number;
  clientHash: string | null;
  cause: Cause;
  /** Absent while the provider has not answered. */
  settled: { answer: Result; at: Date } | undefined;
}

/** An operation that a worker has claimed, with what the provider has to know. */
export interface ClaimedOperation extends StoredOperation {
  /** What gift cards and store credit have of the amount. */
  storedMinor: number;
  asksProvider: boolean;
  /** Which of its idempotency keys is in use. */
  generation: number;
  /** For how long this key has been spent; undefined while it is not. */
  spentMs: number | undefined;
  /** By the database's clock, unless this is the first attempt: there is nothing to find at the provider before it. */
  createdAt: Date;
  /** Until when it was sent under this key: the moment the key was found to be spent, or now. */
  sentUntil: Date;
  goal: Goal["kind"];
  orderId: string;
  customerId: string;
  currency: string;
  methodId: string;
  provider: ProviderName;
  reference: string | null;
}

const COLUMNS = `operation_id, payment_id, kind, amount_minor, reason, state, attempts, answer, client_hash, correlation_id,
  causation_id, traceparent, settled_at`;

function fromRow(row: OperationRow): StoredOperation {
  return {
    operationId: row.operation_id,
    paymentId: row.payment_id,
    kind: row.kind,
    amountMinor: row.amount_minor,
    reason: row.reason,
    attempts: row.attempts,
    clientHash: row.client_hash,
    cause: { correlationId: row.correlation_id, causationId: row.causation_id, traceparent: row.traceparent },
    settled: row.answer && row.settled_at ? { answer: row.answer, at: row.settled_at } : undefined,
  };
}

/** The condition of the indexes that hold the few open operations. */
const OPEN = "state IN ('pending', 'unknown')";

/**
 * The same condition for operations with known ids, worded so that it matches none of the partial indexes. They still hold
 * each operation that was open since the oldest transaction on the server began, and the planner does not know how many
 * these are. The primary key is faster.
 */
const OPEN_BY_ID = "operation_id = ANY ($1::text[]) AND settled_at IS NULL";

/** Claims due operations, each for one worker of the cluster until its lease ends; `due_at` is then the end of the lease. */
export async function claimOperations(db: Queryable, claim: Claim, leaseMs: number): Promise<ClaimedOperation[]> {
  const [due, value] =
    "limit" in claim
      ? [`${OPEN} AND due_at <= now() ORDER BY due_at LIMIT $1`, claim.limit]
      : [`${OPEN_BY_ID} AND due_at <= now() ORDER BY operation_id`, claim.ids];
  const rows = await db.query<
    OperationRow & {
      stored_minor: number;
      asks_provider: boolean;
      generation: number;
      spent_ms: number | null;
      created_at: Date;
      sent_until: Date;
      wish: Goal["kind"];
      order_id: string;
      customer_id: string;
      currency: string;
      payment_method_id: string;
      provider: ProviderName;
      provider_reference: string | null;
    }
  >(
    `WITH due AS (
       SELECT operation_id FROM operation WHERE ${due} FOR UPDATE SKIP LOCKED
     )
     UPDATE operation o SET attempts = o.attempts + 1, due_at = now() + make_interval(secs => $2::float8 / 1000)
     FROM due, payment p WHERE o.operation_id = due.operation_id AND p.payment_id = o.payment_id
     RETURNING o.operation_id, o.payment_id, o.kind, o.amount_minor, o.reason, o.state, o.attempts, o.answer, o.client_hash,
       o.correlation_id, o.causation_id, o.traceparent, o.settled_at, o.stored_minor, o.asks_provider, o.generation, o.created_at, coalesce(o.key_spent_at, now()) AS sent_until,
       extract(epoch FROM now() - o.key_spent_at)::float8 * 1000 AS spent_ms,
       p.wish, p.order_id, p.customer_id, p.currency, p.payment_method_id, p.provider, p.provider_reference`,
    [value, leaseMs],
  );
  return rows.map((row) => ({
    ...fromRow(row),
    storedMinor: row.stored_minor,
    asksProvider: row.asks_provider,
    generation: row.generation,
    spentMs: row.spent_ms ?? undefined,
    createdAt: row.created_at,
    sentUntil: row.sent_until,
    goal: row.wish,
    orderId: row.order_id,
    customerId: row.customer_id,
    currency: row.currency,
    methodId: row.payment_method_id,
    provider: row.provider,
    reference: row.provider_reference,
  }));
}

/** An operation that is still open, and its payment. */
export interface OpenOperation {
  operationId: string;
  attempts: number;
  stored: StoredPayment;
}

/** Locks payments, and then those of their operations that are still open, each in the order of their ids. */
export async function lockOpen(
  tx: Queryable,
  operations: readonly Pick<StoredOperation, "operationId" | "paymentId">[],
): Promise<OpenOperation[]> {
  const rows = await tx.query<PaymentRow & { operation_id: string; attempts: number }>(
    `WITH paying AS MATERIALIZED (
       SELECT ${PAYMENT_COLUMNS} FROM payment WHERE payment_id = ANY ($2::text[]) ORDER BY payment_id FOR UPDATE
     ), open AS MATERIALIZED (
       SELECT operation_id, payment_id, attempts FROM operation
       WHERE ${OPEN_BY_ID} AND payment_id IN (SELECT payment_id FROM paying) ORDER BY operation_id FOR UPDATE
     )
     SELECT * FROM open JOIN paying USING (payment_id)`,
    [operations.map(({ operationId }) => operationId), operations.map(({ paymentId }) => paymentId)],
  );
  return rows.map((row) => ({ operationId: row.operation_id, attempts: row.attempts, stored: toStoredPayment(row) }));
}

/**
 * An operation in doubt: when to attempt it again, and under which key. `spent` keeps the key and notes that it is spent;
 * `next` goes on to the next one.
 */
export interface Postponed {
  operationId: string;
  /** Of the key that was used. If another worker has gone on to the next key, this outcome is obsolete. */
  generation: number;
  key: "same" | "spent" | "next";
  /** Whether the provider was asked. If not, the attempt does not count. */
  asked: boolean;
  /** The provider that takes the payment from now on, because nothing was asked of the one before; null: the same. */
  provider: ProviderName | null;
  /** Null parks the operation: it is not due before a person retries it. */
  delayMs: number | null;
  error: string;
}

export async function postponeOperations(db: Queryable, unknown: readonly Postponed[]): Promise<void> {
  await db.query(
    `WITH postponed AS (
       UPDATE operation o SET
         state = CASE WHEN n.asked THEN 'unknown' ELSE o.state END,
         attempts = CASE WHEN n.asked THEN o.attempts ELSE greatest(o.attempts - 1, 0) END,
         due_at = coalesce(now() + make_interval(secs => n.delay / 1000), 'infinity'),
         parked_at = CASE WHEN n.delay IS NULL THEN now() END,
         last_error = n.error,
         generation = CASE n.key WHEN 'next' THEN o.generation + 1 ELSE o.generation END,
         key_spent_at = CASE n.key WHEN 'same' THEN o.key_spent_at WHEN 'spent' THEN coalesce(o.key_spent_at, now()) END
       FROM unnest($1::text[], $2::int[], $3::text[], $4::float8[], $5::text[], $6::boolean[], $7::text[])
         AS n (operation_id, generation, key, delay, error, asked, provider)
       WHERE o.operation_id = n.operation_id AND o.generation = n.generation AND o.state IN ('pending', 'unknown')
       RETURNING o.payment_id, n.provider
     )
     UPDATE payment p SET provider = postponed.provider FROM postponed
     WHERE p.payment_id = postponed.payment_id AND postponed.provider IS NOT NULL`,
    [
      unknown.map((u) => u.operationId),
      unknown.map((u) => u.generation),
      unknown.map((u) => u.key),
      unknown.map((u) => u.delayMs),
      unknown.map((u) => u.error),
      unknown.map((u) => u.asked),
      unknown.map((u) => u.provider),
    ],
  );
}

/** Counts the operations whose outcome has been unknown for minutes. */
export async function countUnknown(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM operation
     WHERE ${OPEN} AND attempts > 0 AND created_at < now() - make_interval(mins => $1)`,
    [paymentLimits.OPERATION_UNKNOWN_MINUTES],
  );
  return row?.count ?? 0;
}

export async function readOperation(db: Queryable, operationId: string): Promise<StoredOperation | undefined> {
  const [row] = await db.query<OperationRow>(`SELECT ${COLUMNS} FROM operation WHERE operation_id = $1`, [operationId]);
  return row && fromRow(row);
}

/** The operation that a payment has in flight. */
export async function readLiveOperation(db: Queryable, paymentId: string): Promise<StoredOperation | undefined> {
  const [row] = await db.query<OperationRow>(`SELECT ${COLUMNS} FROM operation WHERE payment_id = $1 AND ${OPEN}`, [
    paymentId,
  ]);
  return row && fromRow(row);
}

/** The operation that an earlier request with this key made. */
export async function readOperationOf(
  db: Queryable,
  kind: OperationKind,
  { client, key }: Pick<ClientKey, "client" | "key">,
): Promise<StoredOperation | undefined> {
  const [row] = await db.query<OperationRow>(
    `SELECT ${COLUMNS} FROM operation WHERE client = $1 AND kind = $2 AND client_key = $3`,
    [client, kind, key],
  );
  return row && fromRow(row);
}
