import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { addItem, changeItem, removeItem, requireOpen } from "../domain/cart.ts";
import { pricesOf } from "../prices.ts";
import { type Deps, requireAccess } from "../setup.ts";
import { viewOf } from "../view.ts";

type Actions = typeof carts.actions;

export const addCartItem: Handler<Actions["addItem"], Deps> = async (ctx, { cartId, productId, sku, quantity }) => {
  requireAccess(ctx, cartId);
  const { value: before } = await ctx.deps.carts.read(cartId);
  requireOpen(before);
  const { items } = await ctx.call("catalog.resolve", {
    items: [{ productId, ...(sku === undefined ? {} : { sku }) }],
  });
  const [found] = items;
  if (!found || "problem" in found) throw unresolved(found?.problem);
  const price = (await pricesOf(ctx.call, [found.sku], before.currency)).get(found.sku);
  if (price === undefined) throw new DomainError("UNKNOWN_PRODUCT", `${found.sku} has no price in ${before.currency}.`);
  const item = { ...found, itemId: newId("cartItem"), quantity, priceMinor: price };
  return viewOf(cartId, await ctx.deps.carts.edit(cartId, (cart) => addItem(cart, item, ctx.idempotencyKey)));
};

function unresolved(problem: "UNKNOWN_PRODUCT" | "SKU_REQUIRED" | undefined): DomainError {
  if (problem !== "SKU_REQUIRED") return new DomainError("UNKNOWN_PRODUCT");
  return new DomainError("VALIDATION_FAILED", "The product has several variants: say which.", {
    errors: [{ path: "/sku", message: "is required" }],
  });
}

export const changeCartItem: Handler<Actions["changeItem"], Deps> = async (ctx, { cartId, itemId, quantity }) => {
  requireAccess(ctx, cartId);
  return viewOf(cartId, await ctx.deps.carts.edit(cartId, (cart) => changeItem(cart, itemId, quantity)));
};

export const removeCartItem: Handler<Actions["removeItem"], Deps> = async (ctx, { cartId, itemId }) => {
  requireAccess(ctx, cartId);
  return viewOf(cartId, await ctx.deps.carts.edit(cartId, (cart) => removeItem(cart, itemId)));
};

/** There are no promotions yet, so no code is a coupon. */
export const addCoupon: Handler<Actions["addCoupon"], Deps> = async (ctx, { cartId, code }) => {
  requireAccess(ctx, cartId);
  throw new DomainError("COUPON_INVALID", `${code} is not a coupon.`, {
    errors: [{ path: "/code", message: "is not a coupon" }],
  });
};
