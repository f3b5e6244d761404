import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "#lib/contract/errors.ts";
import { ABSENT, type KeyValue, type Stored } from "#lib/keyvalue/keyvalue.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { type Cart, emptyCart, fromStored } from "./domain/cart.ts";
import { cartLimits } from "./domain/limits.ts";

const TTL_SECONDS = cartLimits.CART_DAYS * 86_400;

/** The carts of the key-value store, and the current cart of each customer. They expire CART_DAYS after their last change. */
export class CartStore {
  readonly #store: KeyValue;

  constructor(store: KeyValue) {
    this.#store = store;
  }

  /** A cart that the store does not have is empty: it was never filled, has expired or was lost. */
  async read(cartId: string): Promise<Stored<Cart>> {
    const stored = await this.#store.get<Cart>(cartKey(cartId));
    if (!stored) return { value: emptyCart(DEFAULT_CURRENCY), version: ABSENT };
    return { ...stored, value: fromStored(stored.value) };
  }

  async create(cartId: string, cart: Cart): Promise<void> {
    await this.#store.set(cartKey(cartId), cart, TTL_SECONDS);
  }

  /**
   * Applies a change to a cart, and applies it again when another request has changed the cart at the same time. A change
   * that returns the same cart writes nothing.
   * @param change is also told whether the store has the cart
   * @throws DomainError CONFLICT after CART_TRIES
   */
  async edit(cartId: string, change: (cart: Cart, isKnown: boolean) => Cart | Promise<Cart>): Promise<Cart> {
    for (let attempt = 1; attempt <= cartLimits.CART_TRIES; attempt++) {
      const { value: cart, version } = await this.read(cartId);
      const next = await change(cart, version !== ABSENT);
      if (next === cart) return cart;
      if ((await this.#store.compareAndSet(cartKey(cartId), next, version, TTL_SECONDS)) !== undefined) return next;
      await sleep(Math.random() * cartLimits.CART_RETRY_MS * attempt);
    }
    throw new DomainError("CONFLICT", "Other requests keep changing the cart.");
  }

  async delete(cartId: string): Promise<void> {
    await this.#store.delete(cartKey(cartId));
  }

  /** The cart that a customer created last. */
  async currentOf(customerId: string): Promise<string | undefined> {
    return (await this.#store.get<string>(currentKey(customerId)))?.value;
  }

  async makeCurrent(customerId: string, cartId: string): Promise<void> {
    await this.#store.set(currentKey(customerId), cartId, TTL_SECONDS);
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
