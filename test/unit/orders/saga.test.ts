import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { TOTAL } from "./order-examples.ts";
import { type Delivery, SagaModel, type Scenario } from "./saga-model.ts";

const RUNS = 3_000;

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  inStock: fc.boolean(),
  payment: fc.constantFrom(
    "accepted" as const,
    "accepted" as const,
    "declined" as const,
    "acted" as const,
    "abandoned" as const,
  ),
  capture: fc.constantFrom("whole" as const, "whole" as const, "parts" as const, "refused" as const),
  paysEarly: fc.boolean(),
  cancels: fc.boolean(),
  deadlinePasses: fc.boolean(),
});
const deliveries: Delivery[] = [
  "applied",
  "applied",
  "applied",
  "lost before the commit",
  "delivered again",
  "replayed",
];
const schedules = fc.array(fc.record({ pick: fc.nat(1_000), delivery: fc.constantFrom(...deliveries) }), {
  maxLength: 60,
});

describe("the saga, with messages out of order, duplicates and a crash between any two steps", () => {
  test("ends with consistent money and stock", () => {
    const ends = new Map<string, number>();
    fc.assert(
      fc.property(scenarios, schedules, (scenario, schedule) => {
        const model = new SagaModel(scenario);
        for (const { pick, delivery } of schedule) model.deliver(pick, delivery);
        model.settle();
        const { order, facts, stock, payment, captured, refunded } = model;

        const changes = facts.filter((fact) => fact.type === "statusChanged");
        const chain = ["pending_payment", ...changes.map(({ to }) => to)].slice(0, -1);
        const result = {
          faults: model.faults,
          publishedFrom: changes.map(({ from }) => from),
          twice: ["confirmed", "cancelled"].filter((once) => facts.filter(({ type }) => type === once).length > 1),
          money: [order.capturedMinor, order.refundedMinor],
          stock,
          owed: captured - refunded,
          held: captured === 0 && payment === "authorized",
        };
        const paid = order.status === "paid";
        expect(result).toEqual({
          faults: [],
          publishedFrom: chain,
          twice: [],
          money: [captured, refunded],
          stock: paid ? "committed" : expect.stringMatching(/^(rejected|released|tombstone)$/),
          owed: paid ? TOTAL : 0,
          held: false,
        });
        const end = order.status === "cancelled" ? (order.reason ?? "") : order.status;
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }),
      { numRuns: RUNS },
    );
    // The scenarios must reach every end; otherwise the property proves little.
    const expected = ["changed_my_mind", "out_of_stock", "paid", "payment_deadline", "payment_declined:card_declined"];
    expect([...ends.keys()].sort()).toEqual(expected);
    expect(ends.get("paid")).toBeGreaterThan(RUNS / 50);
  });
});
