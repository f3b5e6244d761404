import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { freeze, reopen } from "../domain/cart.ts";
import { sourceOfCart } from "../domain/sources.ts";
import type { Deps } from "../setup.ts";
import { cartNotFound, mayCheckOut } from "../steps/cart-access.ts";
import { hasEnded } from "../steps/checkout-state.ts";

type Actions = typeof carts.actions;

/**
 * Takes the contents of a cart for a checkout. One write takes and freezes them, so an edit is either among them or
 * refused. Nothing has to be written after the order is placed: whoever touches the cart asks what has become of it.
 */
export const freezeCart: Handler<Actions["freeze"], Deps> = async (ctx, { cartId, attempt, lost }) => {
  if (!mayCheckOut(ctx, cartId)) throw cartNotFound();
  const now = ctx.now().getTime();
  const { currency, items } = await ctx.deps.carts.edit(cartId, (cart, isKnown) => {
    const present = isKnown || lost === undefined ? cart : { ...cart, ...lost };
    return present.items.length === 0 ? cart : freeze(present, attempt, now);
  });
  return { cartId, currency, items: [...items] };
};

/** Another request of the same checkout may be placing the order right now, so the source is abandoned first. */
export const reopenCart: Handler<Actions["reopen"], Deps> = async (ctx, { cartId, attempt }) => {
  if (!mayCheckOut(ctx, cartId)) throw cartNotFound();
  const fate = await ctx.call("orders.abandonSource", { source: sourceOfCart(cartId, attempt) });
  if (hasEnded(fate)) await ctx.deps.carts.edit(cartId, (cart) => reopen(cart, attempt));
  return {};
};
