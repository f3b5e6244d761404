import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { maxMinor, toMajor } from "#lib/contract/money.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import { cartLimits } from "./limits.ts";

export interface CartItem {
  itemId: string;
  productId: string;
  sku: string;
  /** Whose offer it is; undefined: it is the shop's own. */
  sellerId?: string | undefined;
  title: string;
  quantity: number;
  /** The price of one piece that the customer was shown last, in minor units. */
  priceMinor: number;
  /** Where that depends on the number of pieces: the price from each quantity on, ascending. */
  byQuantity?: readonly QuantityPrice[] | undefined;
}

export interface QuantityPrice {
  minQuantity: number;
  amountMinor: number;
}

/** What one piece costs today. */
export interface ItemPrice extends Pick<CartItem, "priceMinor" | "byQuantity"> {
  /** For how many pieces `priceMinor` was asked. */
  quantity: number;
}

/** What the prices of a cart depend on besides its customer. */
export interface Market {
  currency: string;
  /** ISO 3166-1 alpha-2 code of the country that is delivered to; undefined: the shop's own. */
  region?: string | undefined;
}

/** The checkout for which a cart is frozen. What has become of it, the orders service knows. */
export interface Checkout {
  /** Its number: 1 for the first checkout of a cart, and one more after each that has ended without a purchase. */
  attempt: number;
  /** When it began or was resumed, in milliseconds since 1970 by the clock of a node. */
  at: number;
}

/** Where the goods will probably go to: taxes are shown for it. */
export interface CartPlace {
  /** That of the cart's region, unless given. */
  country?: string | undefined;
  state?: string | undefined;
  zipCode?: string | undefined;
}

/** What a promotion takes off a cart. */
export interface CartDiscount {
  promotionId: string;
  name: string;
  /** The coupon that it is given for. */
  code?: string | undefined;
  amountMinor: number;
  /** What comes off each item, in their sequence. */
  shares: readonly number[];
}

export interface Cart extends Market {
  items: readonly CartItem[];
  /** The checkout that the cart is in, or was bought with; null while the cart is open. Only an open cart can change. */
  checkout: Checkout | null;
  /** The number of its latest checkout; 0 before the first one, and null when that is not known: see `emptyCart`. */
  attempts: number | null;
  /** The shop had rates of taxes when prices were read last. */
  taxed?: true;
  /** Where the cart was last shown for, see `CartPlace`. */
  place?: CartPlace;
  /** The codes of its coupons, also of those that give nothing now. */
  coupons?: readonly string[];
  /** What promotions took off it when it was shown last. */
  discounts?: readonly CartDiscount[];
  /** The latest requests that have changed the cart, so that a repeated request changes it once. */
  done: readonly string[];
}

/**
 * @param attempts null for a cart that the store does not have: it may have been checked out before the store lost it, or
 * before it expired
 */
export function emptyCart(currency: string, attempts: 0 | null, region?: string): Cart {
  return { currency, ...(region === undefined ? {} : { region }), items: [], checkout: null, attempts, done: [] };
}

/**
 * Freezes the contents of a cart for a checkout. A cart that is frozen for it already keeps its contents; when that was
 * so long ago that the cart may be opened, it gets a new time.
 * @throws DomainError CONFLICT when a later checkout has begun
 */
export function freeze(cart: Cart, attempt: number, now: number): Cart {
  const { checkout, attempts } = cart;
  const isLate = checkout === null ? attempts !== null && attempts >= attempt : checkout.attempt > attempt;
  if (isLate) throw new DomainError("CONFLICT", "Another checkout of the cart has begun.");
  if (checkout?.attempt === attempt && !isOverdue(checkout, now)) return cart;
  return { ...cart, checkout: { attempt, at: now }, attempts: attempt };
}

/** The checkout for which a cart is frozen, or the one that comes next; null when the cart does not know its number. */
export function attemptOf({ checkout, attempts }: Cart): number | null {
  return checkout?.attempt ?? (attempts === null ? null : attempts + 1);
}

/**
 * Whether a checkout without an order may be given up. That is safe at any time, so a wrong clock makes a checkout fail
 * at worst. A time in the future is one from a wrong clock: nobody knows how long ago it was.
 */
export function isOverdue({ at }: Checkout, now: number): boolean {
  return Math.abs(now - at) > cartLimits.CHECKOUT_SECONDS * 1_000;
}

/**
 * The cart after the end of a checkout that no order has come of.
 * @param region whose prices the cart has from now on
 */
export function reopen(cart: Cart, attempt: number, region = cart.region): Cart {
  if (cart.checkout?.attempt !== attempt) return cart;
  return { ...cart, ...(region === undefined ? {} : { region }), checkout: null };
}

/**
 * A cart as an earlier version of this program stored it has the id of its order, which was always of the first checkout,
 * or it does not count its checkouts.
 */
export function fromStored(
  stored: Omit<Cart, "checkout" | "attempts"> & {
    checkout?: Checkout | null;
    attempts?: number | null;
    orderId?: string | null;
  },
): Cart {
  const { orderId, checkout = orderId ? { attempt: 1, at: 0 } : null, attempts, ...cart } = stored;
  return { ...cart, checkout, attempts: attempts ?? checkout?.attempt ?? null };
}

/**
 * Adds an item. When the cart has its sku of the same seller already, the quantities are added, and the new price replaces
 * the old one.
 * @param request identifies the request, if its sender may repeat it
 * @throws DomainError LIMIT_REACHED, VALIDATION_FAILED or CART_TOTAL_TOO_HIGH
 */
export function addItem(cart: Cart, item: CartItem, request: string | undefined): Cart {
  if (request !== undefined && cart.done.includes(request)) return cart;
  const existing = cart.items.find((other) => offerKey(other) === offerKey(item));
  const items = existing
    ? cart.items.map((old) =>
        old === existing ? { ...withQuantity(item, old.quantity + item.quantity), itemId: old.itemId } : old,
      )
    : [...cart.items, item];
  return withinLimits({ ...remember(cart, request), items });
}

/** @throws DomainError NOT_FOUND when the cart has no such item, VALIDATION_FAILED or CART_TOTAL_TOO_HIGH */
export function changeItem(cart: Cart, itemId: string, quantity: number): Cart {
  if (!cart.items.some((item) => item.itemId === itemId))
    throw new DomainError("NOT_FOUND", "The cart has no such item.");
  return withinLimits({
    ...cart,
    items: cart.items.map((item) => (item.itemId === itemId ? withQuantity(item, quantity) : item)),
  });
}

/** Removes an item. A cart without it stays as it is, so that the request can be repeated. */
export function removeItem(cart: Cart, itemId: string): Cart {
  if (!cart.items.some((item) => item.itemId === itemId)) return cart;
  return { ...cart, items: cart.items.filter((item) => item.itemId !== itemId) };
}

export function isSameMarket(one: Market, other: Market): boolean {
  return one.currency === other.currency && one.region === other.region;
}

/** The cart at today's prices, by `offerKey`. An item without a price keeps its last one; checkout refuses it. */
export function reprice(cart: Cart, prices: ReadonlyMap<string, ItemPrice>): Cart {
  const items = cart.items.map((item) => withPrice(item, prices.get(offerKey(item))));
  return items.every((item, i) => item === cart.items[i]) ? cart : { ...cart, items };
}

/** An item at another price; the same item when nothing changes. */
export function withPrice(item: CartItem, price: ItemPrice | undefined): CartItem {
  if (!price) return item;
  const { byQuantity: before, ...rest } = item;
  const { byQuantity, priceMinor } = price;
  const priced = { ...rest, priceMinor, ...(byQuantity === undefined ? {} : { byQuantity }) };
  const next = price.quantity === item.quantity ? priced : withQuantity(priced, item.quantity);
  return next.priceMinor === item.priceMinor && sameSteps(before, byQuantity) ? item : next;
}

/** So many pieces of an item, at the price of that many. */
function withQuantity(item: CartItem, quantity: number): CartItem {
  const step = item.byQuantity?.findLast(({ minQuantity }) => minQuantity <= quantity);
  return { ...item, quantity, priceMinor: step?.amountMinor ?? item.priceMinor };
}

function sameSteps(some: readonly QuantityPrice[] = [], others: readonly QuantityPrice[] = []): boolean {
  return (
    some.length === others.length &&
    some.every(({ minQuantity, amountMinor }, i) => {
      const other = others[i];
      return other?.minQuantity === minQuantity && other.amountMinor === amountMinor;
    })
  );
}

/**
 * Adds a guest's items, priced in this cart's currency, to a customer's cart. A quantity above LINE_QUANTITY is reduced to it.
 * @param request identifies the merge
 * @throws DomainError LIMIT_REACHED or CART_TOTAL_TOO_HIGH
 */
export function merge(cart: Cart, guest: readonly CartItem[], request: string): Cart {
  if (cart.done.includes(request)) return cart;
  const sum = (a: number, b: number) => Math.min(a + b, limits.LINE_QUANTITY);
  const added = new Map(guest.map((item) => [offerKey(item), item]));
  const kept = cart.items.map((item) =>
    withQuantity(item, sum(item.quantity, added.get(offerKey(item))?.quantity ?? 0)),
  );
  const keys = new Set(cart.items.map(offerKey));
  const others = guest.filter((item) => !keys.has(offerKey(item)));
  return withinLimits({ ...remember(cart, request), items: [...kept, ...others] });
}

export function subtotalMinor(cart: Cart): number {
  return cart.items.reduce((sum, { quantity, priceMinor }) => sum + quantity * priceMinor, 0);
}

/** The cart with what was learnt about taxes. One of which nothing is new stays as it is, so that it is not written. */
export function tax(cart: Cart, taxed: boolean, named: CartPlace | undefined): Cart {
  const { taxed: before = false, place, ...rest } = cart;
  const next = taxed ? (named ?? place) : undefined; // without rates nobody asks for a place
  if (taxed === before && isSamePlace(next, place)) return cart;
  return { ...rest, ...(taxed ? { taxed } : {}), ...(next ? { place: next } : {}) };
}

function isSamePlace(one: CartPlace = {}, other: CartPlace = {}): boolean {
  return one.country === other.country && one.state === other.state && one.zipCode === other.zipCode;
}

function remember(cart: Cart, request: string | undefined): Cart {
  return request === undefined ? cart : { ...cart, done: [...cart.done, request].slice(-cartLimits.CART_REQUESTS) };
}

/** @throws DomainError LIMIT_REACHED, VALIDATION_FAILED or CART_TOTAL_TOO_HIGH */
function withinLimits(cart: Cart): Cart {
  if (cart.items.length > cartLimits.CART_LINES) {
    throw new DomainError("LIMIT_REACHED", `A cart has at most ${cartLimits.CART_LINES} items.`);
  }
  if (cart.items.some(({ quantity }) => quantity > limits.LINE_QUANTITY)) {
    throw new DomainError("VALIDATION_FAILED", `A cart holds at most ${limits.LINE_QUANTITY} pieces of one product.`, {
      errors: [{ path: "/quantity", message: `must be at most ${limits.LINE_QUANTITY} in all` }],
    });
  }
  if (subtotalMinor(cart) > maxMinor(cart.currency)) {
    const maximum = toMajor(maxMinor(cart.currency), cart.currency);
    const detail = `A cart may cost at most ${maximum} ${cart.currency}. Take fewer pieces, or divide them among several orders.`;
    throw new DomainError("CART_TOTAL_TOO_HIGH", detail, { maximum, currency: cart.currency });
  }
  return cart;
}
