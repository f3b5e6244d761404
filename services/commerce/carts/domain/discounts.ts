import { DomainError } from "#lib/contract/errors.ts";
import { couponKey, promotionLimits } from "#services/product/promotions/contract.ts";
import type { Cart, CartDiscount } from "./cart.ts";

/** All discounts that the customer was shown last. */
export function discountMinor({ discounts = [] }: Cart): number {
  return discounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** What discounts take off one item. */
export function itemDiscountMinor({ discounts = [] }: Cart, at: number): number {
  return discounts.reduce((sum, { shares }) => sum + (shares[at] ?? 0), 0);
}

/** The cart with the discounts that it is shown with. One whose discounts are these already stays as it is. */
export function withDiscounts(cart: Cart, shown: readonly CartDiscount[]): Cart {
  const { discounts: before = [], ...rest } = cart;
  if (JSON.stringify(before) === JSON.stringify(shown)) return cart;
  return shown.length === 0 ? rest : { ...rest, discounts: shown };
}

/** @throws DomainError LIMIT_REACHED */
export function addCoupon(cart: Cart, code: string): Cart {
  const { coupons = [] } = cart;
  if (coupons.some((coupon) => couponKey(coupon) === couponKey(code))) return cart;
  if (coupons.length < promotionLimits.COUPONS_PER_CART) return { ...cart, coupons: [...coupons, code.trim()] };
  throw new DomainError("LIMIT_REACHED", `A cart has at most ${promotionLimits.COUPONS_PER_CART} coupons.`);
}

/** Removes a coupon. A cart without it stays as it is, so that the request can be repeated. */
export function removeCoupon(cart: Cart, code: string): Cart {
  const { coupons = [], ...rest } = cart;
  const kept = coupons.filter((coupon) => couponKey(coupon) !== couponKey(code));
  if (kept.length === coupons.length) return cart;
  return kept.length === 0 ? rest : { ...rest, coupons: kept };
}

/** The cart with the coupons of another one as well: as many of these as it may have. */
export function mergeCoupons(cart: Cart, others: readonly string[] = []): Cart {
  const room = (merged: Cart) => (merged.coupons ?? []).length < promotionLimits.COUPONS_PER_CART;
  return others.reduce((merged, code) => (room(merged) ? addCoupon(merged, code) : merged), cart);
}

/** Why a code can never become valid for this cart. Other reasons may pass, so the cart keeps such a code and explains it. */
const FINAL_REASONS: ReadonlySet<string> = new Set([
  "unknown_code",
  "code_used",
  "ended",
  "used_up",
  "used_by_customer",
  "budget_spent",
]);

/** @throws DomainError COUPON_INVALID when promotions refuse a code for good */
export function requireUsable(
  code: string,
  unused: readonly { code?: string | undefined; reason: string; message: string }[],
): void {
  const refusal = unused.find((one) => one.code !== undefined && couponKey(one.code) === couponKey(code));
  if (!refusal || !FINAL_REASONS.has(refusal.reason)) return;
  const errors = [{ path: "/code", message: "is not a coupon that can be used" }];
  throw new DomainError("COUPON_INVALID", refusal.message, { coupon: code, reason: refusal.reason, errors });
}
