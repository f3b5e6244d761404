import { describe, expect, test } from "@jest/globals";
import { type Decision, decide } from "#services/commerce/orders/domain/decide.ts";
import { type Input, isSettled, type Order, orderStatuses } from "#services/commerce/orders/domain/order.ts";
import { inputs, newOrder, TOTAL } from "./order-examples.ts";

const { InventoryReserved, PaymentAuthorized, PaymentCompleted, PaymentFailed, PaymentRefunded, CancelRequested } =
  inputs;

/** Applies inputs to a new order. @returns the last decision */
function decideAll(...sequence: Input[]): Decision {
  let decision: Decision = { order: newOrder, steps: [], facts: [] };
  for (const input of sequence) decision = decide(decision.order, input);
  return decision;
}

const changed = (from: Order["status"], to: Order["status"], reason: string) => ({
  type: "statusChanged",
  from,
  to,
  reason,
});
const captured = (totalMinor: number): Input => ({ ...PaymentCompleted, totalMinor });
const refunded = (totalMinor: number): Input => ({ ...PaymentRefunded, totalMinor });
const shipped = [PaymentAuthorized, PaymentCompleted, inputs.FulfillmentStarted, inputs.ShipmentDispatched];

describe("from the purchase to the payment", () => {
  test("notes a reservation", () => {
    const { order, steps, facts } = decideAll(InventoryReserved);
    expect(order).toEqual({ ...newOrder, version: 2 });
    expect(steps).toEqual([{ version: 2, from: "pending_payment", to: "pending_payment" }]);
    expect(facts).toEqual([]);
  });

  test("confirms on an authorisation", () => {
    const { order, facts, deadlineMinutes } = decideAll(InventoryReserved, PaymentAuthorized);
    expect(order).toMatchObject({ status: "confirmed", paymentStatus: "authorized", reason: null });
    expect(facts).toEqual([changed("pending_payment", "confirmed", "payment_authorized")]);
    expect(deadlineMinutes).toBe(60);
  });

  test("does not confirm when less than the total is authorised", () => {
    const { order, facts } = decideAll({ ...PaymentAuthorized, amountMinor: TOTAL - 1 });
    expect(order).toMatchObject({ status: "pending_payment", version: 2 });
    expect(facts).toEqual([]);
  });

  test("is paid by a capture", () => {
    const { order, facts } = decideAll(PaymentAuthorized, PaymentCompleted);
    expect(order).toMatchObject({ status: "paid", paymentStatus: "captured", capturedMinor: TOTAL });
    expect(facts).toEqual([changed("confirmed", "paid", "payment_captured")]);
  });

  test("is paid when partial captures reach the total", () => {
    expect(decideAll(PaymentAuthorized, captured(4_000)).order).toMatchObject({
      status: "confirmed",
      paymentStatus: "partially_captured",
    });
    expect(decideAll(PaymentAuthorized, captured(4_000), captured(TOTAL)).order.status).toBe("paid");
    expect(decideAll(PaymentAuthorized, captured(TOTAL), captured(4_000)).order.capturedMinor).toBe(TOTAL);
  });

  test("is cancelled by a declined payment, with the provider's code", () => {
    const { order, facts, deadlineMinutes } = decideAll(InventoryReserved, PaymentFailed);
    const reason = "payment_declined:card_declined";
    expect(order).toMatchObject({ status: "cancelled", paymentStatus: "failed", reason });
    expect(facts).toEqual([
      changed("pending_payment", "cancelled", reason),
      { type: "cancelled", reason, refundMinor: 0, underReview: false },
    ]);
    expect(deadlineMinutes).toBeNull();
  });

  test("is cancelled by a declined capture", () => {
    expect(decideAll(PaymentAuthorized, PaymentFailed).order).toMatchObject({
      status: "cancelled",
      paymentStatus: "failed",
    });
  });

  test("waits for a customer who has to confirm the payment", () => {
    const { order } = decideAll(inputs.PaymentActionRequired);
    expect(order).toMatchObject({ status: "pending_payment", paymentStatus: "requires_action" });
    expect(decideAll(inputs.PaymentActionRequired, PaymentAuthorized).order.status).toBe("confirmed");
  });
});

describe("late events and events out of order", () => {
  test("a capture that arrives before its authorisation moves through confirmed", () => {
    const { order, steps, facts } = decideAll(PaymentCompleted);
    expect(order).toMatchObject({ status: "paid", version: 3 });
    expect(steps.map(({ version, to }) => [version, to])).toEqual([
      [2, "confirmed"],
      [3, "paid"],
    ]);
    expect(facts).toEqual([
      changed("pending_payment", "confirmed", "payment_captured"),
      changed("confirmed", "paid", "payment_captured"),
    ]);
    expect(decide(order, PaymentAuthorized)).toMatchObject({
      order: { status: "paid", paymentStatus: "captured" },
      facts: [],
    });
  });

  test("a payment that arrives after the cancellation is only noted", () => {
    for (const late of [PaymentAuthorized, PaymentCompleted]) {
      const { order, steps, facts } = decideAll(CancelRequested, late);
      expect(order).toMatchObject({ status: "cancelled", version: 3 });
      expect(steps).toEqual([{ version: 3, from: "cancelled", to: "cancelled" }]);
      expect(facts).toEqual([]);
    }
    expect(decideAll(CancelRequested, PaymentCompleted, PaymentRefunded).order).toMatchObject({
      status: "cancelled",
      paymentStatus: "refunded",
      reason: "changed_my_mind",
    });
  });

  test("missing stock after the payment cancels the order and refunds the money", () => {
    const { order, facts } = decideAll(PaymentAuthorized, PaymentCompleted, inputs.InventoryRejected);
    expect(order).toMatchObject({ status: "cancelled", reason: "out_of_stock" });
    expect(facts.at(-1)).toEqual({ type: "cancelled", reason: "out_of_stock", refundMinor: TOTAL, underReview: false });
  });

  test("a refund that arrives before its capture cancels the order", () => {
    expect(decideAll(PaymentRefunded).order).toMatchObject({
      status: "cancelled",
      paymentStatus: "refunded",
      capturedMinor: TOTAL,
    });
    expect(decideAll(PaymentRefunded, PaymentCompleted).order).toMatchObject({
      status: "cancelled",
      refundedMinor: TOTAL,
    });
  });

  test("a late PaymentActionRequired does not undo an authorisation", () => {
    expect(decideAll(PaymentAuthorized, inputs.PaymentActionRequired).order.paymentStatus).toBe("authorized");
  });

  test("a payment in another currency is an error", () => {
    expect(() => decideAll({ ...PaymentCompleted, currency: "JPY" })).toThrow("JPY");
  });
});

describe("cancelling", () => {
  test("refunds what was captured and not refunded yet", () => {
    const { facts } = decideAll(PaymentAuthorized, PaymentCompleted, refunded(2_500), CancelRequested);
    expect(facts).toEqual([
      changed("paid", "cancelled", "changed_my_mind"),
      { type: "cancelled", reason: "changed_my_mind", refundMinor: 7_500, underReview: false },
    ]);
  });

  test("changes nothing the second time", () => {
    const { order, steps, facts, refused } = decideAll(CancelRequested, { ...CancelRequested, reason: "again" });
    expect({ reason: order.reason, steps, facts, refused }).toEqual({
      reason: "changed_my_mind",
      steps: [],
      facts: [],
    });
  });

  test("is refused after the hand-off and after a refund", () => {
    for (const sequence of [shipped, [...shipped, inputs.ShipmentDelivered], [...shipped, PaymentRefunded]]) {
      const { order, steps, refused } = decideAll(...sequence, CancelRequested);
      expect({ refused, steps, ended: order.status === "cancelled" }).toEqual({
        refused: true,
        steps: [],
        ended: false,
      });
    }
  });
});

describe("refunds", () => {
  test("end a paid, shipped or delivered order when they are full, not when they are partial", () => {
    const paid = [PaymentAuthorized, PaymentCompleted];
    for (const sequence of [paid, shipped, [...shipped, inputs.ShipmentDelivered]]) {
      expect(decideAll(...sequence, refunded(1)).order).toMatchObject({
        paymentStatus: "partially_refunded",
        reason: null,
      });
      expect(decideAll(...sequence, refunded(1), refunded(TOTAL)).order).toMatchObject({
        status: "refunded",
        paymentStatus: "refunded",
        reason: "payment_refunded",
      });
    }
  });
});

describe("a review", () => {
  const reviewed = { ...newOrder, underReview: true };

  test("that approves an order lets its time for the payment begin", () => {
    const { order, facts, deadlineMinutes } = decide(reviewed, inputs.ReviewApproved);
    expect(order).toMatchObject({ status: "pending_payment", underReview: false, version: 2 });
    expect({ facts, deadlineMinutes }).toEqual({ facts: [], deadlineMinutes: 15 });
  });

  test("that rejects an order cancels it, also when it was charged by mistake", () => {
    const { order, facts } = decide(reviewed, inputs.ReviewRejected);
    expect(order).toMatchObject({ status: "cancelled", underReview: false, reason: "fraud_rejected" });
    expect(facts.at(-1)).toMatchObject({ type: "cancelled", underReview: true });
    const charged = decideAll(PaymentAuthorized, PaymentCompleted, inputs.ReviewRejected);
    expect(charged.facts.at(-1)).toMatchObject({ type: "cancelled", refundMinor: TOTAL });
  });

  test("that ends after its order changes nothing", () => {
    for (const late of [inputs.ReviewApproved, inputs.ReviewRejected]) {
      const { order, facts, deadlineMinutes } = decideAll(CancelRequested, late);
      expect(order).toMatchObject({ status: "cancelled", reason: "changed_my_mind" });
      expect({ facts, deadlineMinutes }).toEqual({ facts: [], deadlineMinutes: undefined });
    }
  });

  test("ends with a cancellation, which says that there was one", () => {
    expect(decide(reviewed, CancelRequested).facts.at(-1)).toMatchObject({ type: "cancelled", underReview: true });
  });
});

describe("deadlines", () => {
  test("cancel an unpaid order", () => {
    expect(decideAll(InventoryReserved, inputs.DeadlinePassed).order).toMatchObject({
      status: "cancelled",
      reason: "payment_deadline",
    });
  });

  test("do not decide about a stuck capture: the order gets a new deadline", () => {
    const { order, facts, overdue, deadlineMinutes } = decideAll(PaymentAuthorized, inputs.DeadlinePassed);
    expect(order).toMatchObject({ status: "confirmed", version: 3 });
    expect({ facts, overdue, deadlineMinutes }).toEqual({ facts: [], overdue: true, deadlineMinutes: 60 });
  });
});

test("a shipment whose earlier events are missing moves through every state", () => {
  const { facts, order } = decideAll(PaymentCompleted, inputs.ShipmentDelivered);
  expect(facts.map((fact) => fact.type === "statusChanged" && fact.to)).toEqual(["processing", "shipped", "delivered"]);
  expect(order.shippingStatus).toBe("delivered");
});

test("an order has settled when it is paid, has ended, or needs its customer or somebody of the shop", () => {
  const settled = orderStatuses.filter((status) =>
    isSettled({ status, paymentStatus: "pending", underReview: false }, "confirmation"),
  );
  expect(settled).toEqual(["paid", "processing", "shipped", "delivered", "cancelled", "refunded"]);
  expect(
    isSettled({ status: "pending_payment", paymentStatus: "requires_action", underReview: false }, "confirmation"),
  ).toBe(true);
  expect(isSettled({ status: "pending_payment", paymentStatus: "pending", underReview: true }, "confirmation")).toBe(
    true,
  );
  expect(isSettled({ status: "confirmed", paymentStatus: "authorized", underReview: false }, "handoff")).toBe(true);
});
