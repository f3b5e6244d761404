import { DomainError, isDomainError, type NamedError } from "#lib/contract/errors.ts";
import { toMajor } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { ChangedPrice } from "#services/commerce/orders/contract.ts";
import { type Answer, deleteAttempt, findAttempt, saveAnswer, saveAttempt } from "../checkout.store.ts";
import type { checkout } from "../contract.ts";
import { type CartItem, type CartSnapshot, isUnchanged, withItemIds } from "../domain/cart-snapshot.ts";

type Create = typeof checkout.actions.create;

/**
 * Turns a cart into an order, once, however often and from however many clients it is requested: the cart's id is the
 * source of the order, so `orders.place` answers every attempt with the order of the first one. The contents of the cart
 * are stored before the order is placed. An attempt that crashed after that is resumed with them, even if the cart was
 * lost since.
 */
export const checkOut: Handler<Create> = transactional(async (ctx, params) => {
  if (ctx.auth.kind !== "customer") throw new DomainError("FORBIDDEN", "Only a customer can check a cart out.");
  const { customerId } = ctx.auth;
  const { cartId } = params;
  const attempt = await findAttempt(ctx.db, cartId, customerId);
  if (attempt?.answer) return finish(ctx, cartId, attempt.answer);
  const cart = await ctx.call("carts.forCheckout", { cartId });
  const repeated = attempt !== undefined || cart.orderId !== null;
  if (attempt?.recent && isUnchanged(attempt.items, cart.items))
    return finish(ctx, cartId, await place(ctx, customerId, params, attempt, repeated));
  if (cart.items.length === 0) throw new DomainError("CART_EMPTY");
  await saveAttempt(ctx.db, cartId, customerId, cart);
  return finish(ctx, cartId, await place(ctx, customerId, params, cart, repeated));
});

/** @throws DomainError PRICE_CHANGED with both prices, or OUT_OF_STOCK with the items */
async function place(
  ctx: ActionContext,
  customerId: string,
  { cartId, shippingAddress, paymentMethodId }: ParamsOf<Create>,
  { currency, items }: CartSnapshot,
  repeated: boolean,
): Promise<Answer> {
  const lines = items.map(({ itemId: _, priceMinor, ...item }) => ({ ...item, price: toMajor(priceMinor, currency) }));
  try {
    return await ctx.call("orders.place", {
      customerId,
      source: `cart:${cartId}`,
      repeated,
      items: lines,
      currency,
      shippingAddress,
      paymentMethodId,
    });
  } catch (error) {
    // After an outage it is unknown whether there is an order, so the attempt stays and can be resumed.
    if (!isDomainError(error) || isOutage(error)) throw error;
    await deleteAttempt(ctx.db, cartId);
    throw isDomainError(error, "PRICE_CHANGED") ? priceChanged(error, items) : error;
  }
}

function priceChanged({ data }: NamedError, items: readonly CartItem[]): DomainError {
  const prices = (data?.prices ?? []) as readonly ChangedPrice[];
  return new DomainError("PRICE_CHANGED", "Prices have changed since the cart was shown.", {
    prices: withItemIds(prices, items),
  });
}

/** Closes the cart after the order is placed, because a crash before it leaves an open cart that leads to the same order. */
async function finish(ctx: ActionContext & Transactions, cartId: string, answer: Answer): Promise<Answer> {
  await ctx.call("carts.close", { cartId, orderId: answer.orderId }).catch((error: unknown) => {
    if (!isOutage(error)) throw error;
    ctx.log.warn("A cart that was checked out stays open for now.", { cartId, reason: String(error) });
  });
  return ctx.transaction(async (tx) => {
    await saveAnswer(tx, cartId, answer);
    return answer;
  });
}
