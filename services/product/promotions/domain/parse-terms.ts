import { DomainError, validationError } from "#lib/contract/errors.ts";
import { momentOf } from "#lib/contract/moment.ts";
import { maxMinor, minorDigits, toMinor } from "#lib/contract/money.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { ALL_POINTS, type Condition, type Effect, type PromotionTerms } from "./promotion.ts";
import type { ItemChoice } from "./purchase.ts";
import type { staffActions } from "./staff-actions.ts";

type Request = ParamsOf<typeof staffActions.create>;
type RequestedCondition = NonNullable<Request["conditions"]>[number];

/**
 * The terms of a promotion in a request.
 * @throws DomainError VALIDATION_FAILED for amounts, moments and conditions that do not fit together
 */
export function parseTerms(request: Request): PromotionTerms {
  const currency = currencyOf(request);
  const needsCode = request.coupon !== undefined;
  if (needsCode && request.onlyWithCode === false) refuse("/onlyWithCode", "must not be false beside a coupon");
  return {
    name: request.name,
    coupon: request.coupon?.trim() ?? null,
    onlyWithCode: request.onlyWithCode ?? needsCode,
    conditions: parseConditions(request.conditions ?? [], currency),
    effect: parseEffect(request.effect, currency),
    currency: namesAmount(request) ? currency : (request.currency ?? null),
    startsAt: momentIn(request, "startsAt"),
    endsAt: momentIn(request, "endsAt"),
    priority: request.priority ?? 0,
    exclusive: request.stacking === "exclusive",
    usageLimit: request.usageLimit ?? null,
    usagePerCustomer: request.usagePerCustomer ?? null,
    budgetMinor: request.budget === undefined ? null : toMinor(request.budget, currency, "/budget"),
  };
}

/**
 * Terms with the moment at which they begin.
 * @param otherwise when the request names none
 * @throws DomainError VALIDATION_FAILED for an end that has passed, or would be before that
 */
export function beginning(terms: PromotionTerms, otherwise: Date, now: Date): PromotionTerms & { startsAt: Date } {
  const startsAt = terms.startsAt ?? otherwise;
  if (terms.endsAt && terms.endsAt <= startsAt) refuse("/endsAt", "must be after startsAt");
  if (terms.endsAt && terms.endsAt <= now) refuse("/endsAt", "must be in the future");
  return { ...terms, startsAt };
}

function momentIn(request: Request, name: "startsAt" | "endsAt"): Date | null {
  const moment = request[name];
  return moment === undefined ? null : momentOf(moment, `/${name}`);
}

/** The currency of all amounts of a promotion. */
function currencyOf({ currency, effect }: Request): string {
  const own = effect.type === "amountOff" ? effect.currency : undefined;
  if (currency !== undefined) minorDigits(currency);
  if (own !== undefined) minorDigits(own, "/effect/currency");
  if (own !== undefined && currency !== undefined && own !== currency)
    refuse("/effect/currency", `must be that of the promotion, ${currency}`);
  return currency ?? own ?? DEFAULT_CURRENCY;
}

function namesAmount({ effect, conditions = [], budget }: Request): boolean {
  return (
    budget !== undefined ||
    effect.type === "amountOff" ||
    effect.type === "bundle" ||
    (effect.type === "tiered" && effect.tiers.some(({ minSubtotal }) => minSubtotal !== undefined)) ||
    conditions.some(({ type }) => type === "minSubtotal")
  );
}

function parseConditions(requested: readonly RequestedCondition[], currency: string): Condition[] {
  const types = requested.map(({ type }) => type);
  const twice = types.findIndex((type, i) => types.indexOf(type) !== i);
  if (twice >= 0) refuse(`/conditions/${twice}/type`, "must not be given twice: name all in one condition");
  return requested.map((condition, i) =>
    condition.type === "minSubtotal"
      ? { type: "minSubtotal", amountMinor: toMinor(condition.amount, currency, `/conditions/${i}/amount`) }
      : condition,
  );
}

function parseEffect(effect: Request["effect"], currency: string): Effect {
  switch (effect.type) {
    case "percentOff":
      return { type: "percentOff", points: pointsOf(effect.percent, "/effect/percent"), appliesTo: effect.appliesTo };
    case "amountOff":
      return { type: "amountOff", amountMinor: positive(effect.amount, currency, "/effect/amount") };
    case "buyXGetY": {
      const { maxTimes, get } = effect;
      return {
        type: "buyXGetY",
        buy: { quantity: effect.buy.quantity, ...choiceOf(effect.buy, "/effect/buy") },
        get: {
          quantity: get.quantity,
          points: pointsOf(get.percentOff ?? 100, "/effect/get/percentOff"),
          ...choiceOf(get, "/effect/get"),
        },
        ...(maxTimes === undefined ? {} : { maxTimes }),
      };
    }
    case "tiered":
      return { type: "tiered", tiers: effect.tiers.map((tier, i) => parseTier(tier, currency, `/effect/tiers/${i}`)) };
    case "bundle":
      return { type: "bundle", skus: effect.skus, priceMinor: toMinor(effect.price, currency, "/effect/price") };
    case "freeShipping":
    case "gift":
      return effect;
    default:
      return effect satisfies never;
  }
}

type RequestedTier = Extract<Request["effect"], { type: "tiered" }>["tiers"][number];

function parseTier({ minSubtotal, minQuantity, percent }: RequestedTier, currency: string, path: string) {
  if ((minSubtotal === undefined) === (minQuantity === undefined))
    refuse(path, "must have either minSubtotal or minQuantity");
  return {
    points: pointsOf(percent, `${path}/percent`),
    ...(minSubtotal === undefined ? {} : { minSubtotalMinor: toMinor(minSubtotal, currency, `${path}/minSubtotal`) }),
    ...(minQuantity === undefined ? {} : { minQuantity }),
  };
}

function choiceOf({ skus, categories }: ItemChoice, path: string): ItemChoice {
  if (skus && categories) refuse(path, "must have either skus or categories");
  return { ...(skus ? { skus } : {}), ...(categories ? { categories } : {}) };
}

/** @returns basis points */
function pointsOf(percent: number, path: string): number {
  const points = Math.round((percent * ALL_POINTS) / 100);
  if (points < 1 || points / (ALL_POINTS / 100) !== percent) refuse(path, "must have at most 2 digits after the point");
  return points;
}

function positive(amount: number, currency: string, path: string): number {
  const minor = toMinor(amount, currency, path);
  if (minor < 1 || minor > maxMinor(currency)) refuse(path, "must be above 0");
  return minor;
}

function refuse(path: string, message: string): never {
  throw validationError(undefined, [{ path, message }]);
}

/** What was used of a promotion, as far as it binds later terms. */
export interface History {
  uses: number;
  spentMinor: number;
  /** Of what was spent; null: nothing was, or in several currencies. */
  currency: string | null;
}

/** @throws DomainError PROMOTION_USED for terms that would deny what was used already */
export function requireNoDenial(terms: PromotionTerms, { uses, spentMinor, currency }: History): void {
  if (terms.usageLimit !== null && terms.usageLimit < uses)
    throw new DomainError(
      "PROMOTION_USED",
      `It was used ${uses} times already, more than a usageLimit of that allows.`,
    );
  if (terms.budgetMinor === null) return;
  if (currency !== terms.currency && spentMinor > 0)
    throw new DomainError("PROMOTION_USED", `Discounts were given in other currencies than ${terms.currency} already.`);
  if (terms.budgetMinor < spentMinor)
    throw new DomainError("PROMOTION_USED", "Its discounts are more than this budget already.");
}
