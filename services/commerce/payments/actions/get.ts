import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { readPayment } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { holdsOrderToken } from "../steps/order-token.ts";
import { viewOf } from "../view.ts";

export const get: Handler<typeof payments.actions.get, PaymentsDeps> = async (ctx, { paymentId }) => {
  const stored = await readPayment(ctx.db, paymentId);
  if (!stored) throw new DomainError("NOT_FOUND");
  ctx.requireOwner(stored.customerId, await holdsOrderToken(ctx, stored.orderId));
  return viewOf(stored);
};
