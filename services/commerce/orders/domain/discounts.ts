import { couponKey } from "#services/product/promotions/contract.ts";
import type { Line } from "./lines.ts";
import type { Discount } from "./terms.ts";

/** What promotions say about a purchase. */
export interface PromotionsAnswer {
  discounts: readonly (Discount & { shares: readonly number[] })[];
  freeShipping?: Omit<Discount, "amountMinor"> | undefined;
  unused: readonly UnusedCoupon[];
}

export interface UnusedCoupon {
  code?: string | undefined;
  reason: string;
  message: string;
}

/** What a purchase expects of promotions. */
export interface ExpectedDiscounts {
  /** Codes that must give something. */
  required: readonly string[];
  /** All discounts as the customer was shown them. */
  shownMinor: number;
}

export type DiscountProblem =
  | ({ kind: "couponInvalid" } & UnusedCoupon)
  | { kind: "lower"; shownMinor: number; currentMinor: number };

/** The lines with what comes off each of them. */
export function discountedLines(lines: readonly Line[], { discounts }: Pick<PromotionsAnswer, "discounts">): Line[] {
  return lines.map((line, at) => {
    const discountMinor = discounts.reduce((sum, { shares }) => sum + (shares[at] ?? 0), 0);
    return discountMinor === 0 ? line : { ...line, discountMinor };
  });
}

/** What an order keeps of the answer. */
export function discountsOf({ discounts, freeShipping }: PromotionsAnswer): Discount[] {
  const free = freeShipping ? [{ ...freeShipping, amountMinor: 0 }] : [];
  return [...discounts.map(({ shares: _, ...discount }) => discount), ...free];
}

/** Why a purchase is not what its customer expects; undefined when it is. A higher discount is no problem. */
export function discountProblem(
  { discounts, unused }: PromotionsAnswer,
  { required, shownMinor }: ExpectedDiscounts,
): DiscountProblem | undefined {
  const keys = new Set(required.map(couponKey));
  const refused = unused.find(({ code }) => code !== undefined && keys.has(couponKey(code)));
  if (refused) return { kind: "couponInvalid", ...refused };
  const currentMinor = discounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  return currentMinor < shownMinor ? { kind: "lower", shownMinor, currentMinor } : undefined;
}
