import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { type Cart, isSameMarket, reopen, reprice, tax } from "../domain/cart.ts";
import { withDiscounts } from "../domain/discounts.ts";
import type { Deps } from "../setup.ts";
import { requireCartAccess } from "../steps/cart-access.ts";
import { type CartOffer, knownOffer } from "../steps/cart-offer.ts";
import { knownCheckoutState } from "../steps/checkout-state.ts";
import { type CurrentPrices, currentPrices } from "../steps/current-prices.ts";
import { showCart } from "../steps/show-cart.ts";

/**
 * Shows a cart at today's prices and stores these, because checkout compares with the prices that were shown. A cart
 * whose checkout has ended without a purchase is opened again.
 */
export const getCart: Handler<typeof carts.actions.get, Deps> = async (ctx, { cartId, ...place }) => {
  requireCartAccess(ctx, cartId);
  const read = await ctx.deps.carts.read(cartId);
  const cart = read.value;
  const stored = { cart, offer: undefined };
  const fate = await knownCheckoutState(ctx, cartId, cart);
  if (fate?.kind === "bought") return showCart(ctx, cartId, stored, fate.orderId);
  const ended = fate?.kind === "ended" ? cart.checkout?.attempt : undefined;
  const isEmpty = cart.items.length === 0 && cart.coupons === undefined;
  if ((cart.checkout !== null && ended === undefined) || isEmpty) return showCart(ctx, cartId, stored);
  const current = await knownPrices(ctx, cartId, cart);
  let offer: CartOffer | undefined;
  const show = async (latest: Cart) => {
    const open = ended === undefined ? latest : reopen(latest, ended);
    if (open.checkout !== null || !isSameMarket(open, cart)) return latest;
    const priced = current
      ? tax(reprice(open, current.prices), current.taxed, Object.keys(place).length > 0 ? place : undefined)
      : open;
    offer = await knownOffer(ctx, cartId, priced);
    return withDiscounts(priced, offer.discounts);
  };
  return showCart(ctx, cartId, { cart: await ctx.deps.carts.edit(cartId, show, read), offer });
};

/** @returns undefined for an empty cart, and while pricing is not available, so that the cart keeps its last prices */
async function knownPrices(ctx: ActionContext<Deps>, cartId: string, cart: Cart): Promise<CurrentPrices | undefined> {
  if (cart.items.length === 0) return undefined;
  try {
    return await currentPrices(ctx, cartId, cart, cart.items);
  } catch (error) {
    if (!isOutage(error)) throw error;
    return undefined;
  }
}
