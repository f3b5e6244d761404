import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { close } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { cartNotFound, isOwnCart } from "../steps/cart-access.ts";

type Actions = typeof carts.actions;

export const cartForCheckout: Handler<Actions["forCheckout"], Deps> = async (ctx, { cartId }) => {
  if (!isOwnCart(ctx, cartId)) throw cartNotFound();
  const { currency, items, orderId } = (await ctx.deps.carts.read(cartId)).value;
  return { cartId, currency, items: [...items], orderId };
};

export const closeCart: Handler<Actions["close"], Deps> = async (ctx, { cartId, orderId }) => {
  if (!isOwnCart(ctx, cartId)) throw cartNotFound();
  await ctx.deps.carts.edit(cartId, (cart) => close(cart, orderId));
  return {};
};
