import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { readPayment } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { holdsTokenOfPayment } from "../steps/order-token.ts";
import { requestOperation } from "../steps/request-operation.ts";
import { authorizationOf } from "../view.ts";

/** Continues a payment after the customer's action. A payment that was confirmed before answers with its authorisation. */
export const confirm: Handler<typeof payments.actions.confirm, PaymentsDeps> = transactional(async (ctx, params) => {
  const holdsToken = await holdsTokenOfPayment(ctx, params.paymentId);
  const { operation } = await requestOperation(ctx, "confirm", params, (stored) => {
    ctx.requireOwner(stored.customerId, holdsToken);
    return { kind: "confirm" };
  });
  const stored = await readPayment(ctx.db, params.paymentId);
  if (!stored) throw new DomainError("NOT_FOUND");
  return authorizationOf(stored, operation?.settled.answer.kind === "authorized");
});
