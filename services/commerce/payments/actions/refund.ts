import { toMajor } from "#lib/contract/money.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { paymentDeclined } from "../domain/errors.ts";
import type { PaymentsDeps } from "../setup.ts";
import { requestedAmount, requestOperation } from "../steps/request-operation.ts";

/** Refunds the money that was captured, or a part of it. */
export const refund: Handler<typeof payments.actions.refund, PaymentsDeps> = transactional(async (ctx, params) => {
  const { stored, operation } = await requestOperation(ctx, "refund", params, ({ currency }) => ({
    kind: "refund",
    amountMinor: requestedAmount(params.amount, currency),
    reason: params.reason,
  }));
  if (!operation) throw new Error(`${params.paymentId} was refunded without an operation.`);
  const { answer, at } = operation.settled;
  if (answer.kind === "declined") throw paymentDeclined(answer.decline, { paymentId: params.paymentId });
  return {
    refundId: operation.operationId,
    paymentId: params.paymentId,
    status: "refunded" as const,
    refundedAmount: toMajor(operation.amountMinor, stored.currency),
    currency: stored.currency,
    refundedAt: at.toISOString(),
  };
});
