import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import { decide } from "../domain/decide.ts";
import { holds, inputOf, type Settled } from "../domain/operation.ts";
import {
  type ClaimedOperation,
  lockOpen,
  type Postponed,
  postponeOperations,
  settleOperations,
} from "../operation.store.ts";
import { type Learned, lockPayments } from "../payments.store.ts";
import { record, type Step } from "./record.ts";

/** How an attempt ended: with an answer, or with nobody knowing. */
export type Outcome =
  | { operation: ClaimedOperation; kind: "settled"; answer: Settled }
  | ({ operation: ClaimedOperation; kind: "unknown" } & Pick<Postponed, "key" | "error" | "delayMs">);

/**
 * Writes outcomes down in one transaction: the operations, their payments, what follows, and the events. What another
 * worker has settled meanwhile is left alone.
 * @returns the operations that follow, and answers that contradict their payments (a bug, or tampering)
 */
export async function settle(
  db: Database,
  cause: Cause,
  outcomes: readonly Outcome[],
): Promise<{ follows: string[]; contradictions: ClaimedOperation[] }> {
  const settled = outcomes.filter((outcome) => outcome.kind === "settled");
  const unknown = outcomes.filter((outcome) => outcome.kind === "unknown");
  return db.transaction(
    cause,
    async (tx) => {
      if (unknown.length > 0) {
        await postponeOperations(
          tx,
          unknown.map(({ operation: { operationId, generation }, key, delayMs, error }) => ({
            operationId,
            generation,
            key,
            delayMs,
            error,
          })),
        );
      }
      if (settled.length === 0) return { follows: [], contradictions: [] };
      const payments = new Map(
        (
          await lockPayments(
            tx,
            settled.map(({ operation }) => operation.paymentId),
          )
        ).map((stored) => [stored.paymentId, stored]),
      );
      const open = await lockOpen(
        tx,
        settled.map(({ operation }) => operation.operationId),
      );
      const current = settled.filter(({ operation, answer }) => {
        const now = open.get(operation.operationId);
        return now !== undefined && holds(answer, { taken: operation.attempts, now });
      });
      if (current.length === 0) return { follows: [], contradictions: [] };
      settleOperations(
        tx,
        current.map(({ operation, answer }) => ({ operationId: operation.operationId, answer })),
      );
      const steps: Step[] = [];
      const contradictions: ClaimedOperation[] = [];
      for (const { operation, answer } of current) {
        const stored = payments.get(operation.paymentId);
        const decision = stored && decide(stored.payment, inputOf(operation, answer));
        if (stored && decision?.kind === "next")
          steps.push({ stored, decision, cause: operation.cause, learned: learnedFrom(answer) });
        else contradictions.push(operation);
      }
      const operations = await record(tx, steps);
      return { follows: operations.filter((id) => id !== undefined), contradictions };
    },
    "payments.settle",
  );
}

function learnedFrom(answer: Settled): Learned | undefined {
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
