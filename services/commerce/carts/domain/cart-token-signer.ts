import { TokenSigner } from "#lib/token-signer.ts";

/**
 * Signs ids and tokens of carts, so that they prove the owner by themselves. Access is refused without a look-up, and a
 * cart that the store has lost is an empty cart to its owner instead of an error.
 */
export class CartTokenSigner {
  readonly #signer: TokenSigner;

  constructor(secret: Buffer) {
    this.#signer = new TokenSigner(secret);
  }

  /** The id of a customer's cart. It is valid for this customer only. With its tag it stays below 64 characters. */
  customerCartId(id: string, customerId: string): string {
    return `${id}~${this.#signer.sign("customer", id, customerId)}`;
  }

  isOwnedBy(cartId: string, customerId: string): boolean {
    const [id = "", tag = ""] = cartId.split("~");
    return this.#signer.proves(tag, "customer", id, customerId);
  }

  /** The token that gives a guest access to a cart. */
  tokenOf(cartId: string): string {
    return this.#signer.sign("guest", cartId);
  }

  isTokenOf(token: string | undefined, cartId: string): boolean {
    return this.#signer.proves(token, "guest", cartId);
  }
}
