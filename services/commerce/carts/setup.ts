import { DomainError } from "#lib/contract/errors.ts";
import { openKeyValue } from "#lib/keyvalue/open-keyvalue.ts";
import type { ActionContext, SetupContext } from "#mixins/service/context.ts";
import { CartStore, readSecret } from "./carts.store.ts";
import { CartTokenSigner } from "./domain/cart-token-signer.ts";

export interface Deps {
  carts: CartStore;
  tokenSigner: CartTokenSigner;
}

export async function setUp({ db, env }: SetupContext): Promise<Deps> {
  return {
    carts: new CartStore(openKeyValue(db, env.REDIS_URL)),
    tokenSigner: new CartTokenSigner(await readSecret(db)),
  };
}

/** @throws DomainError NOT_FOUND when the cart is not the calling customer's, and the caller has no token for it */
export function requireAccess(ctx: ActionContext<Deps>, cartId: string): void {
  if (!isOwn(ctx, cartId) && !ctx.deps.tokenSigner.proves(ctx.cartToken, cartId)) throw noCart();
}

/** Whether it is the calling customer's own cart. */
export function isOwn({ auth, deps }: ActionContext<Deps>, cartId: string): boolean {
  return auth.kind === "customer" && deps.tokenSigner.ownedBy(cartId, auth.customerId);
}

export function noCart(): DomainError {
  return new DomainError("NOT_FOUND", "There is no such cart.");
}
