import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { TOTAL } from "./orders.ts";
import { type Fate, type Plan, World } from "./world.ts";

const RUNS = 3_000;

const plan: fc.Arbitrary<Plan> = fc.record({
  inStock: fc.boolean(),
  payment: fc.constantFrom(
    "accepted" as const,
    "accepted" as const,
    "declined" as const,
    "acted" as const,
    "abandoned" as const,
  ),
  capture: fc.constantFrom("whole" as const, "whole" as const, "parts" as const, "refused" as const),
  eager: fc.boolean(),
  cancels: fc.boolean(),
  late: fc.boolean(),
});
const fates: Fate[] = ["applied", "applied", "applied", "lost before the commit", "delivered again", "replayed"];
const schedule = fc.array(fc.record({ pick: fc.nat(1_000), fate: fc.constantFrom(...fates) }), { maxLength: 60 });

describe("the saga, with its messages in any order, twice, and a crash between any two steps", () => {
  test("ends, with money and stock where they belong", () => {
    const ends = new Map<string, number>();
    fc.assert(
      fc.property(plan, schedule, (plan, schedule) => {
        const world = new World(plan);
        for (const { pick, fate } of schedule) world.deliver(pick, fate);
        world.settle();
        const { order, facts, stock, payment, captured, refunded } = world;

        const changes = facts.filter((fact) => fact.type === "statusChanged");
        const chain = ["pending_payment", ...changes.map(({ to }) => to)].slice(0, -1);
        const story = {
          faults: world.faults,
          told: changes.map(({ from }) => from),
          twice: ["confirmed", "cancelled"].filter((once) => facts.filter(({ type }) => type === once).length > 1),
          money: [order.capturedMinor, order.refundedMinor],
          stock,
          owed: captured - refunded,
          held: captured === 0 && payment === "authorized",
        };
        const paid = order.status === "paid";
        expect(story).toEqual({
          faults: [],
          told: chain,
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
    // A simulation in which nothing is ever bought proves nothing.
    const expected = ["changed_my_mind", "out_of_stock", "paid", "payment_deadline", "payment_declined:card_declined"];
    expect([...ends.keys()].sort()).toEqual(expected);
    expect(ends.get("paid")).toBeGreaterThan(RUNS / 50);
  });
});
