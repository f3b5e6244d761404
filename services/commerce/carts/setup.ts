import { BrieflyKnown } from "#lib/briefly-known.ts";
import { openKeyValue } from "#lib/keyvalue/open-keyvalue.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { promotionLimits } from "#services/product/promotions/contract.ts";
import { CartStore, readSecret } from "./carts.store.ts";
import { CartTokenSigner } from "./domain/cart-token-signer.ts";

/** What the handlers share. */
export interface Deps {
  carts: CartStore;
  tokenSigner: CartTokenSigner;
  /** Whether the shop has promotions that hold without a code. */
  promotions: BrieflyKnown<boolean>;
}

export async function setUp({ db, env }: SetupContext): Promise<Deps> {
  return {
    carts: new CartStore(openKeyValue(db, env.REDIS_URL)),
    tokenSigner: new CartTokenSigner(await readSecret(db)),
    promotions: new BrieflyKnown(promotionLimits.PROMOTIONS_KNOWN_MS),
  };
}
