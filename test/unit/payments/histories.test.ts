import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { METHODS } from "./fake-provider.ts";
import { brokenEnds, brokenLaws } from "./invariants.ts";
import { FATES, MESSAGES, World } from "./simulation.ts";

const step = fc.record({
  do: fc.oneof(
    { weight: 5, arbitrary: fc.constant("hear" as const) },
    { weight: 6, arbitrary: fc.constantFrom(...(["claim", "call", "write"] as const)) },
    { weight: 6, arbitrary: fc.constantFrom(...(["claim", "call", "write"] as const)) },
    { weight: 2, arbitrary: fc.constantFrom(...(["crash", "expire", "arrive", "refuse"] as const)) },
    { weight: 3, arbitrary: fc.constantFrom(...(["authorize", "confirm", "capture", "refund"] as const)) },
  ),
  order: fc.constantFrom("ord_a", "ord_b"),
  message: fc.constantFrom(...MESSAGES, "created" as const, "reserved" as const),
  method: fc.constantFrom(...METHODS, "visa" as const),
  fate: fc.constantFrom(...FATES, "answered" as const, "answered" as const),
  pick: fc.nat(50),
  amountMinor: fc.integer({ min: 1, max: 120 }), // of 100: some are too much
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const acts: Record<Step["do"], (world: World, step: Step) => void> = {
  hear: (world, { order, message, method }) => world.hear(order, message, method),
  claim: (world, { pick }) => world.claim(pick),
  call: (world, { pick, fate }) => world.call(pick, fate),
  write: (world, { pick }) => world.write(pick),
  crash: (world, { pick }) => world.crash(pick),
  expire: (world, { pick }) => world.expire(pick),
  arrive: (world, { pick }) => world.arrive(pick),
  refuse: (world) => world.refuse(),
  authorize: (world, { order, method }) => world.authorize(order, method),
  confirm: (world, { order }) => world.request(order, { kind: "confirm" }),
  capture: (world, { order, amountMinor }) => world.request(order, { kind: "capture", amountMinor }),
  refund: (world, { order, amountMinor }) => world.request(order, { kind: "refund", amountMinor, reason: "asked" }),
};

test("whatever crashes, is lost, late or doubled: one charge, sums that hold, and nothing held of a cancelled order", () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 90, size: "max" }), (history) => {
      const world = new World();
      for (const next of history) {
        world.turn();
        acts[next.do](world, next);
        const broken = brokenLaws(world); // plain, because expect() at every step takes most of the time
        if (broken.length > 0) throw new Error(broken.join());
      }
      world.settle();
      expect([...brokenLaws(world), ...brokenEnds(world)]).toEqual([]);
      for (const { payment } of world.rows) ends.set(payment.state, (ends.get(payment.state) ?? 0) + 1);
    }),
    { numRuns: 8_000 },
  );
  // The histories are worth something only if they get everywhere.
  for (const state of ["requires_action", "authorized", "captured", "refunded", "voided", "failed"]) {
    expect(ends.get(state)).toBeGreaterThan(50);
  }
});

test("an order whose events all come ends captured, failed or waiting for its customer", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(["created", "reserved"] as const, { minLength: 2 }),
      fc.constantFrom(...METHODS),
      (messages, method) => {
        const world = new World();
        for (const message of messages) world.hear("ord_a", message, method);
        world.settle();
        world.hear("ord_a", "confirmed", method);
        world.settle();
        const ends = { visa: "captured", declined: "failed", needsAction: "requires_action" };
        expect(world.rows.map(({ payment }) => payment.state)).toEqual([ends[method]]);
      },
    ),
  );
});
