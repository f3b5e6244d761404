import { createHmac, timingSafeEqual } from "node:crypto";

const TAG_BYTES = 16; // nobody guesses 128 bits, and the id stays below 64 characters

/**
 * Ids and tokens that say by themselves whose cart it is. So nothing needs to be looked up to refuse a stranger, and a
 * cart that the store has lost is an empty cart to its owner rather than an error.
 */
export class CartTokenSigner {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** The id of a customer's cart: bound to that customer. */
  customerCartId(id: string, customerId: string): string {
    return `${id}~${this.#tag("customer", id, customerId)}`;
  }

  ownedBy(cartId: string, customerId: string): boolean {
    const [id = "", tag = ""] = cartId.split("~");
    return same(tag, this.#tag("customer", id, customerId));
  }

  /** What proves that a guest's cart is theirs. */
  token(cartId: string): string {
    return this.#tag("guest", cartId);
  }

  proves(token: string | undefined, cartId: string): boolean {
    return token !== undefined && same(token, this.token(cartId));
  }

  #tag(...parts: string[]): string {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify(parts))
      .digest()
      .subarray(0, TAG_BYTES)
      .toString("base64url");
  }
}

/** In a time that does not tell how much of it was right. */
function same(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
