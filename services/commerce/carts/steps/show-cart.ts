import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Cart } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { type CartTaxes, cartView } from "../view.ts";
import { customerOf } from "./cart-access.ts";

/**
 * A cart as it is shown, with the taxes of the place that was named last, of its region, or of the shop's own country.
 * Pricing is asked for them only where the shop has rates; while it is not available, they are left out.
 */
export async function showCart(ctx: ActionContext<Deps>, cartId: string, cart: Cart, orderId?: string) {
  return cartView(
    cartId,
    cart,
    orderId,
    cart.taxed && cart.items.length > 0 ? await taxesOf(ctx, cartId, cart) : undefined,
  );
}

async function taxesOf(
  ctx: ActionContext<Deps>,
  cartId: string,
  { items, currency, region, place }: Cart,
): Promise<CartTaxes | undefined> {
  try {
    const { taxes } = await ctx.call("pricing.taxes", {
      currency,
      lines: items.map(({ sku, quantity, priceMinor }) => ({ sku, quantity, totalMinor: quantity * priceMinor })),
      address: { ...(region === undefined ? {} : { country: region }), ...place },
      ...customerOf(ctx, cartId),
    });
    return taxes;
  } catch (error) {
    if (!isOutage(error)) throw error;
    return undefined;
  }
}
