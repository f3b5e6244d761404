import { owns } from "../../../../mixins/access.ts";
import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import type { payments } from "../contract.ts";
import type { PaymentsDeps } from "../deps.ts";
import { readPayment } from "../payment.store.ts";
import { viewOf } from "../view.ts";

export const get: Handler<typeof payments.actions.get, PaymentsDeps> = async (ctx, { paymentId }) => {
  const stored = await readPayment(ctx.db, paymentId);
  if (!stored || !owns(ctx.auth, stored.customerId, "payments:read")) throw new Problem("NOT_FOUND");
  return viewOf(stored);
};
