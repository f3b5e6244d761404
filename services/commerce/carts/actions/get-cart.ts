import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { type Cart, type ItemPrice, isSameMarket, reopen, reprice } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { requireCartAccess } from "../steps/cart-access.ts";
import { knownCheckoutState } from "../steps/checkout-state.ts";
import { currentPrices } from "../steps/current-prices.ts";
import { cartView } from "../view.ts";

/**
 * Shows a cart at today's prices and stores these, because checkout compares with the prices that were shown. A cart
 * whose checkout has ended without a purchase is opened again.
 */
export const getCart: Handler<typeof carts.actions.get, Deps> = async (ctx, { cartId }) => {
  requireCartAccess(ctx, cartId);
  const read = await ctx.deps.carts.read(cartId);
  const cart = read.value;
  const state = await knownCheckoutState(ctx, cartId, cart);
  if (state?.kind === "bought") return cartView(cartId, cart, state.orderId);
  const ended = state?.kind === "ended" ? cart.checkout?.attempt : undefined;
  if ((cart.checkout !== null && ended === undefined) || cart.items.length === 0) return cartView(cartId, cart);
  const prices = await knownPrices(ctx, cartId, cart);
  const show = (latest: Cart) => {
    const open = ended === undefined ? latest : reopen(latest, ended);
    return open.checkout === null && isSameMarket(open, cart) ? reprice(open, prices) : latest;
  };
  return cartView(cartId, await ctx.deps.carts.edit(cartId, show, read));
};

/** @returns no prices while pricing is not available, so that the cart keeps its last ones */
async function knownPrices(ctx: ActionContext<Deps>, cartId: string, cart: Cart): Promise<Map<string, ItemPrice>> {
  try {
    return await currentPrices(ctx, cartId, cart, cart.items);
  } catch (error) {
    if (!isOutage(error)) throw error;
    return new Map();
  }
}
