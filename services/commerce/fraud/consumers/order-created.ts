import { toMinor } from "#lib/contract/money.ts";
import type { EventData } from "#lib/contract/types.ts";
import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import { findKeptAssessments } from "../attempts.store.ts";
import { verdictOf } from "../domain/review.ts";
import { insertReviews } from "../reviews.store.ts";
import type { Deps } from "../setup.ts";
import { keepAssessments, scoreAttempts } from "../steps/assess-attempts.ts";
import { emitVerdict } from "../steps/record-verdict.ts";

/**
 * Every order that waits for a decision gets one: from somebody of the shop, when its assessment asks for a review. An order
 * that was placed without an assessment, because this service was down, is assessed now by what its event says, and decided
 * at once unless it needs somebody. An order that was refused is cancelled already; that is only recorded.
 */
export const orderCreated = onBatch<"orders.OrderCreated", Deps>(
  "orders.OrderCreated",
  async ({ tx, deps, env }, events) => {
    const orders = events.map(({ data }) => data);
    const known = await findKeptAssessments(
      tx,
      orders.map(({ orderId }) => orderId),
    );
    const missing = orders.filter(({ orderId }) => !known.has(orderId));
    if (missing.length > 0) {
      const assessed = await scoreAttempts(tx, deps.scoring, missing.map(attemptOf), { durable: true });
      await keepAssessments(tx, deps.scoring, assessed, { durable: true });
      for (const [i, assessment] of assessed.entries()) known.set(missing[i]?.orderId ?? "", assessment);
    }
    const reviews = orders.map(({ orderId, customerId, totalAmount, currency }) => {
      const verdict = verdictOf(known.get(orderId)?.decision ?? "review");
      const decided =
        verdict === undefined
          ? ({ status: "open", decidedBy: null } as const)
          : ({ status: verdict, decidedBy: "assessment" } as const);
      return { orderId, customerId, totalMinor: toMinor(totalAmount, currency), currency, ...decided };
    });
    const opened = await insertReviews(tx, reviews, env.FRAUD_REVIEW_HOURS);
    for (const [i, event] of events.entries()) {
      const review = reviews[i];
      if (!review || review.status === "open" || !opened.has(review.orderId)) continue;
      emitVerdict(tx.because(causedBy(event)), review, review.status, "assessment");
    }
  },
  { where: { underReview: [true] } },
);

function attemptOf({
  orderId,
  customerId,
  items,
  totalAmount,
  currency,
  paymentMethodId,
  country,
}: EventData<"orders.OrderCreated">) {
  const lines = items.map(({ sku, quantity }) => ({ sku, quantity }));
  return { orderId, customerId, items: lines, totalAmount, currency, paymentMethodId, shippingCountry: country };
}
