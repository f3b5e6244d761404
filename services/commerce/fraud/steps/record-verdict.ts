import type { Transaction } from "#lib/sql/transaction.ts";
import { fraud } from "../contract.ts";
import type { Verdict } from "../domain/review.ts";
import { saveDecision } from "../reviews.store.ts";

interface OfOrder {
  orderId: string;
  customerId: string;
}

/** Decides open reviews, which the transaction has locked, and publishes it. */
export async function recordVerdict(
  tx: Transaction,
  reviews: readonly OfOrder[],
  verdict: Verdict,
  by: string,
): Promise<void> {
  await saveDecision(
    tx,
    reviews.map(({ orderId }) => orderId),
    verdict,
    by,
  );
  for (const review of reviews) emitVerdict(tx, review, verdict, by);
}

export function emitVerdict(tx: Transaction, { orderId, customerId }: OfOrder, verdict: Verdict, by: string): void {
  const { ReviewApproved, ReviewRejected } = fraud.events;
  tx.emit(verdict === "approved" ? ReviewApproved : ReviewRejected, { orderId, customerId, by });
}
