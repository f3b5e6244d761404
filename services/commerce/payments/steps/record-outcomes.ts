import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { decide } from "../domain/decide.ts";
import { inputFrom, isCurrent, type Result } from "../domain/operation.ts";
import {
  type ClaimedOperation,
  lockOpen,
  type Postponed,
  postponeOperations,
  settleOperations,
} from "../operations.store.ts";
import { lockPayables } from "../payables.store.ts";
import { type Learned, lockPayments, type StoredPayment } from "../payments.store.ts";
import { type DecidedPayment, recordDecisions } from "./record-decisions.ts";
import { type Start, startPayments } from "./start-payments.ts";

type Settled = { operation: ClaimedOperation; kind: "settled"; answer: Result };
type Unknown = { operation: ClaimedOperation; kind: "unknown" } & Pick<Postponed, "key" | "error" | "delayMs">;

/** How an attempt ended: with an answer, or in doubt. */
export type Outcome = Settled | Unknown;

export interface Recorded {
  /** Ids of the operations that follow from the answers. */
  followUps: string[];
  /** Operations whose answers contradict their payments, which only a bug or manipulation can cause. */
  contradictions: ClaimedOperation[];
}

/**
 * Records outcomes in one transaction: the operations, their payments, the operations that follow, and the events. An
 * operation that another worker has settled in the meantime is left unchanged.
 */
export function recordOutcomes(db: Database, cause: Cause, outcomes: readonly Outcome[]): Promise<Recorded> {
  const settled = outcomes.filter((outcome) => outcome.kind === "settled");
  const unknown = outcomes.filter((outcome) => outcome.kind === "unknown");
  return db.transaction(
    cause,
    async (tx) => {
      if (unknown.length > 0) await postponeOperations(tx, unknown.map(postponed));
      const current = await lockCurrent(tx, settled);
      return current.length > 0 ? recordAnswers(tx, current) : { followUps: [], contradictions: [] };
    },
    "payments.settle",
  );
}

function postponed({ operation: { operationId, generation }, key, delayMs, error }: Unknown): Postponed {
  return { operationId, generation, key, delayMs, error };
}

/** Locks payables before payments before operations, like every other transaction, and returns the answers that still count. */
async function lockCurrent(
  tx: Transaction,
  settled: readonly Settled[],
): Promise<(Settled & { stored: StoredPayment | undefined })[]> {
  if (settled.length === 0) return [];
  // A void may be followed by the payment that replaces the voided one, which its payable then points to.
  const replaced = settled.flatMap(({ operation: { goal, orderId } }) => (goal === "replace" ? [orderId] : []));
  if (replaced.length > 0) await lockPayables(tx, replaced);
  const paymentIds = settled.map(({ operation }) => operation.paymentId);
  const operationIds = settled.map(({ operation }) => operation.operationId);
  const payments = new Map((await lockPayments(tx, paymentIds)).map((stored) => [stored.paymentId, stored]));
  const open = await lockOpen(tx, operationIds);
  return settled.flatMap((outcome) => {
    const { operation, answer } = outcome;
    const now = open.get(operation.operationId);
    return now !== undefined && isCurrent(answer, { claimed: operation.attempts, now })
      ? [{ ...outcome, stored: payments.get(operation.paymentId) }]
      : [];
  });
}

async function recordAnswers(tx: Transaction, current: Awaited<ReturnType<typeof lockCurrent>>): Promise<Recorded> {
  settleOperations(
    tx,
    current.map(({ operation, answer }) => ({ operationId: operation.operationId, answer })),
  );
  const decided: DecidedPayment[] = [];
  const contradictions: ClaimedOperation[] = [];
  for (const { operation, answer, stored } of current) {
    const decision = stored && decide(stored.payment, inputFrom(operation, answer));
    if (stored && decision?.kind === "next")
      decided.push({ stored, decision, cause: operation.cause, learned: learnedFrom(answer) });
    else contradictions.push(operation);
  }
  const operations = await recordDecisions(tx, decided);
  const begun = await startSuccessors(tx, decided);
  return { followUps: [...operations.filter((id) => id !== undefined), ...begun], contradictions };
}

/** Begins the payments that replace those that have just ended. */
async function startSuccessors(tx: Transaction, decided: readonly DecidedPayment[]): Promise<string[]> {
  const starts = decided.flatMap(({ stored, decision: { successor }, cause }): Start[] => {
    if (!successor) return [];
    const { orderId, customerId, currency, payment } = stored;
    const { methodId: paymentMethodId, client, ...ids } = successor;
    const created = { customerId, amountMinor: payment.amountMinor, currency, paymentMethodId };
    return [{ orderId, created, cause, client, ids }];
  });
  return starts.length === 0 ? [] : (await startPayments(tx, starts)).map(({ operationId }) => operationId);
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
