import { openKeyValue } from "#lib/keyvalue/open-keyvalue.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { CartStore, readSecret } from "./carts.store.ts";
import { CartTokenSigner } from "./domain/cart-token-signer.ts";

/** What the handlers share. */
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
