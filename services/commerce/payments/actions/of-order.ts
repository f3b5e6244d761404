import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { readPaymentOfOrder } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { viewOf } from "../view.ts";

export const ofOrder: Handler<typeof payments.actions.ofOrder, PaymentsDeps> = async (ctx, { orderId }) => {
  const stored = await readPaymentOfOrder(ctx.db, orderId);
  return { payment: stored ? viewOf(stored) : null };
};
