import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { Learned } from "../changes.store.ts";
import { decide } from "../domain/decide.ts";
import { inputFrom, isCurrent, type Result } from "../domain/operation.ts";
import type { Replacement } from "../domain/payment.ts";
import { type ClaimedOperation, lockOpen, type Postponed, postponeOperations } from "../operations.store.ts";
import { lockPayables, type StoredPayable } from "../payables.store.ts";
import type { StoredPayment } from "../payments.store.ts";
import { Changes, type OperationsQueue } from "./changes.ts";

type Settled = { operation: ClaimedOperation; kind: "settled"; answer: Result };
type Unknown = { operation: ClaimedOperation; kind: "unknown" } & Pick<
  Postponed,
  "key" | "asked" | "provider" | "error" | "delayMs"
>;

/** How an attempt ended: with an answer, or in doubt. */
export type Outcome = Settled | Unknown;

/**
 * Records outcomes in one transaction: the operations, their payments, the operations that follow, and the events. An
 * operation that another worker has settled in the meantime is left unchanged.
 * @returns operations whose answers contradict their payments, which only a bug or manipulation can cause
 */
export function recordOutcomes(
  db: Database,
  operations: OperationsQueue,
  cause: Cause,
  outcomes: readonly Outcome[],
): Promise<ClaimedOperation[]> {
  const settled = outcomes.filter((outcome) => outcome.kind === "settled");
  const unknown = outcomes.filter((outcome) => outcome.kind === "unknown");
  return db.transaction(
    cause,
    async (tx) => {
      if (unknown.length > 0) await postponeOperations(tx, unknown.map(postponed));
      return settled.length > 0 ? recordAnswers(tx, operations, settled) : [];
    },
    "payments.settle",
  );
}

function postponed({ operation: { operationId, generation }, kind: _, ...how }: Unknown): Postponed {
  return { operationId, generation, ...how };
}

/** Locks payables before payments before operations, like every other transaction. Decides on the answers that still count. */
async function recordAnswers(
  tx: Transaction,
  operations: OperationsQueue,
  settled: readonly Settled[],
): Promise<ClaimedOperation[]> {
  const payables = await lockReplaced(tx, settled);
  const open = await lockOpen(
    tx,
    settled.map(({ operation }) => operation),
  );
  const openById = new Map(open.map((one) => [one.operationId, one]));
  const changes = new Changes(operations);
  const contradictions: ClaimedOperation[] = [];
  for (const { operation, answer } of settled) {
    const { operationId, attempts: claimed, cause } = operation;
    const now = openById.get(operationId);
    if (!now || !isCurrent(answer, { claimed, now: now.attempts })) continue;
    // When a lease has ended early, two attempts of an operation may be recorded together. The first answer settles it.
    openById.delete(operationId);
    changes.settle(operationId, answer);
    const decision = decide(now.stored.payment, inputFrom(operation, answer));
    if (decision.kind !== "next") {
      contradictions.push(operation);
      continue;
    }
    changes.decide(now.stored, decision, { cause, learned: learnedFrom(answer) });
    if (decision.successor) startSuccessor(changes, payables, now.stored, decision.successor, cause);
  }
  await changes.write(tx);
  return contradictions;
}

/** A void may be followed by the payment that replaces the voided one, which its payable then points to. */
async function lockReplaced(tx: Transaction, settled: readonly Settled[]): Promise<Map<string, StoredPayable>> {
  const orderIds = settled.flatMap(({ operation: { goal, orderId } }) => (goal === "replace" ? [orderId] : []));
  const payables = orderIds.length > 0 ? await lockPayables(tx, orderIds) : [];
  return new Map(payables.map((payable) => [payable.orderId, payable]));
}

/** Begins the payment that replaces one that has just ended. */
function startSuccessor(
  changes: Changes,
  payables: ReadonlyMap<string, StoredPayable>,
  { orderId, customerId, currency, payment }: StoredPayment,
  { methodId: paymentMethodId, client, ...ids }: Replacement,
  cause: Cause,
): void {
  const payable = payables.get(orderId);
  if (!payable) throw new Error(`${orderId} is not locked.`);
  const { country = null, tenders = [], underReview = false } = payable.created ?? {};
  const { amountMinor } = payment;
  const created = { customerId, amountMinor, currency, paymentMethodId, country, tenders, underReview };
  changes.start({ orderId, created, cause, client, ids });
  changes.setPayable({ ...payable, paymentId: ids.paymentId }, { isKnown: true });
}

function learnedFrom(answer: Result): Learned | undefined {
  switch (answer.kind) {
    case "authorized":
      return { reference: answer.reference, last4: answer.last4, expiresAt: answer.expiresAt };
    case "actionRequired":
    case "declined":
      return { reference: answer.reference, last4: answer.last4 };
    case "captured":
    case "voided":
    case "refunded":
    case "abandoned":
      return undefined;
    default:
      return answer satisfies never;
  }
}
