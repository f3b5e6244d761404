import { owns } from "../../../../mixins/access.ts";
import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import type { payments } from "../contract.ts";
import type { PaymentsDeps } from "../deps.ts";
import { readPayment } from "../payment.store.ts";
import { authorizationOf } from "../view.ts";
import { perform } from "./perform.ts";

/** Goes on after the customer's action. Confirmed already, it answers with the authorisation. */
export const confirm: Handler<typeof payments.actions.confirm, PaymentsDeps> = async (ctx, params) => {
  await perform(ctx, "confirm", params, (stored) => {
    if (!owns(ctx.auth, stored.customerId, "payments:write")) throw new Problem("NOT_FOUND");
    return { kind: "confirm" };
  });
  const stored = await readPayment(ctx.db, params.paymentId);
  if (!stored) throw new Problem("NOT_FOUND");
  return authorizationOf(stored);
};
