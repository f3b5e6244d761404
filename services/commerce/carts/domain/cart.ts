import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { cartLimits } from "./limits.ts";

export interface CartItem {
  itemId: string;
  productId: string;
  sku: string;
  title: string;
  quantity: number;
  /** What the shopper was shown last. */
  priceMinor: number;
}

export interface Cart {
  currency: string;
  items: readonly CartItem[];
  /** The order it became; a cart that became one is not changed any more. */
  orderId: string | null;
  /** What was done to it lately, so that a repeated request is done once. */
  done: readonly string[];
}

export function emptyCart(currency: string): Cart {
  return { currency, items: [], orderId: null, done: [] };
}

/** @throws DomainError CART_CHECKED_OUT */
export function requireOpen(cart: Cart): void {
  if (cart.orderId !== null) throw new DomainError("CART_CHECKED_OUT", undefined, { orderId: cart.orderId });
}

/**
 * Adds an item; more of what is there already.
 * @param request names this very addition, where its sender may repeat it
 */
export function addItem(cart: Cart, item: CartItem, request: string | undefined): Cart {
  if (request !== undefined && cart.done.includes(request)) return cart;
  requireOpen(cart);
  const there = cart.items.find(({ sku }) => sku === item.sku);
  const items = there
    ? cart.items.map((old) =>
        old === there ? { ...item, itemId: old.itemId, quantity: old.quantity + item.quantity } : old,
      )
    : [...cart.items, item];
  return within({ ...remember(cart, request), items });
}

/** @throws DomainError NOT_FOUND when the cart has no such item */
export function changeItem(cart: Cart, itemId: string, quantity: number): Cart {
  requireOpen(cart);
  if (!cart.items.some((item) => item.itemId === itemId))
    throw new DomainError("NOT_FOUND", "The cart has no such item.");
  return within({ ...cart, items: cart.items.map((item) => (item.itemId === itemId ? { ...item, quantity } : item)) });
}

export function removeItem(cart: Cart, itemId: string): Cart {
  if (!cart.items.some((item) => item.itemId === itemId)) return cart;
  requireOpen(cart);
  return { ...cart, items: cart.items.filter((item) => item.itemId !== itemId) };
}

/** The cart with what things cost now. What has no price any more keeps the one that was shown; checkout will object. */
export function reprice(cart: Cart, prices: ReadonlyMap<string, number>): Cart {
  const changed = cart.items.some(({ sku, priceMinor }) => (prices.get(sku) ?? priceMinor) !== priceMinor);
  if (!changed || cart.orderId !== null) return cart;
  return {
    ...cart,
    items: cart.items.map((item) => ({ ...item, priceMinor: prices.get(item.sku) ?? item.priceMinor })),
  };
}

/** Puts a guest's items, priced in this cart's currency, into a customer's cart; full lines stay full. */
export function merge(cart: Cart, guest: readonly CartItem[], request: string): Cart {
  if (cart.done.includes(request)) return cart;
  requireOpen(cart);
  const sum = (a: number, b: number) => Math.min(a + b, limits.LINE_QUANTITY);
  const more = new Map(guest.map((item) => [item.sku, item]));
  const kept = cart.items.map((item) => ({ ...item, quantity: sum(item.quantity, more.get(item.sku)?.quantity ?? 0) }));
  const skus = new Set(cart.items.map(({ sku }) => sku));
  return within({ ...remember(cart, request), items: [...kept, ...guest.filter(({ sku }) => !skus.has(sku))] });
}

/** The first order stays: whoever closes it again finds it closed. */
export function close(cart: Cart, orderId: string): Cart {
  return cart.orderId === null ? { ...cart, orderId } : cart;
}

export function subtotalMinor(cart: Cart): number {
  return cart.items.reduce((sum, { quantity, priceMinor }) => sum + quantity * priceMinor, 0);
}

function remember(cart: Cart, request: string | undefined): Cart {
  return request === undefined ? cart : { ...cart, done: [...cart.done, request].slice(-cartLimits.CART_REQUESTS) };
}

function within(cart: Cart): Cart {
  if (cart.items.length > cartLimits.CART_LINES) {
    throw new DomainError("LIMIT_REACHED", `A cart has at most ${cartLimits.CART_LINES} items.`);
  }
  if (cart.items.some(({ quantity }) => quantity > limits.LINE_QUANTITY)) {
    throw new DomainError("VALIDATION_FAILED", `A cart holds at most ${limits.LINE_QUANTITY} pieces of one product.`, {
      errors: [{ path: "/quantity", message: `must be at most ${limits.LINE_QUANTITY} in all` }],
    });
  }
  if (!Number.isSafeInteger(subtotalMinor(cart)))
    throw new DomainError("AMOUNT_TOO_HIGH", "No cart is worth that much.");
  return cart;
}
