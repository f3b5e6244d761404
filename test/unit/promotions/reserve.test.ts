import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Promotion } from "#services/product/promotions/domain/promotion.ts";
import {
  type Message,
  type ReservationEvent,
  type ReservationState,
  statesAfter,
  transitions,
} from "#services/product/promotions/domain/reservation.ts";
import { decideReservations, type Request, type Stored } from "#services/product/promotions/domain/reserve.ts";
import { NOW, promotion } from "./promotion-examples.ts";

function stored(changes: Partial<Promotion> = {}, rest: Partial<Stored> = {}): Stored {
  const own = { ...promotion(changes), uses: 0, spentMinor: 0 };
  return {
    now: NOW,
    promotions: new Map([[own.promotionId, own]]),
    codes: new Map(),
    byCustomer: new Map(),
    reservations: new Map(),
    ...rest,
  };
}

function request(orderId: string, changes: Partial<Request> = {}, code?: string): Request {
  const usages = [{ promotionId: "promo_a", amountMinor: 100, ...(code === undefined ? {} : { code }) }];
  return { orderId, customerId: `cust_${orderId}`, currency: "USD", usages, ...changes };
}

const outcomes = (known: Stored, ...requests: Request[]) =>
  decideReservations(known, requests).map((outcome) =>
    outcome.kind === "refused" ? outcome.refused.map(({ reason }) => reason).join() : outcome.kind,
  );

describe("requests to reserve", () => {
  test("get the last use once, and the last of a budget once", () => {
    expect(outcomes(stored({ usageLimit: 1 }), request("o1"), request("o2"))).toEqual(["reserved", "used_up"]);
    const budget = stored({ budgetMinor: 250, currency: "USD" });
    expect(outcomes(budget, request("o1"), request("o2"), request("o3"))).toEqual([
      "reserved",
      "reserved",
      "budget_spent",
    ]);
  });

  test("are answered alike when they are repeated, and refused when they ask for something else", () => {
    const other = request("o1", { usages: [{ promotionId: "promo_a", amountMinor: 99 }] });
    expect(outcomes(stored({ usageLimit: 1 }), request("o1"), request("o1"), other)).toEqual([
      "reserved",
      "known",
      "conflict",
    ]);
    const released = stored({}, { reservations: new Map([["o1", { state: "released", usages: [] }]]) });
    expect(outcomes(released, request("o1"))).toEqual(["conflict"]);
  });

  test("count the uses of one customer; guests cannot be counted, and first orders are one, also before it is paid", () => {
    const [first, second] = [request("o1", { customerId: "cust_a" }), request("o2", { customerId: "cust_a" })];
    const guest = request("o3", { customerId: "guest_1" });
    expect(outcomes(stored({ usagePerCustomer: 1 }), first, second, guest)).toEqual([
      ...["reserved", "used_by_customer", "needs_account"],
    ]);
    const firstOrder = stored({ conditions: [{ type: "firstOrder" }] });
    expect(outcomes(firstOrder, first, second)).toEqual(["reserved", "not_first_order"]);
  });

  test("need a code that is that of the promotion, and was not used", () => {
    const codes = new Map([
      ["ONCE", { promotionId: "promo_a", once: true, orderId: null }],
      ["OTHER", { promotionId: "promo_b", once: true, orderId: null }],
    ]);
    const known = stored({ onlyWithCode: true }, { codes });
    const by = (orderId: string, code?: string) => request(orderId, {}, code);
    expect(outcomes(known, by("o1"), by("o2", "OTHER"), by("o3", " once "), by("o4", "ONCE"))).toEqual([
      ...["unknown_code", "unknown_code", "reserved", "code_used"],
    ]);
  });

  test("are refused what has ended, is of another currency or is not known", () => {
    expect(outcomes(stored({ endsAt: NOW }), request("o1"))).toEqual(["ended"]);
    expect(outcomes(stored({ currency: "EUR" }), request("o1"))).toEqual(["wrong_currency"]);
    expect(outcomes(stored({ promotionId: "promo_z" }), request("o1"))).toEqual(["ended"]);
  });

  test("get all or nothing", () => {
    const two = request("o1", {
      usages: [
        { promotionId: "promo_a", amountMinor: 100 },
        { promotionId: "promo_gone", amountMinor: 1 },
      ],
    });
    const known = stored({ usageLimit: 1 });
    expect(outcomes(known, two, request("o2"))).toEqual(["ended", "reserved"]);
  });
});

describe("what happens to an order afterwards", () => {
  const states = Object.keys(transitions) as ReservationState[];
  const kinds = Object.keys(transitions.none) as ReservationEvent[];
  const stateAfter = (state: ReservationState, ...sequence: ReservationEvent[]): ReservationState => {
    const messages: Message[] = sequence.map((kind) => ({ orderId: "o1", kind }));
    return statesAfter(new Map([["o1", state]]), messages).get("o1") ?? state;
  };
  const sequences = fc.array(fc.constantFrom(...kinds), { maxLength: 8 });

  test("nothing comes back once it was given back", () => {
    fc.assert(fc.property(sequences, (sequence) => stateAfter("released", ...sequence) === "released"));
  });

  test("a cancelled order has nothing, whenever the cancellation arrives", () => {
    fc.assert(
      fc.property(fc.constantFrom(...states), sequences, sequences, (state, before, later) => {
        expect(stateAfter(state, ...before, "cancelled", ...later)).toBe("released");
      }),
    );
  });

  test("a message that comes twice changes nothing", () => {
    fc.assert(
      fc.property(fc.constantFrom(...states), fc.constantFrom(...kinds), (state, kind) => {
        expect(stateAfter(state, kind, kind)).toBe(stateAfter(state, kind));
      }),
    );
  });

  test("what an order that exists has reserved neither expires nor is given back", () => {
    for (const state of ["ordered", "committed"] as const)
      expect([stateAfter(state, "unknown"), stateAfter(state, "givenBack")]).toEqual([state, state]);
    expect([stateAfter("held", "unknown"), stateAfter("held", "givenBack"), stateAfter("none", "givenBack")]).toEqual([
      ...["released", "released", "released"],
    ]);
  });
});
