import { describe, expect, test } from "@jest/globals";
import { type Decision, decide } from "#services/commerce/orders/domain/decide.ts";
import { type Input, isSettled, type Order, orderStatuses } from "#services/commerce/orders/domain/order.ts";
import { inputs, newOrder, TOTAL } from "./orders.ts";

const { InventoryReserved, PaymentAuthorized, PaymentCompleted, PaymentFailed, PaymentRefunded, CancelRequested } =
  inputs;

/** Given a new order and what happened, the last decision. */
function given(...happened: Input[]): Decision {
  let decision: Decision = { order: newOrder, steps: [], facts: [] };
  for (const input of happened) decision = decide(decision.order, input);
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

describe("the saga's way to the payment", () => {
  test("a reservation is noted", () => {
    const { order, steps, facts } = given(InventoryReserved);
    expect(order).toEqual({ ...newOrder, version: 2 });
    expect(steps).toEqual([{ version: 2, from: "pending_payment", to: "pending_payment" }]);
    expect(facts).toEqual([]);
  });

  test("an authorisation confirms", () => {
    const { order, facts, deadlineMinutes } = given(InventoryReserved, PaymentAuthorized);
    expect(order).toMatchObject({ status: "confirmed", paymentStatus: "authorized", reason: null });
    expect(facts).toEqual([changed("pending_payment", "confirmed", "payment_authorized"), { type: "confirmed" }]);
    expect(deadlineMinutes).toBe(60);
  });

  test("an authorisation of less than the total does not", () => {
    const { order, facts } = given({ ...PaymentAuthorized, amountMinor: TOTAL - 1 });
    expect(order).toMatchObject({ status: "pending_payment", version: 2 });
    expect(facts).toEqual([]);
  });

  test("a capture pays", () => {
    const { order, facts } = given(PaymentAuthorized, PaymentCompleted);
    expect(order).toMatchObject({ status: "paid", paymentStatus: "captured", capturedMinor: TOTAL });
    expect(facts).toEqual([changed("confirmed", "paid", "payment_captured")]);
  });

  test("captures in parts pay when they reach the total", () => {
    expect(given(PaymentAuthorized, captured(4_000)).order).toMatchObject({
      status: "confirmed",
      paymentStatus: "partially_captured",
    });
    expect(given(PaymentAuthorized, captured(4_000), captured(TOTAL)).order.status).toBe("paid");
    expect(given(PaymentAuthorized, captured(TOTAL), captured(4_000)).order.capturedMinor).toBe(TOTAL);
  });

  test("a declined payment cancels, with the provider's code", () => {
    const { order, facts, deadlineMinutes } = given(InventoryReserved, PaymentFailed);
    const reason = "payment_declined:card_declined";
    expect(order).toMatchObject({ status: "cancelled", paymentStatus: "failed", reason });
    expect(facts).toEqual([
      changed("pending_payment", "cancelled", reason),
      { type: "cancelled", reason, refundMinor: 0 },
    ]);
    expect(deadlineMinutes).toBeNull();
  });

  test("a refused capture cancels", () => {
    expect(given(PaymentAuthorized, PaymentFailed).order).toMatchObject({
      status: "cancelled",
      paymentStatus: "failed",
    });
  });

  test("a customer who has to act is waited for", () => {
    const { order } = given(inputs.PaymentActionRequired);
    expect(order).toMatchObject({ status: "pending_payment", paymentStatus: "requires_action" });
    expect(given(inputs.PaymentActionRequired, PaymentAuthorized).order.status).toBe("confirmed");
  });
});

describe("crossed and late messages", () => {
  test("a capture seen before its authorisation goes through confirmed", () => {
    const { order, steps, facts } = given(PaymentCompleted);
    expect(order).toMatchObject({ status: "paid", version: 3 });
    expect(steps.map(({ version, to }) => [version, to])).toEqual([
      [2, "confirmed"],
      [3, "paid"],
    ]);
    expect(facts).toEqual([
      changed("pending_payment", "confirmed", "payment_captured"),
      { type: "confirmed" },
      changed("confirmed", "paid", "payment_captured"),
    ]);
    expect(decide(order, PaymentAuthorized)).toMatchObject({
      order: { status: "paid", paymentStatus: "captured" },
      facts: [],
    });
  });

  test("a payment that arrives after the cancel is noted, nothing else", () => {
    for (const late of [PaymentAuthorized, PaymentCompleted]) {
      const { order, steps, facts } = given(CancelRequested, late);
      expect(order).toMatchObject({ status: "cancelled", version: 3 });
      expect(steps).toEqual([{ version: 3, from: "cancelled", to: "cancelled" }]);
      expect(facts).toEqual([]);
    }
    expect(given(CancelRequested, PaymentCompleted, PaymentRefunded).order).toMatchObject({
      status: "cancelled",
      paymentStatus: "refunded",
      reason: "changed_my_mind",
    });
  });

  test("stock that turns out missing after the payment cancels, and the money goes back", () => {
    const { order, facts } = given(PaymentAuthorized, PaymentCompleted, inputs.InventoryRejected);
    expect(order).toMatchObject({ status: "cancelled", reason: "out_of_stock" });
    expect(facts.at(-1)).toEqual({ type: "cancelled", reason: "out_of_stock", refundMinor: TOTAL });
  });

  test("a refund seen before its capture leaves nothing to pay for", () => {
    expect(given(PaymentRefunded).order).toMatchObject({
      status: "cancelled",
      paymentStatus: "refunded",
      capturedMinor: TOTAL,
    });
    expect(given(PaymentRefunded, PaymentCompleted).order).toMatchObject({ status: "cancelled", refundedMinor: TOTAL });
  });

  test("an old request for action does not undo an authorisation", () => {
    expect(given(PaymentAuthorized, inputs.PaymentActionRequired).order.paymentStatus).toBe("authorized");
  });

  test("another currency is nobody's rule", () => {
    expect(() => given({ ...PaymentCompleted, currency: "JPY" })).toThrow("JPY");
  });
});

describe("cancelling", () => {
  test("gives back what was captured and not refunded yet", () => {
    const { facts } = given(PaymentAuthorized, PaymentCompleted, refunded(2_500), CancelRequested);
    expect(facts).toEqual([
      changed("paid", "cancelled", "changed_my_mind"),
      { type: "cancelled", reason: "changed_my_mind", refundMinor: 7_500 },
    ]);
  });

  test("twice changes nothing", () => {
    const { order, steps, facts, refused } = given(CancelRequested, { ...CancelRequested, reason: "again" });
    expect({ reason: order.reason, steps, facts, refused }).toEqual({
      reason: "changed_my_mind",
      steps: [],
      facts: [],
    });
  });

  test("is too late after the hand-off, and after a refund", () => {
    for (const happened of [shipped, [...shipped, inputs.ShipmentDelivered], [...shipped, PaymentRefunded]]) {
      const { order, steps, refused } = given(...happened, CancelRequested);
      expect({ refused, steps, ended: order.status === "cancelled" }).toEqual({
        refused: true,
        steps: [],
        ended: false,
      });
    }
  });
});

describe("refunds", () => {
  test("in full end a paid, shipped or delivered order; in part they do not", () => {
    const paid = [PaymentAuthorized, PaymentCompleted];
    for (const happened of [paid, shipped, [...shipped, inputs.ShipmentDelivered]]) {
      expect(given(...happened, refunded(1)).order).toMatchObject({
        paymentStatus: "partially_refunded",
        reason: null,
      });
      expect(given(...happened, refunded(1), refunded(TOTAL)).order).toMatchObject({
        status: "refunded",
        paymentStatus: "refunded",
        reason: "payment_refunded",
      });
    }
  });
});

describe("deadlines", () => {
  test("nobody paid: cancelled", () => {
    expect(given(InventoryReserved, inputs.DeadlinePassed).order).toMatchObject({
      status: "cancelled",
      reason: "payment_deadline",
    });
  });

  test("a stuck capture is not decided by time: noted, and waited for again", () => {
    const { order, facts, overdue, deadlineMinutes } = given(PaymentAuthorized, inputs.DeadlinePassed);
    expect(order).toMatchObject({ status: "confirmed", version: 3 });
    expect({ facts, overdue, deadlineMinutes }).toEqual({ facts: [], overdue: true, deadlineMinutes: 60 });
  });
});

test("parcels that skip a message still pass through every state", () => {
  const { facts, order } = given(PaymentCompleted, inputs.ShipmentDelivered);
  expect(facts.map((fact) => fact.type === "statusChanged" && fact.to)).toEqual(["processing", "shipped", "delivered"]);
  expect(order.shippingStatus).toBe("delivered");
});

test("a waiting customer is answered when the order is paid, over, or needs them", () => {
  const settled = orderStatuses.filter((status) => isSettled({ status, paymentStatus: "pending" }, "confirmation"));
  expect(settled).toEqual(["paid", "processing", "shipped", "delivered", "cancelled", "refunded"]);
  expect(isSettled({ status: "pending_payment", paymentStatus: "requires_action" }, "confirmation")).toBe(true);
  expect(isSettled({ status: "confirmed", paymentStatus: "authorized" }, "handoff")).toBe(true);
});
