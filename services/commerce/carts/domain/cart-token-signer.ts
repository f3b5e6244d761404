import { createHmac, timingSafeEqual } from "node:crypto";

const TAG_BYTES = 16; // 128 bits cannot be guessed, and an id with its tag stays below 64 characters

/**
 * Signs ids and tokens of carts, so that they prove the owner by themselves. Access is refused without a look-up, and a
 * cart that the store has lost is an empty cart to its owner instead of an error.
 */
export class CartTokenSigner {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** The id of a customer's cart. It is valid for this customer only. */
  customerCartId(id: string, customerId: string): string {
    return `${id}~${this.#tag("customer", id, customerId)}`;
  }

  isOwnedBy(cartId: string, customerId: string): boolean {
    const [id = "", tag = ""] = cartId.split("~");
    return equal(tag, this.#tag("customer", id, customerId));
  }

  /** The token that gives a guest access to a cart. */
  tokenOf(cartId: string): string {
    return this.#tag("guest", cartId);
  }

  isTokenOf(token: string | undefined, cartId: string): boolean {
    return token !== undefined && equal(token, this.tokenOf(cartId));
  }

  #tag(...parts: string[]): string {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify(parts))
      .digest()
      .subarray(0, TAG_BYTES)
      .toString("base64url");
  }
}

/** Compares in constant time, so that the duration does not reveal how many characters are right. */
function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
