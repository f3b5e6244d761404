import { Problem } from "../../../mixins/errors.ts";
import { keyvalue } from "../../../mixins/keyvalue.ts";
import type { ActionContext, SetupContext } from "../../../mixins/service.ts";
import { CartStore, readSecret } from "./carts.store.ts";
import { Seal } from "./domain/seal.ts";

export interface Deps {
  carts: CartStore;
  seal: Seal;
}

export async function setUp({ db, env }: SetupContext): Promise<Deps> {
  return { carts: new CartStore(keyvalue(db, env.REDIS_URL)), seal: new Seal(await readSecret(db)) };
}

/** @throws Problem NOT_FOUND when the cart is not the calling customer's, and the caller has no token for it */
export function requireAccess(ctx: ActionContext<Deps>, cartId: string): void {
  if (!isOwn(ctx, cartId) && !ctx.deps.seal.proves(ctx.cartToken, cartId)) throw noCart();
}

/** Whether it is the calling customer's own cart. */
export function isOwn({ auth, deps }: ActionContext<Deps>, cartId: string): boolean {
  return auth.kind === "customer" && deps.seal.ownedBy(cartId, auth.customerId);
}

export function noCart(): Problem {
  return new Problem("NOT_FOUND", "There is no such cart.");
}
