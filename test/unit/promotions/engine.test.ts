import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Applied, type Candidate, priceWithPromotions } from "#services/product/promotions/domain/engine.ts";
import type { Effect, Promotion } from "#services/product/promotions/domain/promotion.ts";
import { type Line, subtotalOf } from "#services/product/promotions/domain/purchase.ts";
import { candidate, cases, line, purchase } from "./promotion-examples.ts";

const amounts = ({ applied }: { applied: readonly Applied[] }) =>
  applied.map(({ candidate: { promotion }, amountMinor }) => [promotion.promotionId, amountMinor]);

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

describe("whatever is bought, and whatever promotions there are", () => {
  test("a line never costs less than nothing, and refunds of all lines give back exactly what was paid", () => {
    fc.assert(
      fc.property(cases, ({ purchase: bought, candidates }) => {
        const { applied } = priceWithPromotions(bought, candidates);
        const paid = bought.lines.map(
          (one, i) => one.priceMinor * one.quantity - sum(applied.map(({ shares }) => shares[i] ?? 0)),
        );
        expect(paid.every((minor) => minor >= 0 && Number.isInteger(minor))).toBe(true);
        expect(sum(paid)).toBe(subtotalOf(bought.lines) - sum(applied.map(({ amountMinor }) => amountMinor)));
        for (const { amountMinor, shares } of applied) {
          expect(amountMinor).toBeGreaterThan(0);
          expect(shares.every((share) => share >= 0)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("no budget is overspent, and what gives nothing has a reason", () => {
    fc.assert(
      fc.property(cases, ({ purchase: bought, candidates }) => {
        const { applied, freeShipping, gifts, unused } = priceWithPromotions(bought, candidates);
        for (const { candidate: used, amountMinor } of applied)
          expect(used.uses.spentMinor + amountMinor).toBeLessThanOrEqual(used.promotion.budgetMinor ?? Infinity);
        const told = [...applied.map((one) => one.candidate), ...freeShipping, ...gifts.map((one) => one.candidate)];
        expect(new Set([...told, ...unused.map((one) => one.candidate)])).toEqual(new Set(candidates));
        expect(told.length + unused.length).toBe(candidates.length);
      }),
    );
  });

  test("neither the sequence of items nor that of promotions matters", () => {
    const shuffled = cases.chain((one) =>
      fc.record({
        one: fc.constant(one),
        places: fc.shuffledSubarray([...one.purchase.lines.keys()], { minLength: one.purchase.lines.length }),
        candidates: fc.shuffledSubarray(one.candidates, { minLength: one.candidates.length }),
      }),
    );
    /** The discounts of each line; lines that are alike may change places. */
    const perLine = (lines: readonly Line[], applied: readonly Applied[]) =>
      lines
        .map((one, i) =>
          JSON.stringify([one, applied.map(({ candidate: used, shares }) => [used.promotion.promotionId, shares[i]])]),
        )
        .sort();
    fc.assert(
      fc.property(shuffled, ({ one, places, candidates }) => {
        const lines = places.flatMap((place) => one.purchase.lines[place] ?? []);
        const [first, second] = [
          priceWithPromotions(one.purchase, one.candidates),
          priceWithPromotions({ ...one.purchase, lines }, candidates),
        ];
        expect(perLine(lines, second.applied)).toEqual(perLine(one.purchase.lines, first.applied));
        expect(second.unused).toEqual(first.unused);
        expect(second.gifts).toEqual(first.gifts);
      }),
      { numRuns: 500 },
    );
  });

  test("the buyer gets the better of one exclusive promotion and all stackable ones", () => {
    fc.assert(
      fc.property(cases, ({ purchase: bought, candidates }) => {
        const total = (some: readonly Candidate[]) =>
          sum(priceWithPromotions(bought, some).applied.map(({ amountMinor }) => amountMinor));
        const [exclusive, stackable] = [true, false].map((kind) =>
          candidates.filter(({ promotion }) => promotion.exclusive === kind),
        ) as [Candidate[], Candidate[]];
        expect(total(candidates)).toBe(Math.max(total(stackable), ...exclusive.map((one) => total([one]))));
      }),
    );
  });
});

describe("an effect", () => {
  const lines = [line("MUG", 1_000, 3, ["kitchen"]), line("TENT", 9_999, 1, ["camping"])];
  const off = (effect: Effect, changes: Partial<Promotion> = {}, bought = lines) =>
    priceWithPromotions(purchase(bought), [candidate({ effect, ...changes })]);
  const mugs = { conditions: [{ type: "skus" as const, skus: ["MUG"] }] };

  test("percentOff is of the order, or of the items, rounded once", () => {
    expect(off({ type: "percentOff", points: 1_250, appliesTo: "order" }).applied[0]?.shares).toEqual([375, 1_250]);
    expect(off({ type: "percentOff", points: 1_250, appliesTo: "items" }, mugs).applied[0]?.shares).toEqual([375, 0]);
    const thirds = [line("A", 5), line("B", 5), line("C", 5)];
    expect(off({ type: "percentOff", points: 1_000, appliesTo: "order" }, {}, thirds).applied[0]).toMatchObject({
      amountMinor: 2,
      shares: [1, 1, 0],
    });
  });

  test("amountOff is never more than the items cost", () => {
    expect(off({ type: "amountOff", amountMinor: 1_300 }).applied[0]?.shares).toEqual([300, 1_000]);
    expect(off({ type: "amountOff", amountMinor: 5_000 }, mugs).applied[0]?.shares).toEqual([3_000, 0]);
  });

  test("buyXGetY makes the cheapest pieces cheaper, and counts no piece twice", () => {
    const one = { quantity: 1, points: 10_000 };
    const twoForOne: Effect = { type: "buyXGetY", buy: { quantity: 1 }, get: one };
    expect(off(twoForOne, mugs).applied[0]?.amountMinor).toBe(1_000); // three mugs: one is free, one is alone
    expect(off(twoForOne).applied[0]?.shares).toEqual([2_000, 0]);
    const [buy, get] = [
      { quantity: 2, skus: ["MUG"] },
      { ...one, points: 5_000, categories: ["camping"] },
    ];
    expect(off({ type: "buyXGetY", buy, get }).applied[0]?.shares).toEqual([0, 5_000]);
    expect(off({ type: "buyXGetY", buy: { ...buy, quantity: 4 }, get }).unused[0]?.refusal.reason).toBe(
      "no_matching_items",
    );
    const many = [line("MUG", 1_000, 10)];
    expect(off({ ...twoForOne, maxTimes: 2 }, {}, many).applied[0]?.amountMinor).toBe(2_000);
    expect(off(twoForOne, {}, many).applied[0]?.amountMinor).toBe(5_000);
  });

  test("tiered gives the best tier that is reached", () => {
    const tiers = [
      { minQuantity: 3, points: 500 },
      { minSubtotalMinor: 10_000, points: 1_000 },
      { minSubtotalMinor: 99_999, points: 5_000 },
    ];
    expect(off({ type: "tiered", tiers }).applied[0]?.amountMinor).toBe(1_300);
    expect(off({ type: "tiered", tiers }, mugs).applied[0]?.amountMinor).toBe(150);
    expect(off({ type: "tiered", tiers: tiers.slice(2) }).unused[0]?.refusal.reason).toBe("below_subtotal");
  });

  test("a bundle has its price as often as it is complete", () => {
    expect(off({ type: "bundle", skus: ["MUG", "TENT"], priceMinor: 9_999 }).applied[0]?.amountMinor).toBe(1_000);
    expect(off({ type: "bundle", skus: ["MUG", "MUG"], priceMinor: 1_500 }).applied[0]?.shares).toEqual([500, 0]);
    expect(off({ type: "bundle", skus: ["MUG", "LAMP"], priceMinor: 1 }).unused[0]?.refusal.reason).toBe(
      "no_matching_items",
    );
  });

  test("a gift is free once it is there, and does not help to earn itself", () => {
    const gift: Effect = { type: "gift", sku: "MUG" };
    expect(off(gift).applied[0]?.shares).toEqual([1_000, 0]);
    expect(off(gift, {}, [line("TENT", 9_999)]).gifts).toMatchObject([{ sku: "MUG" }]);
    const conditions = [{ type: "minSubtotal" as const, amountMinor: 12_999 }];
    expect(off(gift, { conditions }).unused[0]?.refusal).toEqual({ reason: "below_subtotal", missingMinor: 1_000 });
    expect(off(gift, {}, [line("MUG", 500)]).unused[0]?.refusal.reason).toBe("no_matching_items");
  });

  test("free shipping takes nothing off an item", () => {
    expect(off({ type: "freeShipping" })).toMatchObject({ applied: [], freeShipping: [{}], unused: [] });
  });
});

describe("several promotions", () => {
  const bought = purchase([line("MUG", 10_000)]);

  test("are applied by priority, each off what is left", () => {
    const amount = candidate({ promotionId: "promo_b", effect: { type: "amountOff", amountMinor: 2_000 } });
    expect(amounts(priceWithPromotions(bought, [amount, candidate()]))).toEqual([
      ["promo_a", 1_000],
      ["promo_b", 2_000],
    ]);
    const first = { ...amount, promotion: { ...amount.promotion, priority: 1 } };
    expect(amounts(priceWithPromotions(bought, [first, candidate()]))).toEqual([
      ["promo_b", 2_000],
      ["promo_a", 800],
    ]);
  });

  test("an exclusive one replaces the others, or they replace it, and the loser is explained", () => {
    const exclusive = (points: number) =>
      candidate({
        promotionId: "promo_x",
        exclusive: true,
        effect: { type: "percentOff", points, appliesTo: "order" },
      });
    const won = priceWithPromotions(bought, [candidate(), exclusive(1_100)]);
    expect(amounts(won)).toEqual([["promo_x", 1_100]]);
    expect(won.unused).toMatchObject([
      { candidate: { promotion: { promotionId: "promo_a" } }, refusal: { reason: "other_is_better" } },
    ]);
    expect(amounts(priceWithPromotions(bought, [candidate(), exclusive(900)]))).toEqual([["promo_a", 1_000]]);
  });

  test("say why they do not hold", () => {
    const reasonOf = (changes: Partial<Promotion>, buyer = {}) =>
      priceWithPromotions({ ...bought, buyer: { ...bought.buyer, ...buyer } }, [candidate(changes)]).unused[0]?.refusal
        .reason;
    expect(reasonOf({ currency: "EUR" })).toBe("wrong_currency");
    expect(reasonOf({ conditions: [{ type: "customerGroup", group: "staff" }] })).toBe("wrong_group");
    expect(reasonOf({ conditions: [{ type: "customerGroup", group: "members" }] }, { hasAccount: false })).toBe(
      "needs_account",
    );
    expect(reasonOf({ conditions: [{ type: "firstOrder" }] }, { hasPaid: true })).toBe("not_first_order");
    expect(reasonOf({ conditions: [{ type: "skus", skus: ["CUP"] }] })).toBe("no_matching_items");
    expect(reasonOf({ conditions: [{ type: "minQuantity", quantity: 2 }] })).toBe("no_matching_items");
    expect(reasonOf({ conditions: [{ type: "minSubtotal", amountMinor: 10_001 }] })).toBe("below_subtotal");
    expect(reasonOf({ budgetMinor: 999 })).toBe("budget_spent");
    expect(
      reasonOf({ conditions: [{ type: "minSubtotal", amountMinor: 10_000 }], budgetMinor: 1_000 }),
    ).toBeUndefined();
  });
});
