import { newId } from "../../../../mixins/ids.ts";
import { minorDigits } from "../../../../mixins/money.ts";
import type { Handler } from "../../../../mixins/service.ts";
import { DEFAULT_CURRENCY } from "../../../product/pricing/contract.ts";
import type { carts } from "../contract.ts";
import type { Deps } from "../deps.ts";
import { emptyCart } from "../domain/cart.ts";
import { viewOf } from "../view.ts";

export const openCart: Handler<typeof carts.actions.create, Deps> = async (ctx, { currency = DEFAULT_CURRENCY }) => {
  minorDigits(currency); // refuses what is no currency
  const { seal, carts: store } = ctx.deps;
  const cart = emptyCart(currency);
  if (ctx.auth.kind !== "customer") {
    const cartId = newId("cart");
    await store.create(cartId, cart);
    return { ...viewOf(cartId, cart), cartToken: seal.token(cartId) };
  }
  const cartId = seal.customerCartId(newId("cart"), ctx.auth.customerId);
  await store.create(cartId, cart);
  await store.makeCurrent(ctx.auth.customerId, cartId);
  return viewOf(cartId, cart);
};
