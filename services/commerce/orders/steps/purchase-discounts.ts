import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { maxMinor, toMajor } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import {
  type DiscountProblem,
  discountedLines,
  discountProblem,
  discountsOf,
  type ExpectedDiscounts,
  type PromotionsAnswer,
} from "../domain/discounts.ts";
import { orderLimits } from "../domain/limits.ts";
import { type Line, totalMinor } from "../domain/lines.ts";
import type { Discount } from "../domain/terms.ts";
import type { Deps } from "../setup.ts";
import { NotReserved } from "./reserve-discounts.ts";

interface Discountable extends ExpectedDiscounts {
  customerId: string;
  lines: readonly Line[];
  currency: string;
  coupons: readonly string[];
}

/** What promotions take off a purchase, and why it cannot be bought so, if it cannot. */
export interface PurchaseDiscounts {
  lines: readonly Line[];
  discounts: readonly Discount[];
  problem: unknown;
}

type Context = Pick<ActionContext<Deps>, "call" | "deps" | "log">;

/**
 * Buys something with its discounts. Promotions are asked only if the shop has some, as far as this node knows, or if the
 * purchase expects some. When a promotion without a code is used up by others in the last moment, the purchase is begun
 * again without it.
 * @throws DomainError SERVICE_UNAVAILABLE after DISCOUNT_TRIES
 */
export async function withDiscounts<Result>(
  ctx: Context,
  purchase: Discountable,
  buy: (discounts: PurchaseDiscounts) => Promise<Result>,
): Promise<Result> {
  const without = new Set<string>();
  for (let tries = 1; tries <= orderLimits.DISCOUNT_TRIES; tries++) {
    try {
      return await buy(await purchaseDiscounts(ctx, purchase, [...without]));
    } catch (error) {
      if (!(error instanceof NotReserved)) throw error;
      for (const promotionId of error.promotionIds) without.add(promotionId);
    }
  }
  throw new DomainError("SERVICE_UNAVAILABLE", "Other customers are using up the promotions of this purchase.");
}

async function purchaseDiscounts(
  ctx: Context,
  { customerId, lines, currency, coupons, ...expected }: Discountable,
  without: string[],
): Promise<PurchaseDiscounts> {
  const { promotions } = ctx.deps;
  const isExpected = coupons.length > 0 || expected.shownMinor > 0;
  const none = { lines, discounts: [], problem: undefined };
  // What costs too much is refused later, and has no discounts.
  if ((promotions.fact === false && !isExpected) || totalMinor(lines, maxMinor(currency)) === null) return none;
  const asked = {
    ...{ currency, customerId, coupons: [...coupons] },
    lines: lines.map(({ sku, quantity, priceMinor }) => ({ sku, quantity, priceMinor })),
    ...(without.length === 0 ? {} : { without }),
  };
  try {
    const answer: PromotionsAnswer = await promotions.learn(
      () => ctx.call("promotions.discounts", asked, { timeoutMs: limits.OFFER_TIMEOUT_MS }),
      ({ any }) => any,
    );
    const problem = discountProblem(answer, expected);
    return {
      lines: discountedLines(lines, answer),
      discounts: discountsOf(answer),
      problem: problem && problemError(problem, currency),
    };
  } catch (problem) {
    if (isExpected || !isOutage(problem)) return { ...none, problem };
    ctx.log.warn("A purchase is placed without its discounts.", { reason: String(problem) });
    return none;
  }
}

function problemError(problem: DiscountProblem, currency: string): DomainError {
  switch (problem.kind) {
    case "couponInvalid":
      return new DomainError("COUPON_INVALID", problem.message, { coupon: problem.code, reason: problem.reason });
    case "lower": {
      const [shown, current] = [toMajor(problem.shownMinor, currency), toMajor(problem.currentMinor, currency)];
      const detail = `The discount is ${current} ${currency}, and ${shown} was shown.`;
      return new DomainError("PRICE_CHANGED", detail, { prices: [], discount: { shown, current, currency } });
    }
    default:
      return problem satisfies never;
  }
}
