import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "#lib/contract/errors.ts";
import { ABSENT, type KeyValue, type Stored } from "#lib/keyvalue/keyvalue.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { type Cart, emptyCart } from "./domain/cart.ts";
import { cartLimits } from "./domain/limits.ts";

const TTL_SECONDS = cartLimits.CART_DAYS * 86_400;
const PAUSE_MS = 10; // at most, between two tries

/** What the handlers of carts share. */
export class CartStore {
  readonly #store: KeyValue;

  constructor(store: KeyValue) {
    this.#store = store;
  }

  /** A cart that was never filled, has expired or was lost is an empty one. */
  async read(cartId: string): Promise<Stored<Cart>> {
    return (await this.#store.get<Cart>(cartKey(cartId))) ?? { value: emptyCart(DEFAULT_CURRENCY), version: ABSENT };
  }

  async create(cartId: string, cart: Cart): Promise<void> {
    await this.#store.set(cartKey(cartId), cart, TTL_SECONDS);
  }

  /**
   * Changes a cart as it is, and again as somebody else left it meanwhile. A change that returns the same cart writes
   * nothing.
   * @throws DomainError CONFLICT after `CART_TRIES`
   */
  async edit(cartId: string, change: (cart: Cart) => Cart): Promise<Cart> {
    for (let attempt = 1; attempt <= cartLimits.CART_TRIES; attempt++) {
      const { value: cart, version } = await this.read(cartId);
      const next = change(cart);
      if (next === cart) return cart;
      if ((await this.#store.compareAndSet(cartKey(cartId), next, version, TTL_SECONDS)) !== undefined) return next;
      await sleep(Math.random() * PAUSE_MS * attempt);
    }
    throw new DomainError("CONFLICT", "The cart is being changed from somewhere else.");
  }

  async delete(cartId: string): Promise<void> {
    await this.#store.delete(cartKey(cartId));
  }

  /** The cart a customer opened last, and has not checked out. */
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

export async function readSecret(db: Queryable): Promise<Buffer> {
  const [row] = await db.query<{ secret: Buffer }>("SELECT secret FROM cart_secret");
  if (!row) throw new Error("The database of carts has lost its secret.");
  return row.secret;
}
