import { DomainError, isDomainError } from "#lib/contract/errors.ts";
import { toMajor } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import {
  type Agreement,
  type Answer,
  findAttempt,
  forgetAgreement,
  saveAgreement,
  saveAnswer,
} from "../checkout.store.ts";
import type { checkout } from "../contract.ts";
import { changedPrices, missingStock, stillAgreed } from "../domain/agree.ts";

type Create = typeof checkout.actions.create;

/**
 * The one way from a cart to an order, however often and from wherever it is begun: the cart's id names the order to
 * `orders`, so a second attempt finds the first one's order. What was agreed is written down before the order is placed:
 * an attempt that crashed there is taken up without asking again for prices or for stock, which may be gone because this
 * very order has it.
 */
export const checkOut: Handler<Create> = transactional(async (ctx, params) => {
  if (ctx.auth.kind !== "customer") throw new DomainError("FORBIDDEN", "Only a customer can check a cart out.");
  const { customerId } = ctx.auth;
  const { cartId } = params;
  const attempt = await findAttempt(ctx.db, cartId, customerId);
  if (attempt?.answer) return finish(ctx, cartId, attempt.answer);
  const cart = await ctx.call("carts.forCheckout", { cartId });
  if (attempt?.recent && stillAgreed(attempt.items, cart.items))
    return finish(ctx, cartId, await place(ctx, customerId, params, attempt));
  // A closed cart is an order already; its items lead `orders` to it.
  if (cart.orderId === null) await requireAgreeable(ctx, cart);
  await saveAgreement(ctx.db, cartId, customerId, cart);
  return finish(ctx, cartId, await place(ctx, customerId, params, cart));
});

/** @throws DomainError CART_EMPTY, PRICE_CHANGED with both prices, or OUT_OF_STOCK with what is missing */
async function requireAgreeable(ctx: ActionContext, { currency, items }: Agreement): Promise<void> {
  if (items.length === 0) throw new DomainError("CART_EMPTY");
  const skus = items.map(({ sku }) => sku);
  const [{ prices }, stock] = await Promise.all([
    ctx.call("pricing.prices", { skus, currency }),
    ctx.call("inventory.available", { skus }),
  ]);
  const changed = changedPrices(items, new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor])));
  if (changed.length > 0) {
    throw new DomainError("PRICE_CHANGED", "Prices have changed since the cart was shown.", {
      prices: changed.map(({ itemId, sku, shownMinor, currentMinor }) => ({
        itemId,
        sku,
        shown: toMajor(shownMinor, currency),
        current: currentMinor === null ? null : toMajor(currentMinor, currency),
        currency,
      })),
    });
  }
  const missing = missingStock(items, new Map(stock.items.map(({ sku, available }) => [sku, available])));
  if (missing.length > 0)
    throw new DomainError("OUT_OF_STOCK", "There is not enough of everything in the cart.", { items: missing });
}

async function place(
  ctx: ActionContext,
  customerId: string,
  params: ParamsOf<Create>,
  agreed: Agreement,
): Promise<Answer> {
  const { cartId, shippingAddress, paymentMethodId } = params;
  const { currency } = agreed;
  const items = agreed.items.map(({ productId, sku, title, quantity, priceMinor }) => ({
    productId,
    sku,
    title,
    quantity,
    price: toMajor(priceMinor, currency),
  }));
  try {
    return await ctx.call("orders.place", {
      customerId,
      source: `cart:${cartId}`,
      items,
      currency,
      shippingAddress,
      paymentMethodId,
    });
  } catch (error) {
    // Refused for good: nothing was ordered, and the shopper may change the cart. After an outage nobody knows.
    if (isDomainError(error) && !isOutage(error)) await forgetAgreement(ctx.db, cartId);
    throw error;
  }
}

/** The cart is closed last: a crash before it leaves an open cart that leads to the same order. */
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
