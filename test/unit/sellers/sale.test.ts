import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  nextState,
  type PiecesEvent,
  type PiecesState,
  refusedOf,
  together,
} from "#services/product/sellers/domain/pieces.ts";
import { dueOf, type OrderFacts, type Sale, sellerLines } from "#services/product/sellers/domain/sale.ts";

describe("the lines of sellers", () => {
  const mug = { sku: "MUG", quantity: 3, price: 14.5 };

  test("are all pieces, less discounts and the tax in the price; the shop's own are left out", () => {
    const items = [mug, { ...mug, sellerId: "s", discount: 1.5, includedTax: 7 }];
    expect(sellerLines(items, "USD")).toEqual([{ sellerId: "s", sku: "MUG", grossMinor: 3_500 }]);
  });

  test("are never below zero", () => {
    expect(sellerLines([{ ...mug, sellerId: "s", discount: 100 }], "USD")[0]?.grossMinor).toBe(0);
  });
});

/** What a seller has got of an order after some events: the sum of all that was booked. */
function booked(
  order: Pick<OrderFacts, "totalMinor">,
  sale: Pick<Sale, "grossMinor" | "commissionMinor">,
  told: readonly Told[],
) {
  const facts: OrderFacts = { ...order, isPaid: false, refundedMinor: 0 };
  const state: Sale = { ...sale, isCredited: false, reversedGrossMinor: 0, reversedCommissionMinor: 0 };
  let credits = 0;
  for (const one of told) {
    if (one === "paid") facts.isPaid = true;
    else facts.refundedMinor = Math.max(facts.refundedMinor, one);
    const { credit, reverse } = dueOf(facts, state);
    if (credit) {
      credits += 1;
      state.isCredited = true;
    }
    if (reverse) {
      expect(reverse.grossMinor).toBeGreaterThanOrEqual(reverse.commissionMinor); // the seller never gains by a refund
      state.reversedGrossMinor += reverse.grossMinor;
      state.reversedCommissionMinor += reverse.commissionMinor;
    }
  }
  const { reversedGrossMinor, reversedCommissionMinor } = state;
  return { credits, reversedGrossMinor, reversedCommissionMinor };
}

type Told = "paid" | number;

describe("a sale", () => {
  const sale = { grossMinor: 3_333, commissionMinor: 417 };

  test("is credited once when the order is paid, and reversed in the share of what went back", () => {
    expect(booked({ totalMinor: 10_000 }, sale, ["paid", "paid", 5_000])).toEqual({
      ...{ credits: 1, reversedGrossMinor: 1_666, reversedCommissionMinor: 208 },
    });
    expect(booked({ totalMinor: 10_000 }, sale, [5_000])).toEqual({
      ...{ credits: 0, reversedGrossMinor: 0, reversedCommissionMinor: 0 },
    });
  });

  test("is booked the same in whatever order events come, and however often; all of a refund is all of the sale", () => {
    const amounts = fc.record({
      grossMinor: fc.nat({ max: 10 ** 12 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const anyTold = fc.array(fc.oneof(fc.constant<Told>("paid"), fc.nat({ max: 2 * 10 ** 12 })), { maxLength: 8 });
    fc.assert(
      fc.property(
        amounts,
        fc.integer({ min: 1, max: 10 ** 12 }),
        anyTold,
        ({ grossMinor, share }, totalMinor, told) => {
          const commissionMinor = Math.floor(grossMinor * share);
          const of = (events: readonly Told[]) => booked({ totalMinor }, { grossMinor, commissionMinor }, events);
          const all = of([...told, "paid"]);
          expect(of([...told.toReversed(), "paid", ...told])).toEqual(all);
          expect(of(["paid", ...told, ...told])).toEqual(all);
          expect(all.credits).toBe(1);
          expect(all.reversedGrossMinor).toBeLessThanOrEqual(grossMinor);
          expect(all.reversedCommissionMinor).toBeLessThanOrEqual(commissionMinor);
          expect(of(["paid", ...told, totalMinor])).toEqual({
            ...{ credits: 1, reversedGrossMinor: grossMinor, reversedCommissionMinor: commissionMinor },
          });
        },
      ),
    );
  });
});

describe("the pieces of an order", () => {
  const stateAfter = (state: PiecesState, events: readonly PiecesEvent[]) =>
    events.reduce<PiecesState>((now, event) => nextState(now, event) ?? now, state);
  const anyEvents = fc.array(fc.constantFrom<PiecesEvent>("ordered", "paid", "cancelled", "givenBack", "unknown"));

  test("of a cancelled order are back, whatever comes before and after", () => {
    for (const state of ["none", "held"] as const)
      fc.assert(
        fc.property(anyEvents, anyEvents, (before, later) => {
          expect(stateAfter(state, [...before, "cancelled", ...later])).toBe("released");
        }),
      );
  });

  test("of an order that exists stay taken, although their reservation seems to have expired", () => {
    expect(stateAfter("held", ["ordered", "unknown", "givenBack"])).toBe("ordered");
    expect(stateAfter("held", ["paid", "unknown", "ordered"])).toBe("committed");
    expect(stateAfter("none", ["ordered", "paid"])).toBe("none");
  });

  test("are taken together or not at all", () => {
    const pieces = together([
      { sellerId: "b", sku: "MUG", quantity: 1 },
      { sellerId: "a", sku: "MUG", quantity: 2 },
      { sellerId: "a", sku: "MUG", quantity: 3 },
    ]);
    expect(pieces.map(({ sellerId, quantity }) => [sellerId, quantity])).toEqual([
      ["a", 5],
      ["b", 1],
    ]);
    expect(refusedOf(pieces, [{ sellerId: "a", sku: "MUG", available: 5 }])).toEqual([
      { sellerId: "b", sku: "MUG", requested: 1, available: 0 },
    ]);
  });
});
