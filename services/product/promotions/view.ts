import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { Condition, Effect } from "./domain/promotion.ts";
import { ALL_POINTS, statusAt } from "./domain/promotion.ts";
import type { staffActions } from "./domain/staff-actions.ts";
import type { StoredPromotion } from "./promotions.store.ts";
import type { RedemptionRow } from "./redemptions.store.ts";

type View = ResultOf<typeof staffActions.get>;

/** A promotion as staff see it: what is null does not matter, and is left out. */
export function promotionView(promotion: StoredPromotion, now: Date): View {
  const { promotionId, name, coupon, onlyWithCode, currency, startsAt, endsAt, priority, exclusive } = promotion;
  const { usageLimit, usagePerCustomer, budgetMinor, uses, spentMinor, createdAt } = promotion;
  const own = currency ?? DEFAULT_CURRENCY;
  return {
    promotionId,
    name,
    ...(coupon === null ? {} : { coupon }),
    onlyWithCode,
    conditions: promotion.conditions.map((condition) => conditionView(condition, own)),
    effect: effectView(promotion.effect, own),
    ...(currency === null ? {} : { currency }),
    startsAt: startsAt.toISOString(),
    ...(endsAt ? { endsAt: endsAt.toISOString() } : {}),
    priority,
    stacking: exclusive ? "exclusive" : "stackable",
    ...(usageLimit === null ? {} : { usageLimit }),
    ...(usagePerCustomer === null ? {} : { usagePerCustomer }),
    ...(budgetMinor === null ? {} : { budget: toMajor(budgetMinor, own), spent: toMajor(spentMinor, own) }),
    status: statusAt({ startsAt, endsAt }, now),
    uses,
    createdAt: createdAt.toISOString(),
  };
}

type ConditionView = View["conditions"][number];

function conditionView(condition: Condition, currency: string): ConditionView {
  if (condition.type === "minSubtotal")
    return { type: "minSubtotal", amount: toMajor(condition.amountMinor, currency) };
  return condition as ConditionView;
}

function effectView(effect: Effect, currency: string): View["effect"] {
  switch (effect.type) {
    case "percentOff":
      return { type: "percentOff", percent: percentOf(effect.points), appliesTo: effect.appliesTo };
    case "amountOff":
      return { type: "amountOff", amount: toMajor(effect.amountMinor, currency), currency };
    case "buyXGetY": {
      const { points, ...get } = effect.get;
      return { ...effect, get: { ...get, percentOff: percentOf(points) } } as View["effect"];
    }
    case "tiered":
      return {
        type: "tiered",
        tiers: effect.tiers.map(({ minSubtotalMinor, minQuantity, points }) => ({
          ...(minSubtotalMinor === undefined ? {} : { minSubtotal: toMajor(minSubtotalMinor, currency) }),
          ...(minQuantity === undefined ? {} : { minQuantity }),
          percent: percentOf(points),
        })),
      };
    case "bundle":
      return { type: "bundle", skus: [...effect.skus], price: toMajor(effect.priceMinor, currency) };
    case "freeShipping":
    case "gift":
      return effect;
    default:
      return effect satisfies never;
  }
}

const percentOf = (points: number) => points / (ALL_POINTS / 100);

export function redemptionView({ currency, amountMinor, code, reservedAt, micros: _, ...redemption }: RedemptionRow) {
  return {
    ...redemption,
    ...(code === null ? {} : { code }),
    amount: toMajor(amountMinor, currency),
    currency,
    reservedAt: reservedAt.toISOString(),
  };
}
