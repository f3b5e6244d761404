import { toMajor } from "#lib/contract/money.ts";
import type { CallResult, ResultOf } from "#lib/contract/types.ts";
import { addedMinor, taxLineView } from "#services/product/pricing/contract.ts";
import type { carts } from "./contract.ts";
import { type Cart, subtotalMinor } from "./domain/cart.ts";

export type CartTaxes = CallResult<"pricing.taxes">["taxes"];

/**
 * @param orderId of the order that the cart has become
 * @param taxes undefined: they are not known, or the shop has none
 */
export function cartView(
  cartId: string,
  cart: Cart,
  orderId?: string,
  taxes: CartTaxes = [],
): ResultOf<typeof carts.actions.get> {
  const { currency, region } = cart;
  return {
    cartId,
    currency,
    ...(region === undefined ? {} : { region }),
    items: cart.items.map(({ priceMinor, byQuantity: _, ...item }) => ({
      ...item,
      price: toMajor(priceMinor, currency),
      lineTotal: toMajor(priceMinor * item.quantity, currency),
    })),
    totals: totalsView(subtotalMinor(cart), taxes, currency),
    ...(orderId === undefined ? {} : { orderId }),
  };
}

function totalsView(subtotal: number, taxes: CartTaxes, currency: string) {
  const major = (minor: number) => toMajor(minor, currency);
  if (taxes.length === 0) return { subtotal: major(subtotal), total: major(subtotal) };
  return {
    subtotal: major(subtotal),
    tax: major(taxes.reduce((sum, { amountMinor }) => sum + amountMinor, 0)),
    taxLines: taxes.map((tax) => taxLineView(tax, currency)),
    total: major(subtotal + addedMinor(taxes)),
  };
}
