import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { CallResult } from "#lib/contract/types.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Cart } from "../domain/cart.ts";
import { guestOfCart } from "../domain/sources.ts";
import type { Deps } from "../setup.ts";
import { customerOf } from "./cart-access.ts";

/** What promotions say about a cart. */
export type CartOffer = Pick<CallResult<"promotions.discounts">, "discounts" | "freeShipping" | "gifts" | "unused">;

const NO_OFFER: CartOffer = { discounts: [], gifts: [], unused: [] };

/**
 * Asks promotions about a cart, if it has coupons, or if the shop has promotions without a code, as far as this node knows.
 * @throws what promotions throw
 */
export async function cartOffer(ctx: ActionContext<Deps>, cartId: string, cart: Cart): Promise<CartOffer> {
  const { promotions } = ctx.deps;
  const { currency, coupons = [], items } = cart;
  if (coupons.length === 0 && (items.length === 0 || promotions.fact === false)) return NO_OFFER;
  const { customerId = guestOfCart(cartId) } = customerOf(ctx, cartId);
  const asked = {
    ...{ currency, customerId, coupons: [...coupons] },
    lines: items.map(({ sku, quantity, priceMinor }) => ({ sku, quantity, priceMinor })),
  };
  return promotions.learn(
    () => ctx.call("promotions.discounts", asked, { timeoutMs: limits.OFFER_TIMEOUT_MS }),
    ({ any }) => any,
  );
}

/** The same; nothing while promotions are not available. */
export async function knownOffer(ctx: ActionContext<Deps>, cartId: string, cart: Cart): Promise<CartOffer> {
  try {
    return await cartOffer(ctx, cartId, cart);
  } catch (error) {
    if (!isOutage(error)) throw error;
    return NO_OFFER;
  }
}
