import type { ResultOf } from "#lib/contract/types.ts";
import type { UselessCode } from "./domain/candidates.ts";
import type { Refusal } from "./domain/check-terms.ts";
import type { Candidate, Priced } from "./domain/engine.ts";
import { promotionLimits } from "./domain/limits.ts";
import { messageOf } from "./domain/messages.ts";
import type { Promotion } from "./domain/promotion.ts";
import type { purchaseActions } from "./domain/purchase-actions.ts";

type Answer = Omit<ResultOf<typeof purchaseActions.discounts>, "any">;

export const NOTHING: Answer = { discounts: [], gifts: [], unused: [] };

/** What a cart is told. */
export function discountsView(priced: Priced, useless: readonly UselessCode[], currency: string): Answer {
  const [freeShipping, ...further] = priced.freeShipping;
  const unused = [
    ...priced.unused,
    ...further.map((candidate) => ({ candidate, refusal: { reason: "other_is_better" } as const })),
  ];
  const asked = unused.filter(({ candidate }) => candidate.code !== undefined);
  const others = unused.filter(({ candidate }) => candidate.code === undefined);
  return {
    discounts: priced.applied.map(({ candidate, amountMinor, shares }) => ({
      ...named(candidate),
      amountMinor,
      shares: [...shares],
    })),
    ...(freeShipping ? { freeShipping: named(freeShipping) } : {}),
    gifts: priced.gifts.map(({ candidate, sku }) => ({ promotionId: candidate.promotion.promotionId, sku })),
    unused: [
      ...useless.map(({ code, promotion, reason }) => unusedView({ reason }, currency, code, promotion)),
      ...[...asked, ...others.slice(0, promotionLimits.UNUSED_SHOWN)].map(({ candidate, refusal }) =>
        unusedView(refusal, currency, candidate.code, candidate.promotion),
      ),
    ],
  };
}

function named({ promotion, code }: Pick<Candidate, "promotion" | "code">) {
  const { promotionId, name } = promotion;
  return { promotionId, name, ...(code === undefined ? {} : { code }) };
}

function unusedView(refusal: Refusal, currency: string, code?: string, promotion?: Promotion) {
  return {
    ...(promotion ? named({ promotion, code }) : { ...(code === undefined ? {} : { code }) }),
    reason: refusal.reason,
    message: messageOf(refusal, currency),
  };
}
