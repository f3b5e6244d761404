import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { helpfulnessOf, voteChange } from "#services/product/reviews/domain/helpfulness.ts";
import { brokenRules, fingerprintOf, type ModerationRule } from "#services/product/reviews/domain/moderation.ts";
import { joined, type Purchase, perOrder } from "#services/product/reviews/domain/purchase.ts";
import {
  averageOf,
  type ReviewStatus,
  ratingsChange,
  reviewStatuses,
  statusOfWritten,
} from "#services/product/reviews/domain/review.ts";

const TEXT = "I have had this mug for ten years, and it has survived every camp so far.";

describe("the rules", () => {
  const cases: [text: string, broken: ModerationRule[]][] = [
    [TEXT, []],
    ["It holds 0.5 l, i.e. enough. Really good.I like it, e.g. for tea", []],
    ["USB-C, HDMI, VGA, DVI: all there", []],
    ["很好的杯子，我非常喜欢它，推荐给所有人", []],
    ["Soooo good!!! Yes, yes, yes.", []],
    ["The handle is fine and the lid is fine and the price is fine", []],
    ["Cheaper at https://other.example/mug", ["links"]],
    ["The same mug is cheaper at WWW.OTHER.EXAMPLE", ["links"]],
    ["Cheaper at other-shop.com, believe me", ["links"]],
    ["Write to me: ada@mail.example", ["links"]],
    ["Look at ｏｔｈｅｒ．com", ["links"]],
    ["THIS IS THE BEST MUG THAT I EVER HAD", ["shouting"]],
    ["good!!!!!!!!!!!", ["repetition"]],
    ["Buy it now, buy it now! BUY IT NOW. Buy it now", ["repetition"]],
    ["nice nice nice nice", ["repetition"]],
    ["CHEAPER AT OTHER.COM OTHER.COM OTHER.COM OTHER.COM", ["links", "shouting", "repetition"]],
  ];
  test.each(cases)("of %j find %j", (text, broken) => {
    expect(brokenRules({ title: "A mug", text }, false)).toEqual(broken);
    expect(brokenRules({ title: text, text: TEXT }, true)).toEqual([...broken, "copied"]);
  });

  test("take no longer for a text that was made to slow them down", () => {
    const began = performance.now();
    for (const part of ["a", "a.", "a@", "www", "aA ", "a b ", "1-"])
      brokenRules({ title: "A mug", text: part.repeat(5_000).slice(0, 5_000) }, false);
    expect(performance.now() - began).toBeLessThan(500);
  });

  test("know a text again in another case, with other spaces and marks, and no short one", () => {
    fc.assert(
      fc.property(fc.constantFrom(" ", "  ", ", ", "!\n"), fc.boolean(), (between, upper) => {
        const changed = TEXT.split(" ").join(between);
        expect(fingerprintOf(upper ? changed.toUpperCase() : changed)).toBe(fingerprintOf(TEXT));
      }),
    );
    expect(fingerprintOf(`${TEXT} Really`)).not.toBe(fingerprintOf(TEXT));
    expect(fingerprintOf("A very good mug")).toBeUndefined();
  });

  test("let nothing of a rejected review pass without staff", () => {
    expect(statusOfWritten([], false)).toBe("approved");
    expect(statusOfWritten(["links"], false)).toBe("pending");
    expect(statusOfWritten([], true)).toBe("pending");
  });
});

describe("helpfulness", () => {
  const votes = fc.record({ helpful: fc.nat(1_000), not: fc.nat(1_000) });

  test("grows with each helpful vote, falls with each other one, and is a share", () => {
    fc.assert(
      fc.property(votes, ({ helpful, not }) => {
        const now = helpfulnessOf(helpful, helpful + not);
        expect(now).toBeGreaterThanOrEqual(0);
        expect(now).toBeLessThanOrEqual(1_000_000);
        expect(helpfulnessOf(helpful + 1, helpful + not + 1)).toBeGreaterThanOrEqual(now);
        expect(helpfulnessOf(helpful, helpful + not + 1)).toBeLessThanOrEqual(now);
      }),
    );
  });

  test("is what Wilson's interval says", () => {
    expect([helpfulnessOf(0, 0), helpfulnessOf(0, 5), helpfulnessOf(1, 1)]).toEqual([0, 0, 206543]);
    expect(helpfulnessOf(90, 100)).toBeGreaterThan(helpfulnessOf(2, 2));
  });

  test("counts the last vote of each customer", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.boolean()), { maxLength: 30 }), (cast) => {
        const last = new Map<number, boolean>();
        const counts = { helpful: 0, votes: 0 };
        for (const [customer, helpful] of cast) {
          const change = voteChange(last.get(customer), helpful);
          counts.helpful += change.helpful;
          counts.votes += change.votes;
          last.set(customer, helpful);
        }
        expect(counts).toEqual({ helpful: [...last.values()].filter(Boolean).length, votes: last.size });
      }),
    );
  });
});

test("the ratings of a product are those of its approved reviews, whatever happened to them", () => {
  const review = fc.option(
    fc.record({ status: fc.constantFrom(...reviewStatuses), rating: fc.integer({ min: 1, max: 5 }) }),
    {
      nil: undefined,
    },
  );
  const steps = fc.array(fc.tuple(fc.nat(3), review), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (history) => {
      const now = new Map<number, { status: ReviewStatus; rating: number } | undefined>();
      const ratings = { reviews: 0, stars: 0 };
      for (const [id, after] of history) {
        const change = ratingsChange(now.get(id), after);
        ratings.reviews += change.reviews;
        ratings.stars += change.stars;
        now.set(id, after);
      }
      const shown = [...now.values()].flatMap((one) => (one?.status === "approved" ? one.rating : []));
      expect(ratings).toEqual({ reviews: shown.length, stars: shown.reduce((sum, stars) => sum + stars, 0) });
    }),
  );
  expect(averageOf({ reviews: 3, stars: 13 })).toBe(4.33);
});

test("what is known of a purchase depends neither on the order of events nor on how often they come", () => {
  const nothing = { productIds: [], paid: false, cancelled: false };
  const facts: Purchase[] = ["ord_2", "ord_1"].flatMap((orderId) => {
    const of = { orderId, customerId: "cust_1", ...nothing };
    return [
      { ...of, productIds: ["mug"] },
      { ...of, paid: true },
      { ...of, cancelled: orderId === "ord_1" },
    ];
  });
  const deliveries = fc
    .array(fc.constantFrom(...facts), { maxLength: 20 })
    .chain((more) => fc.shuffledSubarray([...facts, ...more], { minLength: facts.length + more.length }));
  fc.assert(
    fc.property(deliveries, fc.integer({ min: 1, max: 5 }), (delivered, batch) => {
      const stored = new Map<string, Purchase>();
      for (let at = 0; at < delivered.length; at += batch) {
        for (const purchase of perOrder(delivered.slice(at, at + batch))) {
          const known = stored.get(purchase.orderId);
          stored.set(purchase.orderId, known ? joined(known, purchase) : purchase);
        }
      }
      expect(perOrder([...stored.values()])).toEqual([
        { orderId: "ord_1", customerId: "cust_1", productIds: ["mug"], paid: true, cancelled: true },
        { orderId: "ord_2", customerId: "cust_1", productIds: ["mug"], paid: true, cancelled: false },
      ]);
    }),
  );
});
