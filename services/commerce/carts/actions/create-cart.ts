import { newId } from "#lib/contract/ids.ts";
import { minorDigits } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { carts } from "../contract.ts";
import type { Deps } from "../setup.ts";
import { cartView } from "../view.ts";

export const createCart: Handler<typeof carts.actions.create, Deps> = async (
  ctx,
  { currency = DEFAULT_CURRENCY, region },
) => {
  minorDigits(currency); // throws VALIDATION_FAILED for an unknown currency
  const { tokenSigner, carts: store } = ctx.deps;
  if (ctx.auth.kind !== "customer") {
    const cartId = newId("cart");
    const cart = await store.create(cartId, { currency, region });
    return { ...cartView(cartId, cart), cartToken: tokenSigner.tokenOf(cartId) };
  }
  const { customerId } = ctx.auth;
  const cartId = tokenSigner.customerCartId(newId("cart"), customerId);
  return cartView(cartId, await store.create(cartId, { currency, region }, customerId));
};
