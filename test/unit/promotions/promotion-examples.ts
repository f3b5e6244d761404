import fc from "fast-check";
import type { Candidate } from "#services/product/promotions/domain/engine.ts";
import type { Condition, Effect, Promotion } from "#services/product/promotions/domain/promotion.ts";
import type { Buyer, Line, Purchase } from "#services/product/promotions/domain/purchase.ts";

export const NOW = new Date("2026-06-01T12:00:00Z");
export const ANN: Buyer = { hasAccount: true, groups: ["members"], hasPaid: false };

/** A stackable promotion that holds for everybody, with 10 % off everything. */
export function promotion(changes: Partial<Promotion> = {}): Promotion {
  return {
    promotionId: "promo_a",
    name: "Ten off",
    coupon: null,
    onlyWithCode: false,
    conditions: [],
    effect: { type: "percentOff", points: 1_000, appliesTo: "order" },
    currency: null,
    startsAt: new Date("2026-01-01"),
    endsAt: null,
    priority: 0,
    exclusive: false,
    usageLimit: null,
    usagePerCustomer: null,
    budgetMinor: null,
    ...changes,
  };
}

export function candidate(changes: Partial<Promotion> = {}, rest: Partial<Candidate> = {}): Candidate {
  return { promotion: promotion(changes), uses: { uses: 0, spentMinor: 0, byCustomer: 0 }, ...rest };
}

export function line(sku: string, priceMinor: number, quantity = 1, categories: readonly string[] = []): Line {
  return { sku, priceMinor, quantity, categories };
}

export function purchase(lines: readonly Line[], buyer: Partial<Buyer> = {}): Purchase {
  return { currency: "USD", lines, buyer: { ...ANN, ...buyer } };
}

const SKUS = ["MUG", "CUP", "TENT", "LAMP"];
const CATEGORIES = ["kitchen", "camping"];
const skus = fc.subarray(SKUS, { minLength: 1 });
const categories = fc.subarray(CATEGORIES, { minLength: 1 });
const points = fc.integer({ min: 1, max: 10_000 });
const minor = fc.integer({ min: 1, max: 20_000 });
const pieces = fc.integer({ min: 1, max: 4 });
const choice = fc.oneof(
  fc.constant({}),
  skus.map((list) => ({ skus: list })),
  categories.map((list) => ({ categories: list })),
);

const effects: fc.Arbitrary<Effect> = fc.oneof(
  fc.record({
    type: fc.constant("percentOff" as const),
    points,
    appliesTo: fc.constantFrom("order" as const, "items" as const),
  }),
  fc.record({ type: fc.constant("amountOff" as const), amountMinor: minor }),
  fc
    .tuple(choice, choice, pieces, pieces, points, fc.option(pieces, { nil: undefined }))
    .map(([buy, get, toBuy, toGet, off, maxTimes]) => ({
      type: "buyXGetY" as const,
      buy: { ...buy, quantity: toBuy },
      get: { ...get, quantity: toGet, points: off },
      maxTimes,
    })),
  fc.array(fc.record({ minQuantity: pieces, points }), { minLength: 1, maxLength: 3 }).map((tiers) => ({
    type: "tiered" as const,
    tiers,
  })),
  fc.record({
    type: fc.constant("bundle" as const),
    skus: fc.array(fc.constantFrom(...SKUS), { minLength: 2, maxLength: 3 }),
    priceMinor: minor,
  }),
  fc.constant({ type: "freeShipping" as const }),
  fc.record({ type: fc.constant("gift" as const), sku: fc.constantFrom(...SKUS) }),
);

const conditions: fc.Arbitrary<Condition[]> = fc
  .tuple(
    fc.option(minor.map((amountMinor) => ({ type: "minSubtotal" as const, amountMinor }))),
    fc.option(skus.map((list) => ({ type: "skus" as const, skus: list }))),
    fc.option(categories.map((list) => ({ type: "categories" as const, categories: list }))),
    fc.option(fc.constantFrom("members", "staff").map((group) => ({ type: "customerGroup" as const, group }))),
    fc.option(pieces.map((quantity) => ({ type: "minQuantity" as const, quantity }))),
  )
  .map((all) => all.filter((condition) => condition !== null));

const candidates = fc
  .array(
    fc.record({
      conditions,
      effect: effects,
      priority: fc.integer({ min: 0, max: 3 }),
      exclusive: fc.boolean(),
      budgetMinor: fc.option(minor),
      spentMinor: fc.integer({ min: 0, max: 1_000 }),
    }),
    { maxLength: 8 },
  )
  .map((all) =>
    all.map(({ spentMinor, ...changes }, i) =>
      candidate({ ...changes, promotionId: `promo_${i}` }, { uses: { uses: 0, spentMinor, byCustomer: 0 } }),
    ),
  );

const lines = fc.array(
  fc.record({
    sku: fc.constantFrom(...SKUS),
    priceMinor: fc.integer({ min: 0, max: 9_999 }),
    quantity: fc.integer({ min: 1, max: 7 }),
  }),
  { minLength: 1, maxLength: 8 },
);

const CATEGORIES_OF: Readonly<Record<string, string[]>> = {
  MUG: ["kitchen"],
  CUP: ["kitchen"],
  TENT: ["camping"],
  LAMP: ["kitchen", "camping"],
};

/** Purchases and promotions of every kind. */
export const cases = fc.record({
  purchase: lines.map((all) => purchase(all.map((one) => ({ ...one, categories: CATEGORIES_OF[one.sku] ?? [] })))),
  candidates,
});
