import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Tender } from "#services/commerce/payments/domain/tender.ts";
import { finalViolations, violations } from "./invariants.ts";
import { EVENTS, FATES, PaymentsModel } from "./payments-model.ts";
import { METHODS } from "./provider-model.ts";

const step = fc.record({
  do: fc.oneof(
    { weight: 5, arbitrary: fc.constant("event" as const) },
    { weight: 6, arbitrary: fc.constantFrom(...(["claim", "call", "write"] as const)) },
    { weight: 6, arbitrary: fc.constantFrom(...(["claim", "call", "write"] as const)) },
    { weight: 2, arbitrary: fc.constantFrom(...(["crash", "expire", "deliverLate", "refuse", "act"] as const)) },
    { weight: 3, arbitrary: fc.constantFrom(...(["authorize", "confirm", "capture", "refund"] as const)) },
  ),
  order: fc.constantFrom("ord_a", "ord_b"),
  type: fc.constantFrom(...EVENTS, "created" as const, "reserved" as const),
  method: fc.constantFrom(...METHODS, "visa" as const),
  fate: fc.constantFrom(...FATES, "answered" as const, "answered" as const),
  pick: fc.nat(50),
  amountMinor: fc.integer({ min: 1, max: 120 }), // of 100, so that some are too high
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const acts: Record<Step["do"], (model: PaymentsModel, step: Step) => void> = {
  event: (model, { order, type, method }) => model.applyEvent(order, type, method),
  claim: (model, { pick }) => model.claim(pick),
  call: (model, { pick, fate }) => model.call(pick, fate),
  write: (model, { pick }) => model.write(pick),
  crash: (model, { pick }) => model.crash(pick),
  expire: (model, { pick }) => model.expire(pick),
  deliverLate: (model, { pick }) => model.deliverLate(pick),
  refuse: (model) => model.refuse(),
  act: (model, { pick }) => model.customerActs(pick),
  authorize: (model, { order, method }) => model.authorize(order, method),
  confirm: (model, { order }) => model.request(order, { kind: "confirm" }),
  capture: (model, { order, amountMinor }) => model.request(order, { kind: "capture", amountMinor }),
  refund: (model, { order, amountMinor }) => model.request(order, { kind: "refund", amountMinor, reason: "asked" }),
};

const TENDERS: readonly (readonly Tender[])[] = [
  [],
  [],
  [{ type: "giftCard", giftCardId: "gift_1", amountMinor: 40 }],
  [
    { type: "giftCard", giftCardId: "gift_1", amountMinor: 70 },
    { type: "storeCredit", amountMinor: 30 },
  ],
];

test("after crashes, losses, delays and duplicates: one charge, correct sums, and nothing held for a cancelled order", () => {
  const ends = new Map<string, number>();
  let replaced = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 90, size: "max" }),
      fc.constantFrom(...TENDERS),
      (history, tenders) => {
        const model = new PaymentsModel(tenders);
        for (const next of history) {
          model.turn();
          acts[next.do](model, next);
          const broken = violations(model); // plain, because expect() at every step takes most of the time
          if (broken.length > 0) throw new Error(broken.join());
        }
        model.settle();
        expect([...violations(model), ...finalViolations(model)]).toEqual([]);
        for (const { payment } of model.rows) ends.set(payment.state, (ends.get(payment.state) ?? 0) + 1);
        replaced += model.facts.filter(({ kind }) => kind === "replaced").length;
      },
    ),
    { numRuns: 8_000 },
  );
  // The histories prove something only if they reach every final state.
  for (const state of ["requires_action", "authorized", "captured", "refunded", "voided", "failed"]) {
    expect(ends.get(state)).toBeGreaterThan(50);
  }
  expect(replaced).toBeGreaterThan(10);
});

test("an order whose waiting payment gave way to other methods, again and again, ends with one authorisation", () => {
  const turns = fc.record({
    method: fc.constantFrom("visa" as const, "needsAction" as const, "needsActionToo" as const),
    between: fc.array(
      fc.record({ do: fc.constantFrom("claim", "call", "write", "crash", "act", "confirm"), pick: fc.nat(9) }),
      {
        maxLength: 12,
      },
    ),
  });
  fc.assert(
    fc.property(fc.array(turns, { minLength: 2, maxLength: 8 }), (history) => {
      const model = new PaymentsModel();
      model.applyEvent("ord_a", "created", "needsAction");
      for (const { method, between } of history) {
        model.authorize("ord_a", method);
        for (const { do: act, pick } of between) {
          if (act === "claim") model.claim(pick);
          else if (act === "call") model.call(pick, "answered");
          else if (act === "write") model.write(pick);
          else if (act === "crash") model.crash(pick);
          else if (act === "act") model.customerActs(pick);
          else model.request("ord_a", { kind: "confirm" });
          expect(violations(model)).toEqual([]);
        }
      }
      model.settle();
      expect([...violations(model), ...finalViolations(model)]).toEqual([]);
      const live = [...model.provider.charges.values()].filter(({ waiting, held }) => waiting || held > 0);
      expect(live).toHaveLength(1);
    }),
    { numRuns: 1_000 },
  );
});

test("an order with all its events ends captured, failed or waiting for its customer", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(["created", "reserved"] as const, { minLength: 2 }),
      fc.constantFrom(...METHODS),
      (types, method) => {
        const model = new PaymentsModel();
        for (const type of types) model.applyEvent("ord_a", type, method);
        model.settle();
        model.applyEvent("ord_a", "confirmed", method);
        model.settle();
        const ends = {
          visa: "captured",
          declined: "failed",
          needsAction: "requires_action",
          needsActionToo: "requires_action",
        };
        expect(model.rows.map(({ payment }) => payment.state)).toEqual([ends[method]]);
      },
    ),
  );
});
