import { toMajor } from "#lib/contract/money.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import type { PaymentsDeps } from "../deps.ts";
import { isDeclined } from "../problems.ts";
import { amountToMove, perform } from "./perform.ts";

/** Gives back what was captured, or a part of it. */
export const refund: Handler<typeof payments.actions.refund, PaymentsDeps> = transactional(async (ctx, params) => {
  const { stored, operation } = await perform(ctx, "refund", params, ({ currency }) => ({
    kind: "refund",
    amountMinor: amountToMove(params.amount, currency),
    reason: params.reason,
  }));
  if (!operation) throw new Error(`${params.paymentId} was refunded without an operation.`);
  const { answer, at } = operation.settled;
  if (answer.kind === "declined") throw isDeclined(answer.decline, { paymentId: params.paymentId });
  return {
    refundId: operation.operationId,
    paymentId: params.paymentId,
    status: "refunded" as const,
    refundedAmount: toMajor(operation.amountMinor, stored.currency),
    currency: stored.currency,
    refundedAt: at.toISOString(),
  };
});
