import { isOutage } from "#lib/contract/outage.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { type Cart, reprice } from "../domain/cart.ts";
import { pricesOf } from "../prices.ts";
import { type Deps, requireAccess } from "../setup.ts";
import { viewOf } from "../view.ts";

/** What is shown is what is stored: checkout holds the shopper to it. While pricing is away the last prices stay. */
export const readCart: Handler<typeof carts.actions.get, Deps> = async (ctx, { cartId }) => {
  requireAccess(ctx, cartId);
  const { value: cart } = await ctx.deps.carts.read(cartId);
  if (cart.orderId !== null || cart.items.length === 0) return viewOf(cartId, cart);
  const prices = await pricesNow(ctx, cart);
  const shown = await ctx.deps.carts.edit(cartId, (now) =>
    now.currency === cart.currency ? reprice(now, prices) : now,
  );
  return viewOf(cartId, shown);
};

async function pricesNow(ctx: Parameters<typeof readCart>[0], cart: Cart): Promise<Map<string, number>> {
  try {
    return await pricesOf(
      ctx.call,
      cart.items.map(({ sku }) => sku),
      cart.currency,
    );
  } catch (error) {
    if (!isOutage(error)) throw error;
    return new Map();
  }
}
