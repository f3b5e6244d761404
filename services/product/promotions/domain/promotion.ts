import type { ItemChoice } from "./purchase.ts";

// Promotions as this service decides with them. Money is in integer minor units of the promotion's currency, percentages
// are in basis points: 12.5 % are 1,250.

export const ALL_POINTS = 10_000;

export type Condition =
  | { type: "minSubtotal"; amountMinor: number }
  | { type: "skus"; skus: readonly string[] }
  | { type: "categories"; categories: readonly string[] }
  | { type: "customerGroup"; group: string }
  | { type: "firstOrder" }
  | { type: "minQuantity"; quantity: number };

export interface BuyXGetY {
  type: "buyXGetY";
  buy: ItemChoice & { quantity: number };
  get: ItemChoice & { quantity: number; points: number };
  maxTimes?: number | undefined;
}

export interface Tier {
  minSubtotalMinor?: number | undefined;
  minQuantity?: number | undefined;
  points: number;
}

export type Effect =
  | { type: "percentOff"; points: number; appliesTo: "order" | "items" }
  | { type: "amountOff"; amountMinor: number }
  | BuyXGetY
  | { type: "tiered"; tiers: readonly Tier[] }
  | { type: "bundle"; skus: readonly string[]; priceMinor: number }
  | { type: "freeShipping" }
  | { type: "gift"; sku: string };

/** What staff have set. */
export interface PromotionTerms {
  name: string;
  coupon: string | null;
  onlyWithCode: boolean;
  conditions: readonly Condition[];
  effect: Effect;
  /** Of its amounts; null: it has none, and holds in every currency. */
  currency: string | null;
  /** Null: now, or as it was. */
  startsAt: Date | null;
  endsAt: Date | null;
  priority: number;
  exclusive: boolean;
  usageLimit: number | null;
  usagePerCustomer: number | null;
  budgetMinor: number | null;
}

export interface Promotion extends PromotionTerms {
  promotionId: string;
  startsAt: Date;
}

/** The sequence in which promotions are looked at and applied. */
export function bySequence(a: Promotion, b: Promotion): number {
  return b.priority - a.priority || (a.promotionId < b.promotionId ? -1 : a.promotionId > b.promotionId ? 1 : 0);
}

/** The condition of one type; staff can set one of each. */
export function conditionOf<T extends Condition["type"]>(
  { conditions }: Pick<PromotionTerms, "conditions">,
  type: T,
): Extract<Condition, { type: T }> | undefined {
  return conditions.find((condition): condition is Extract<Condition, { type: T }> => condition.type === type);
}

/** The items that the conditions name; empty: all. */
export function itemsOf(promotion: Pick<PromotionTerms, "conditions">): ItemChoice {
  return {
    skus: conditionOf(promotion, "skus")?.skus,
    categories: conditionOf(promotion, "categories")?.categories,
  };
}

export function statusAt({ startsAt, endsAt }: { startsAt: Date; endsAt: Date | null }, now: Date) {
  if (endsAt && endsAt <= now) return "ended";
  return startsAt > now ? "scheduled" : "active";
}
