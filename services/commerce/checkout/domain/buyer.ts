import type { Auth } from "#lib/contract/access.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { guestOfCart } from "#services/commerce/carts/contract.ts";

/** Who buys a cart: a customer, or a guest, who has no account and is reached at an email address. */
export interface Buyer {
  customerId: string;
  email?: string;
}

/**
 * @param hasToken whether the request carries the token of a guest's cart
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, or VALIDATION_FAILED for a guest without and a customer with an email
 */
export function buyerOf(auth: Auth, cartId: string, email: string | undefined, hasToken: boolean): Buyer {
  if (auth.kind === "customer") {
    if (email === undefined) return { customerId: auth.customerId };
    throw validationError("A customer's account has an address already.", [
      { path: "/email", message: "is for guests only: leave it out, or check out without signing in" },
    ]);
  }
  if (auth.kind !== "anonymous") throw new DomainError("FORBIDDEN", "Only customers and guests can check a cart out.");
  if (!hasToken) throw new DomainError("UNAUTHENTICATED", "Sign in, or send the X-Cart-Token of a guest's cart.");
  if (email !== undefined) return { customerId: guestOfCart(cartId), email };
  throw validationError("A guest needs an email address.", [{ path: "/email", message: "is required for guests" }]);
}
