import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { addCoupon, removeCoupon, requireUsable } from "../domain/discounts.ts";
import type { Deps } from "../setup.ts";
import { requireCartAccess } from "../steps/cart-access.ts";
import { cartOffer } from "../steps/cart-offer.ts";
import { editCart } from "../steps/checkout-state.ts";
import { showCart } from "../steps/show-cart.ts";

type Actions = typeof carts.actions;

/** A code is not kept before promotions have said that it can be used, now or when the cart fulfils its conditions. */
export const addCartCoupon: Handler<Actions["addCoupon"], Deps> = async (ctx, { cartId, code }) => {
  requireCartAccess(ctx, cartId);
  const add = (cart: Parameters<typeof addCoupon>[0]) => addCoupon(cart, code);
  const checked: typeof cartOffer = async (...asked) => {
    const offer = await cartOffer(...asked);
    requireUsable(code, offer.unused);
    return offer;
  };
  return showCart(ctx, cartId, await editCart(ctx, cartId, add, { offerOf: checked }));
};

export const removeCartCoupon: Handler<Actions["removeCoupon"], Deps> = async (ctx, { cartId, code }) => {
  requireCartAccess(ctx, cartId);
  return showCart(ctx, cartId, await editCart(ctx, cartId, (cart) => removeCoupon(cart, code)));
};
