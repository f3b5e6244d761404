import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import type { PaymentsDeps } from "../deps.ts";
import { readPayment } from "../payments.store.ts";
import { authorizationOf } from "../view.ts";
import { perform } from "./perform.ts";

/** Goes on after the customer's action. Confirmed already, it answers with the authorisation. */
export const confirm: Handler<typeof payments.actions.confirm, PaymentsDeps> = transactional(async (ctx, params) => {
  await perform(ctx, "confirm", params, (stored) => {
    ctx.requireOwner(stored.customerId);
    return { kind: "confirm" };
  });
  const stored = await readPayment(ctx.db, params.paymentId);
  if (!stored) throw new DomainError("NOT_FOUND");
  return authorizationOf(stored);
});
