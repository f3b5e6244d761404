import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import type { Deps } from "../setup.ts";
import { requireCartAccess } from "../steps/cart-access.ts";

/** There are no promotions yet, so every code is invalid. */
export const addCoupon: Handler<typeof carts.actions.addCoupon, Deps> = async (ctx, { cartId, code }) => {
  requireCartAccess(ctx, cartId);
  throw new DomainError("COUPON_INVALID", `${code} is not a coupon.`, {
    errors: [{ path: "/code", message: "is not a coupon" }],
  });
};
