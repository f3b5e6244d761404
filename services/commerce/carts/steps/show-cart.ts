import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Cart } from "../domain/cart.ts";
import { itemDiscountMinor } from "../domain/discounts.ts";
import type { Deps } from "../setup.ts";
import { type CartTaxes, cartView } from "../view.ts";
import { customerOf } from "./cart-access.ts";
import type { EditedCart } from "./checkout-state.ts";

/**
 * A cart as it is shown, with the taxes of the place that was named last, of its region, or of the shop's own country.
 * Pricing is asked for them only where the shop has rates; while it is not available, they are left out.
 */
export async function showCart(
  ctx: ActionContext<Deps>,
  cartId: string,
  { cart, offer }: EditedCart,
  orderId?: string,
) {
  const taxes = cart.taxed && cart.items.length > 0 ? await taxesOf(ctx, cartId, cart) : undefined;
  return cartView(cartId, cart, { orderId, taxes, offer });
}

async function taxesOf(ctx: ActionContext<Deps>, cartId: string, cart: Cart): Promise<CartTaxes | undefined> {
  const { items, currency, region, place } = cart;
  try {
    const { taxes } = await ctx.call("pricing.taxes", {
      currency,
      lines: items.map(({ sku, quantity, priceMinor }, at) => ({
        ...{ sku, quantity, totalMinor: quantity * priceMinor - itemDiscountMinor(cart, at) },
      })),
      address: { ...(region === undefined ? {} : { country: region }), ...place },
      ...customerOf(ctx, cartId),
    });
    return taxes;
  } catch (error) {
    if (!isOutage(error)) throw error;
    return undefined;
  }
}
