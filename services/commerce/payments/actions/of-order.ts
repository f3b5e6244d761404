import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { readPaymentOfOrder, readPaymentsOfOrders } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { viewOf } from "../view.ts";

export const ofOrder: Handler<typeof payments.actions.ofOrder, PaymentsDeps> = async (ctx, { orderId }) => {
  const stored = await readPaymentOfOrder(ctx.db, orderId);
  return { payment: stored ? viewOf(stored) : null };
};

export const methodsOf: Handler<typeof payments.actions.methodsOf, PaymentsDeps> = async (ctx, { orderIds }) => {
  const stored = await readPaymentsOfOrders(ctx.db, orderIds);
  return { orders: stored.map(viewOf).map(({ orderId, paymentMethod }) => ({ orderId, paymentMethod })) };
};
