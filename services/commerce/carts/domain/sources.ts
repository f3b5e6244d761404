/** What becomes the order when a cart is checked out. Each attempt has its own, because a source becomes one order at most. */
export function sourceOfCart(cartId: string, attempt: number): string {
  return attempt === 1 ? `cart:${cartId}` : `cart:${cartId}:${attempt}`;
}

/** The id that the orders of a guest's cart have in place of a customer's. No account can have it, because of its prefix. */
export function guestOfCart(cartId: string): string {
  return `guest_${cartId.replace(/^cart_/, "")}`;
}
