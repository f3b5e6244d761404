import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { carts } from "./contract.ts";
import { type Cart, subtotalMinor } from "./domain/cart.ts";

/** @param orderId of the order that the cart has become */
export function cartView(cartId: string, cart: Cart, orderId?: string): ResultOf<typeof carts.actions.get> {
  const { currency, region } = cart;
  const subtotal = toMajor(subtotalMinor(cart), currency);
  return {
    cartId,
    currency,
    ...(region === undefined ? {} : { region }),
    items: cart.items.map(({ priceMinor, byQuantity: _, ...item }) => ({
      ...item,
      price: toMajor(priceMinor, currency),
      lineTotal: toMajor(priceMinor * item.quantity, currency),
    })),
    totals: { subtotal, total: subtotal },
    ...(orderId === undefined ? {} : { orderId }),
  };
}
