import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { attemptOf, type Cart, type CartItem, freeze, reopen } from "../domain/cart.ts";
import { sourceOfCart } from "../domain/sources.ts";
import type { Deps } from "../setup.ts";
import { cartNotFound, mayCheckOut } from "../steps/cart-access.ts";
import { hasEnded } from "../steps/checkout-state.ts";

type Actions = typeof carts.actions;

/**
 * Takes the contents of a cart for a checkout. One write takes and freezes them, so an edit is either among them or
 * refused. Nothing has to be written after the order is placed: whoever touches the cart asks what has become of it.
 */
export const freezeCart: Handler<Actions["freeze"], Deps> = async (ctx, { cartId, attempt: asked, lost }) => {
  if (!mayCheckOut(ctx, cartId)) throw cartNotFound();
  const { carts } = ctx.deps;
  const now = ctx.now().getTime();
  let before: Cart | undefined;
  const cart = await carts.edit(cartId, (read, isKnown) => {
    before = isKnown || lost === undefined ? read : { ...read, ...lost };
    const attempt = asked ?? attemptOf(before);
    return before.items.length === 0 || attempt === null ? read : freeze(before, attempt, now);
  });
  const { currency, items, checkout, coupons = [], discounts = [] } = cart;
  const resumed = checkout !== null && before?.checkout?.attempt === checkout.attempt;
  return {
    cartId,
    attempt: asked ?? attemptOf(cart),
    resumed,
    durable: carts.durable,
    currency,
    items: items.map(soldItem),
    ...(coupons.length === 0 ? {} : { coupons: [...coupons] }),
    ...(discounts.length === 0
      ? {}
      : { discounts: discounts.map(({ shares, ...one }) => ({ ...one, shares: [...shares] })) }),
  };
};

function soldItem({ byQuantity: _, ...sold }: CartItem) {
  return sold;
}

/** Another request of the same checkout may be placing the order right now, so the source is abandoned first. */
export const reopenCart: Handler<Actions["reopen"], Deps> = async (ctx, { cartId, attempt, region }) => {
  if (!mayCheckOut(ctx, cartId)) throw cartNotFound();
  const fate = await ctx.call("orders.abandonSource", { source: sourceOfCart(cartId, attempt) });
  if (hasEnded(fate)) await ctx.deps.carts.edit(cartId, (cart) => reopen(cart, attempt, region));
  return {};
};
