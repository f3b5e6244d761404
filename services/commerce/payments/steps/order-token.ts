import type { ActionContext } from "#mixins/service/context.ts";
import { readPayment } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";

/** Whether the request carries the token of a guest's order. Orders, which signs it, is asked only when there is one. */
export async function holdsOrderToken(
  { call, orderToken: token }: Pick<ActionContext, "call" | "orderToken">,
  orderId: string,
): Promise<boolean> {
  if (token === undefined) return false;
  return (await call("orders.checkToken", { orderId, token })).valid;
}

/** Whether the request carries the token of the order that a payment belongs to. Asked before a transaction begins. */
export async function holdsTokenOfPayment(ctx: ActionContext<PaymentsDeps>, paymentId: string): Promise<boolean> {
  if (ctx.orderToken === undefined) return false;
  const stored = await readPayment(ctx.db, paymentId);
  return stored !== undefined && holdsOrderToken(ctx, stored.orderId);
}
