import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, type Fact } from "#services/commerce/orders/domain/decide.ts";
import { type Input, type Order, orderStatuses } from "#services/commerce/orders/domain/order.ts";
import { faultsOf, inconsistencies, inputKinds, inputs, newOrder, TOTAL } from "./order-examples.ts";

const RUNS = 3_000;

/** Any input, with any amount. */
const anyInput: fc.Arbitrary<Input> = fc
  .record({ kind: fc.constantFrom(...inputKinds), amount: fc.constantFrom(0, 1, TOTAL / 2, TOTAL, TOTAL + 1) })
  .map(({ kind, amount }): Input => {
    const input = inputs[kind];
    if ("totalMinor" in input) return { ...input, totalMinor: amount };
    return "amountMinor" in input ? { ...input, amountMinor: amount } : input;
  });

describe("any sequence of inputs, with repetitions", () => {
  test("keeps the order consistent, publishes its steps, and never changes a final state", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.boolean(), fc.array(anyInput, { maxLength: 30 }), (underReview, happened) => {
        let order: Order = { ...newOrder, underReview };
        const facts: Fact[] = [];
        const faults: string[] = [];
        for (const input of happened) {
          const decision = decide(order, input);
          faults.push(...inconsistencies(order, decision), ...faultsOf(decision.order));
          const ended = order.status === "cancelled" || order.status === "refunded";
          if (ended && decision.order.status !== order.status) faults.push(`${input.kind} left a final state`);
          if (ended && decision.order.reason !== order.reason)
            faults.push(`${input.kind} changed the reason of a final state`);
          if (decision.refused && decision.order !== order)
            faults.push(`${input.kind} was refused and changed the order`);
          facts.push(...decision.facts);
          order = decision.order;
          seen.add(order.status);
        }
        for (const once of ["confirmed", "cancelled"]) {
          if (facts.filter(({ type }) => type === once).length > 1) faults.push(`${once} was published twice`);
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: RUNS },
    );
    expect([...seen].sort()).toEqual([...orderStatuses].sort()); // the random inputs reach every state
  });

  test("changes the status once when an input comes twice in a row", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 12 }), anyInput, (happened, input) => {
        const start = happened.reduce((order, each) => decide(order, each).order, newOrder);
        const once = decide(start, input);
        const twice = decide(once.order, input);
        fc.pre(input.kind !== "DeadlinePassed"); // a deadline can pass again
        expect([twice.order.status, twice.facts]).toEqual([once.order.status, []]);
      }),
      { numRuns: RUNS },
    );
  });
});
