import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, type Fact } from "#services/commerce/orders/domain/decide.ts";
import { type Input, type Order, orderStatuses } from "#services/commerce/orders/domain/order.ts";
import { faultsOf, inconsistencies, inputKinds, inputs, newOrder, TOTAL } from "./orders.ts";

const RUNS = 3_000;

/** Any input, with any amount. */
const anyInput: fc.Arbitrary<Input> = fc
  .record({ kind: fc.constantFrom(...inputKinds), amount: fc.constantFrom(0, 1, TOTAL / 2, TOTAL, TOTAL + 1) })
  .map(({ kind, amount }): Input => {
    const input = inputs[kind];
    if ("totalMinor" in input) return { ...input, totalMinor: amount };
    return "amountMinor" in input ? { ...input, amountMinor: amount } : input;
  });

describe("whatever happens to an order, in whatever order, however often", () => {
  test("it stays consistent, its facts tell its steps, and its end is final", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 30 }), (happened) => {
        let order: Order = newOrder;
        const facts: Fact[] = [];
        const faults: string[] = [];
        for (const input of happened) {
          const decision = decide(order, input);
          faults.push(...inconsistencies(order, decision), ...faultsOf(decision.order));
          const ended = order.status === "cancelled" || order.status === "refunded";
          if (ended && decision.order.status !== order.status) faults.push(`${input.kind} undid the end`);
          if (ended && decision.order.reason !== order.reason) faults.push(`${input.kind} changed why it ended`);
          if (decision.refused && decision.order !== order) faults.push(`${input.kind} was refused and did something`);
          facts.push(...decision.facts);
          order = decision.order;
          seen.add(order.status);
        }
        for (const once of ["confirmed", "cancelled"]) {
          if (facts.filter(({ type }) => type === once).length > 1) faults.push(`${once} was told twice`);
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: RUNS },
    );
    expect([...seen].sort()).toEqual([...orderStatuses].sort()); // random histories reach every state
  });

  test("what is said twice in a row changes the status once", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 12 }), anyInput, (happened, input) => {
        const start = happened.reduce((order, each) => decide(order, each).order, newOrder);
        const once = decide(start, input);
        const twice = decide(once.order, input);
        fc.pre(input.kind !== "DeadlinePassed"); // time passes again and again
        expect([twice.order.status, twice.facts]).toEqual([once.order.status, []]);
      }),
      { numRuns: RUNS },
    );
  });
});
