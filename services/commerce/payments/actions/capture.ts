import { toMajor } from "#lib/contract/money.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { paymentDeclined } from "../domain/errors.ts";
import type { PaymentsDeps } from "../setup.ts";
import { requestedAmount, requestOperation } from "../steps/request-operation.ts";

/** Captures the money that is held, or a part of it. */
export const capture: Handler<typeof payments.actions.capture, PaymentsDeps> = transactional(async (ctx, params) => {
  const { stored, operation } = await requestOperation(ctx, "capture", params, ({ currency }) => ({
    kind: "capture",
    amountMinor: requestedAmount(params.amount, currency),
  }));
  if (!operation) throw new Error(`${params.paymentId} was captured without an operation.`);
  const { answer, at } = operation.settled;
  if (answer.kind === "declined") throw paymentDeclined(answer.decline, { paymentId: params.paymentId });
  return {
    paymentId: params.paymentId,
    status: "captured" as const,
    capturedAmount: toMajor(operation.amountMinor, stored.currency),
    currency: stored.currency,
    capturedAt: at.toISOString(),
  };
});
