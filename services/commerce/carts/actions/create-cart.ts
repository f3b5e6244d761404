import { newId } from "#lib/contract/ids.ts";
import { minorDigits } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { carts } from "../contract.ts";
import { emptyCart } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { cartView } from "../view.ts";

export const createCart: Handler<typeof carts.actions.create, Deps> = async (ctx, { currency = DEFAULT_CURRENCY }) => {
  minorDigits(currency); // throws VALIDATION_FAILED for an unknown currency
  const { tokenSigner, carts: store } = ctx.deps;
  const cart = emptyCart(currency);
  if (ctx.auth.kind !== "customer") {
    const cartId = newId("cart");
    await store.create(cartId, cart);
    return { ...cartView(cartId, cart), cartToken: tokenSigner.tokenOf(cartId) };
  }
  const cartId = tokenSigner.customerCartId(newId("cart"), ctx.auth.customerId);
  await store.create(cartId, cart);
  await store.makeCurrent(ctx.auth.customerId, cartId);
  return cartView(cartId, cart);
};
