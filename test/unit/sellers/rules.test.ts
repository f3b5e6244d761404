import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type CommissionRule, commissionOf, type SoldLine } from "#services/product/sellers/domain/commission.ts";
import { documentTypeOf } from "#services/product/sellers/domain/document-type.ts";
import { byRank, type Candidate, positivePermille } from "#services/product/sellers/domain/featured-offer.ts";
import { plainIban } from "#services/product/sellers/domain/iban.ts";
import { payoutMinimums, payoutOf, periodOf } from "#services/product/sellers/domain/payout.ts";
import {
  missingDocuments,
  moveOf,
  SELLER_STATUSES,
  type SellerEvent,
  type SellerStatus,
} from "#services/product/sellers/domain/seller.ts";

const ratings = fc
  .integer({ min: 0, max: 10_000 })
  .chain((rated) => fc.record({ rated: fc.constant(rated), positive: fc.integer({ min: 0, max: rated }) }));
const candidate: fc.Arbitrary<Candidate> = fc
  .tuple(
    fc.record({
      sellerId: fc.option(fc.constantFrom("seller_a", "seller_b", "seller_c"), { nil: undefined }),
      priceMinor: fc.integer({ min: 0, max: 999_999_999_999_999 }),
      handlingDays: fc.integer({ min: 0, max: 90 }),
    }),
    ratings,
  )
  .map(([offer, rating]) => ({ ...offer, ...rating }));
const firstOf = (offers: readonly Candidate[]) => offers.toSorted(byRank)[0];

describe("the offer that is shown", () => {
  const offer = { priceMinor: 1_000, handlingDays: 2, rated: 0, positive: 0 };

  test("weighs price, handling and rating", () => {
    // A day of handling is worth 0.5 %, and ratings of 0 instead of 90 % 18 %.
    expect(byRank({ ...offer, sellerId: "a", priceMinor: 1_004 }, { ...offer, handlingDays: 3 })).toBeLessThan(0);
    expect(byRank({ ...offer, sellerId: "a", priceMinor: 1_006 }, { ...offer, handlingDays: 3 })).toBeGreaterThan(0);
    const bad = { ...offer, sellerId: "bad", rated: 1_000 };
    expect(byRank({ ...offer, sellerId: "a", priceMinor: 1_150 }, bad)).toBeLessThan(0);
    expect(byRank({ ...offer, sellerId: "a", priceMinor: 1_200 }, bad)).toBeGreaterThan(0);
  });

  test("a few ratings change little, many much", () => {
    expect(positivePermille({ rated: 0, positive: 0 })).toBe(900);
    expect(positivePermille({ rated: 1, positive: 0 })).toBe(818);
    expect(positivePermille({ rated: 1_000, positive: 0 })).toBe(8);
  });

  test("a cheaper equal offer never loses", () => {
    fc.assert(
      fc.property(candidate, fc.integer({ min: 1, max: 1_000 }), (dear, less) => {
        fc.pre(dear.priceMinor >= less);
        const cheap = { ...dear, sellerId: "seller_z", priceMinor: dear.priceMinor - less };
        expect(byRank(cheap, dear)).toBeLessThan(0);
      }),
    );
  });

  test("does not depend on the order of the offers, and the order is total", () => {
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 8 }), fc.integer(), (offers, seed) => {
        const shuffled = offers.toSorted((a, b) => ((a.priceMinor * seed) % 7) - ((b.priceMinor * seed) % 7));
        expect(firstOf(shuffled)).toEqual(firstOf(offers));
        expect(firstOf(offers.toReversed())).toEqual(firstOf(offers));
      }),
    );
    fc.assert(fc.property(candidate, candidate, (a, b) => byRank(a, b) === -byRank(b, a) || byRank(a, b) === 0));
  });
});

describe("the commission", () => {
  const line: SoldLine = { sellerId: "s", categories: ["mugs", "gifts"], grossMinor: 1_999, currency: "USD" };
  const rule = (sellerId: string | null, category: string | null, basisPoints: number): CommissionRule => ({
    ...{ sellerId, category, basisPoints, minimum: null },
  });

  test("is that of the most specific rule", () => {
    const rules = [rule(null, null, 1_500), rule(null, "mugs", 1_200), rule("s", null, 1_000), rule("s", "mugs", 700)];
    const upTo = (count: number) => commissionOf(line, rules.slice(0, count));
    expect([1, 2, 3, 4].map(upTo)).toEqual([300, 240, 200, 140]); // 299.85, 239.88, 199.9 and 139.93
    expect(commissionOf(line, [rule("other", null, 9_000), rule(null, "chairs", 9_000)])).toBe(0);
  });

  test("is the lowest of those of several categories", () => {
    expect(commissionOf(line, [rule(null, "mugs", 1_200), rule(null, "gifts", 800)])).toBe(160);
  });

  test("has a minimum in its currency, which is never more than the line", () => {
    const minimum = { ...rule(null, null, 100), minimum: { currency: "USD", minor: 50 } };
    expect(commissionOf(line, [minimum])).toBe(50);
    expect(commissionOf({ ...line, grossMinor: 30 }, [minimum])).toBe(30);
    expect(commissionOf({ ...line, currency: "EUR" }, [minimum])).toBe(20);
  });

  test("is between nothing and the line, whatever the order of the rules", () => {
    const anyRule: fc.Arbitrary<CommissionRule> = fc.record({
      sellerId: fc.constantFrom(null, "s", "other"),
      category: fc.constantFrom(null, "mugs", "gifts", "chairs"),
      basisPoints: fc.integer({ min: 0, max: 10_000 }),
      minimum: fc.option(fc.record({ currency: fc.constantFrom("USD", "EUR"), minor: fc.nat() })),
    });
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 8 }), fc.nat(), (rules, grossMinor) => {
        const kept = commissionOf({ ...line, grossMinor }, rules);
        expect(kept).toBeGreaterThanOrEqual(0);
        expect(kept).toBeLessThanOrEqual(grossMinor);
        expect(commissionOf({ ...line, grossMinor }, rules.toReversed())).toBe(kept);
      }),
    );
  });
});

describe("a seller", () => {
  const stateAfter = (status: SellerStatus, ...events: SellerEvent[]) =>
    events.reduce((now, event) => {
      const move = moveOf(now, event);
      return move.kind === "to" ? move.status : now;
    }, status);

  test("is checked, decided about, and may try again", () => {
    expect(stateAfter("applied", "submit", "passed")).toBe("approved");
    expect(stateAfter("applied", "submit", "doubted", "approve")).toBe("approved");
    expect(stateAfter("applied", "submit", "failed", "submit", "passed")).toBe("approved");
    expect(stateAfter("approved", "suspend", "reinstate")).toBe("approved");
    expect(moveOf("suspended", "approve")).toEqual({ kind: "refuse" });
    expect(moveOf("applied", "approve")).toEqual({ kind: "refuse" }); // before there are documents
  });

  test("a late answer of the provider never changes what people have decided", () => {
    const answers: SellerEvent[] = ["passed", "doubted", "failed"];
    for (const status of SELLER_STATUSES.filter((one) => one !== "submitted"))
      expect(stateAfter(status, ...answers)).toBe(status);
  });

  test("needs two documents", () => {
    expect(missingDocuments(["bank", "identity"])).toEqual(["registration"]);
    expect(missingDocuments(["registration", "identity"])).toEqual([]);
  });
});

test("documents are told apart by content", () => {
  const typeOf = (text: string) => documentTypeOf(Buffer.from(text, "latin1"));
  expect(typeOf("%PDF-1.7 …")).toBe("application/pdf");
  expect(typeOf("\x89PNG\r\n\x1a\n…")).toBe("image/png");
  expect(typeOf("\xff\xd8\xff\xe0")).toBe("image/jpeg");
  expect(typeOf("<svg>")).toBeUndefined();
  expect(typeOf("")).toBeUndefined();
});

test("an IBAN has the right check digits", () => {
  expect(plainIban("dk50 0040 0440 1162 43")).toBe("DK5000400440116243");
  expect(plainIban("GB82WEST12345698765432")).toBe("GB82WEST12345698765432");
  expect(plainIban("DK5000400440116244")).toBeUndefined();
});

test("payouts have periods and a minimum", () => {
  expect(periodOf(new Date("1970-01-09T12:00:00Z"), 7)).toEqual(new Date("1970-01-08T00:00:00Z"));
  expect(periodOf(new Date("1970-01-08T00:00:00Z"), 7)).toEqual(new Date("1970-01-08T00:00:00Z"));
  expect([payoutOf(999, 1_000), payoutOf(1_000, 1_000), payoutOf(0, 0), payoutOf(-5, 0)]).toEqual([0, 1_000, 0, 0]);
  const minimum = payoutMinimums("USD=25,KWD=1");
  expect([minimum("USD"), minimum("EUR"), minimum("JPY"), minimum("KWD"), minimum("XAF")]).toEqual([
    ...[2_500, 1_000, 1_000, 1_000, 0],
  ]);
  expect(() => payoutMinimums("USD")).toThrow("SELLER_PAYOUT_MINIMUM");
});
