import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Charge } from "#services/commerce/payments/domain/charge.ts";
import { compare } from "#services/commerce/payments/domain/compare.ts";
import { decide } from "#services/commerce/payments/domain/decide.ts";
import { fundsOf, type Payment } from "#services/commerce/payments/domain/payment.ts";

const AMOUNT = 100;
const always = { amountMinor: AMOUNT, parts: [], goal: { kind: "none" }, setbacks: 0 } as const;
const action = { type: "redirect", url: "https://bank.invalid" };

const charge = (parts: Partial<Charge>): Charge => ({
  reference: "ch_1",
  state: "accepted",
  paymentId: "pay_1",
  orderId: "ord_1",
  currency: "USD",
  amountMinor: AMOUNT,
  heldMinor: 0,
  capturedMinor: 0,
  refundedMinor: 0,
  ...parts,
});

/** Money of one charge: what is held, captured and refunded, never more than there is. */
const money = fc.tuple(fc.nat(AMOUNT), fc.nat(AMOUNT), fc.nat(AMOUNT)).map(([captured, held, refunded]) => ({
  capturedMinor: captured,
  heldMinor: Math.min(held, AMOUNT - captured),
  refundedMinor: Math.min(refunded, captured),
}));

function resting({ heldMinor, capturedMinor, refundedMinor }: ReturnType<typeof fundsOf>): Payment | undefined {
  const funds = { heldMinor, capturedMinor, refundedMinor };
  if (capturedMinor === 0) return heldMinor > 0 ? { ...always, state: "authorized", ...funds } : undefined;
  const state = capturedMinor === refundedMinor && heldMinor === 0 ? "refunded" : "captured";
  return { ...always, state, ...funds };
}

test("a payment at rest that follows its charge says the same as the charge, and its facts add up to the difference", () => {
  fc.assert(
    fc.property(money, money, (ours, theirs) => {
      const payment = resting(ours);
      fc.pre(payment !== undefined && theirs.capturedMinor >= ours.capturedMinor);
      const said = charge({ ...theirs, heldMinor: Math.min(theirs.heldMinor, ours.heldMinor) });
      const comparison = compare(payment, said, "ref_new");
      if (comparison.kind === "agrees") return expect(fundsOf(payment)).toMatchObject(fundsOf({ ...payment, ...ours }));
      if (comparison.kind !== "input") throw new Error(comparison.kind);
      const decision = decide(payment, comparison.input);
      if (decision.kind !== "next") throw new Error(decision.kind);
      const { heldMinor, capturedMinor, refundedMinor } = fundsOf(decision.payment);
      expect({ heldMinor, capturedMinor, refundedMinor }).toEqual({
        heldMinor: said.heldMinor,
        capturedMinor: said.capturedMinor,
        refundedMinor: said.refundedMinor,
      });
      const sum = (kind: string) =>
        decision.facts.reduce(
          (total, fact) => (fact.kind === kind && "amountMinor" in fact ? total + fact.amountMinor : total),
          0,
        );
      expect(sum("completed")).toBe(said.capturedMinor - ours.capturedMinor);
      expect(sum("refunded") - sum("refundFailed")).toBe(said.refundedMinor - ours.refundedMinor);
      expect(decision.operation).toBeUndefined();
      if (decision.payment.state !== "voided") expect(compare(decision.payment, said, "").kind).toBe("agrees");
    }),
  );
});

test("a capture that the provider does not know is never taken back", () => {
  const payment: Payment = { ...always, state: "captured", heldMinor: 0, capturedMinor: 100, refundedMinor: 0 };
  expect(compare(payment, charge({ heldMinor: 100 }), "ref_1")).toMatchObject({ kind: "differs" });
});

test("a charge of another amount is for staff", () => {
  const payment: Payment = { ...always, state: "authorized", heldMinor: 100, capturedMinor: 0, refundedMinor: 0 };
  expect(compare(payment, charge({ amountMinor: 90, heldMinor: 90 }), "ref_1")).toMatchObject({ kind: "differs" });
});

test("a customer who has acted leads to the operation that a client's request leads to", () => {
  const payment: Payment = { ...always, state: "requires_action", action };
  expect(compare(payment, charge({ state: "waiting" }), "")).toEqual({ kind: "agrees" });
  for (const state of ["accepted", "declined", "released"] as const) {
    const comparison = compare(payment, charge({ state, heldMinor: 100 }), "");
    expect(comparison).toEqual({ kind: "input", input: { kind: "confirm" } });
  }
});

test("nothing is decided while an operation is in flight", () => {
  const money = { heldMinor: 100, capturedMinor: 0, refundedMinor: 0 };
  const busy: Payment[] = [
    { ...always, state: "authorizing" },
    { ...always, state: "confirming", action },
    { ...always, state: "capturing", ...money },
    { ...always, state: "voiding", ...money },
    { ...always, state: "refunding", ...money },
  ];
  for (const payment of busy) expect(compare(payment, charge({ capturedMinor: 100 }), "").kind).toBe("busy");
});

test("money at the provider that nobody wants is reported", () => {
  const decline = { code: "card_declined", message: "no" };
  const failed: Payment = { ...always, state: "failed", decline };
  expect(compare(failed, charge({ state: "declined" }), "").kind).toBe("agrees");
  expect(compare(failed, charge({ heldMinor: 100 }), "").kind).toBe("differs");
  expect(compare(failed, charge({ capturedMinor: 100, refundedMinor: 100 }), "").kind).toBe("agrees");
});
