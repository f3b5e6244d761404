import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { close } from "../domain/cart.ts";
import { type Deps, isOwn, noCart } from "../setup.ts";

type Actions = typeof carts.actions;

export const cartForCheckout: Handler<Actions["forCheckout"], Deps> = async (ctx, { cartId }) => {
  if (!isOwn(ctx, cartId)) throw noCart();
  const { currency, items, orderId } = (await ctx.deps.carts.read(cartId)).value;
  return { cartId, currency, items: [...items], orderId };
};

export const closeCart: Handler<Actions["close"], Deps> = async (ctx, { cartId, orderId }) => {
  if (!isOwn(ctx, cartId)) throw noCart();
  await ctx.deps.carts.edit(cartId, (cart) => close(cart, orderId));
  return {};
};
