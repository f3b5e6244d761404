import { type Handler, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { paymentDeclined } from "../domain/errors.ts";
import type { PaymentsDeps } from "../setup.ts";
import { requestOperation } from "../steps/request-operation.ts";

/** Releases what is held. The order learns it as `PaymentVoided`, and is cancelled. */
export const voidPayment: Handler<typeof payments.actions.void, PaymentsDeps> = transactional(async (ctx, params) => {
  const { operation } = await requestOperation(ctx, "void", params, () => ({ kind: "void" }));
  const answer = operation?.settled.answer;
  if (answer?.kind === "declined") throw paymentDeclined(answer.decline, { paymentId: params.paymentId });
  return { paymentId: params.paymentId, status: "voided" as const };
});
