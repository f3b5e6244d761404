import { newId } from "#lib/contract/ids.ts";
import { minorDigits } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { carts } from "../contract.ts";
import { emptyCart } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { viewOf } from "../view.ts";

export const openCart: Handler<typeof carts.actions.create, Deps> = async (ctx, { currency = DEFAULT_CURRENCY }) => {
  minorDigits(currency); // refuses what is no currency
  const { tokenSigner, carts: store } = ctx.deps;
  const cart = emptyCart(currency);
  if (ctx.auth.kind !== "customer") {
    const cartId = newId("cart");
    await store.create(cartId, cart);
    return { ...viewOf(cartId, cart), cartToken: tokenSigner.token(cartId) };
  }
  const cartId = tokenSigner.customerCartId(newId("cart"), ctx.auth.customerId);
  await store.create(cartId, cart);
  await store.makeCurrent(ctx.auth.customerId, cartId);
  return viewOf(cartId, cart);
};
