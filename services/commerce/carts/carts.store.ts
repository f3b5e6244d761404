import { setTimeout as sleep } from "node:timers/promises";
import { BoundedMap } from "#lib/bounded-map.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { ABSENT, type KeyValue, type Stored } from "#lib/keyvalue/keyvalue.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { type Cart, emptyCart, fromStored, type Market } from "./domain/cart.ts";
import { cartLimits } from "./domain/limits.ts";

type Change = (cart: Cart, isKnown: boolean) => Cart | Promise<Cart>;

const TTL_SECONDS = cartLimits.CART_DAYS * 86_400;

/** The carts of the key-value store, and the current cart of each customer. They expire CART_DAYS after their last change. */
export class CartStore {
  /** Whether a cart stays until it expires. */
  readonly durable: boolean;
  readonly #store: KeyValue;
  /** Open carts as this process has written them last. Another node may have changed them, so they are only guesses. */
  readonly #written = new BoundedMap<string, Stored<Cart>>(cartLimits.REMEMBERED_CARTS);

  constructor(store: KeyValue) {
    this.#store = store;
    this.durable = store.durable;
  }

  /** A cart that the store does not have is empty: it was never filled, has expired or was lost. */
  async read(cartId: string): Promise<Stored<Cart>> {
    const stored = await this.#store.get<Cart>(cartKey(cartId));
    if (!stored) return { value: emptyCart(DEFAULT_CURRENCY, null), version: ABSENT };
    return { ...stored, value: fromStored(stored.value) };
  }

  /** Stores a new cart. @param customerId whose current cart it becomes */
  async create(cartId: string, { currency, region }: Market, customerId?: string): Promise<Cart> {
    const cart = emptyCart(currency, 0, region);
    const current = customerId === undefined ? [] : [[currentKey(customerId), cartId] as const];
    const [version = ABSENT] = await this.#store.setAll([[cartKey(cartId), cart], ...current], TTL_SECONDS);
    this.#remember(cartId, { value: cart, version });
    return cart;
  }

  /** The currency and the region of a cart, perhaps as they were before the store lost the cart. */
  async marketOf(cartId: string): Promise<Market> {
    const { value } = this.#written.get(cartId) ?? (await this.read(cartId));
    return value;
  }

  /**
   * Applies a change to a cart, and applies it again when another request has changed the cart at the same time. A change
   * that returns the same cart writes nothing.
   * @param change is also told whether the store has the cart
   * @param read the cart as the caller has read it already
   * @throws DomainError CONFLICT after CART_TRIES
   */
  async edit(cartId: string, change: Change, read?: Stored<Cart>): Promise<Cart> {
    const guessed = read ? undefined : await this.#editAsWritten(cartId, change);
    if (guessed) return guessed;
    let known = read;
    for (let attempt = 1; attempt <= cartLimits.CART_TRIES; attempt++) {
      const { value: cart, version } = known ?? (await this.read(cartId));
      known = undefined;
      const next = await change(cart, version !== ABSENT);
      if (next === cart) return cart;
      if (await this.#replace(cartId, next, version)) return next;
      await sleep(Math.random() * cartLimits.CART_RETRY_MS * attempt);
    }
    throw new DomainError("CONFLICT", "Other requests keep changing the cart.");
  }

  /**
   * Applies a change to the cart as this process has written it, which spares reading it. The write proves that it was
   * still so; nothing else counts, neither a refusal nor a change that changes nothing.
   */
  async #editAsWritten(cartId: string, change: Change): Promise<Cart | undefined> {
    const written = this.#written.get(cartId);
    if (!written) return undefined;
    let next: Cart;
    try {
      next = await change(written.value, true);
    } catch {
      return undefined;
    }
    if (next === written.value) return undefined;
    return (await this.#replace(cartId, next, written.version)) ? next : undefined;
  }

  async #replace(cartId: string, cart: Cart, version: number): Promise<boolean> {
    this.#written.delete(cartId);
    const next = await this.#store.compareAndSet(cartKey(cartId), cart, version, TTL_SECONDS);
    if (next !== undefined) this.#remember(cartId, { value: cart, version: next });
    return next !== undefined;
  }

  #remember(cartId: string, stored: Stored<Cart>): void {
    // What has become of a frozen cart, other services know, so it is always read.
    if (stored.value.checkout === null) this.#written.set(cartId, stored);
  }

  async delete(cartId: string): Promise<void> {
    this.#written.delete(cartId);
    await this.#store.delete(cartKey(cartId));
  }

  /** The cart that a customer created last. */
  async currentOf(customerId: string): Promise<string | undefined> {
    return (await this.#store.get<string>(currentKey(customerId)))?.value;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

const cartKey = (cartId: string) => `cart:${cartId}`;
const currentKey = (customerId: string) => `current:${customerId}`;

/** The secret with which ids and tokens of carts are signed. The first migration has created it. */
export async function readSecret(db: Queryable): Promise<Buffer> {
  const [row] = await db.query<{ secret: Buffer }>("SELECT secret FROM cart_secret");
  if (!row) throw new Error("The table cart_secret is empty.");
  return row.secret;
}
