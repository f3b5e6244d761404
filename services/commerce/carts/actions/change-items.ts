import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Handler } from "#mixins/service/context.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import type { carts } from "../contract.ts";
import { addItem, type Cart, changeItem, isSameMarket, removeItem, tax } from "../domain/cart.ts";
import type { Deps } from "../setup.ts";
import { requireCartAccess } from "../steps/cart-access.ts";
import { editCart } from "../steps/checkout-state.ts";
import { currentPrices } from "../steps/current-prices.ts";
import { showCart } from "../steps/show-cart.ts";

type Actions = typeof carts.actions;

export const addCartItem: Handler<Actions["addItem"], Deps> = async (ctx, params) => {
  const { cartId, productId, sku, sellerId, quantity } = params;
  requireCartAccess(ctx, cartId);
  const market = await ctx.deps.carts.marketOf(cartId);
  const { items } = await ctx.call("catalog.resolve", {
    items: [{ productId, ...(sku === undefined ? {} : { sku }) }],
  });
  const [found] = items;
  if (!found || "problem" in found) throw unresolved(found?.problem);
  const named = { sku: found.sku, quantity, ...(sellerId === undefined ? {} : { sellerId }) };
  const { prices, taxed } = await currentPrices(ctx, cartId, market, [named]);
  const price = prices.get(offerKey(named));
  if (price === undefined) throw new DomainError("UNKNOWN_PRODUCT", `${found.sku} has no price in ${market.currency}.`);
  const item = { ...found, ...named, ...price, itemId: newId("cartItem") };
  const add = (cart: Cart) => {
    // It began anew, in the shop's own currency, because the store has lost it.
    if (!isSameMarket(cart, market)) throw new DomainError("CONFLICT", "The cart has another currency or country now.");
    return tax(addItem(cart, item, ctx.idempotencyKey), taxed, undefined);
  };
  return showCart(ctx, cartId, await editCart(ctx, cartId, add));
};

function unresolved(problem: "UNKNOWN_PRODUCT" | "SKU_REQUIRED" | undefined): DomainError {
  if (problem !== "SKU_REQUIRED") return new DomainError("UNKNOWN_PRODUCT");
  return new DomainError("VALIDATION_FAILED", "The product has several variants, so the sku is required.", {
    errors: [{ path: "/sku", message: "is required" }],
  });
}

export const changeCartItem: Handler<Actions["changeItem"], Deps> = async (ctx, { cartId, itemId, quantity }) => {
  requireCartAccess(ctx, cartId);
  return showCart(ctx, cartId, await editCart(ctx, cartId, (cart) => changeItem(cart, itemId, quantity)));
};

export const removeCartItem: Handler<Actions["removeItem"], Deps> = async (ctx, { cartId, itemId }) => {
  requireCartAccess(ctx, cartId);
  return showCart(ctx, cartId, await editCart(ctx, cartId, (cart) => removeItem(cart, itemId)));
};
