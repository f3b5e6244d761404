import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide } from "#services/commerce/orders/domain/decide.ts";
import type { Input, Order } from "#services/commerce/orders/domain/order.ts";
import { orderInvariants } from "#tools/verify/order-invariants.ts";
import type { OrderSnapshot, Step } from "#tools/verify/order-snapshot.ts";

const TOTAL = 1_000;

/** Whatever may happen to an order, in any order and any number of times. */
const inputs: fc.Arbitrary<Input> = fc.oneof(
  fc.constantFrom<Input>(
    { kind: "InventoryReserved" },
    { kind: "InventoryReleased" },
    { kind: "InventoryCommitted" },
    { kind: "InventoryRejected", reason: "out_of_stock" },
    { kind: "PaymentAuthorized", amountMinor: TOTAL, currency: "USD" },
    { kind: "PaymentActionRequired" },
    { kind: "PaymentFailed", errorCode: "declined" },
    { kind: "PaymentCompleted", totalMinor: TOTAL, currency: "USD" },
    { kind: "PaymentVoided" },
    { kind: "PaymentRefunded", totalMinor: TOTAL, currency: "USD" },
    { kind: "FulfillmentStarted" },
    { kind: "ShipmentDispatched" },
    { kind: "ShipmentDelivered" },
    { kind: "CancelRequested", reason: "changed_my_mind" },
    { kind: "DeadlinePassed" },
  ),
);

/** Lives through inputs as orders does, and keeps the databases that it keeps. */
function live(story: readonly Input[]): OrderSnapshot {
  let order: Order = {
    orderId: "ord_1",
    customerId: "cust_1",
    status: "pending_payment",
    paymentStatus: "pending",
    shippingStatus: "not_shipped",
    totalMinor: TOTAL,
    capturedMinor: 0,
    refundedMinor: 0,
    currency: "USD",
    version: 1,
    reason: null,
    underReview: false,
  };
  const history: Step[] = [{ version: 1, from: null, to: "pending_payment", cause: "req_1", rewinds: 0 }];
  let publishedEvents = 1;
  for (const [n, input] of story.entries()) {
    const decision = decide(order, input);
    order = decision.order;
    history.push(...decision.steps.map((step) => ({ ...step, cause: `evt_${n}`, rewinds: 0 })));
    publishedEvents += decision.facts.length;
  }
  const lines = [{ sku: "a", quantity: 1 }];
  const { status, totalMinor, capturedMinor, refundedMinor, version } = order;
  const databases = { status, totalMinor, capturedMinor, refundedMinor, version, history, publishedEvents };
  return {
    order: {
      ...databases,
      overdueSeconds: 0,
      lines,
      linesMinor: TOTAL,
      addedMinor: 0,
      discountMinor: 0,
      lineDiscountMinor: 0,
      taxMinor: 0,
      lineTaxMinor: null,
    },
    payments: [],
  };
}

const broken = (snapshot: OrderSnapshot, ...names: readonly string[]) =>
  orderInvariants
    .filter(({ name, wrong }) => names.includes(name) && wrong(snapshot) !== undefined)
    .map(({ name }) => name);

describe("the invariants of an order's history", () => {
  const invariants = ["orders.history", "orders.applied-once", "events.published"];

  test("hold through whatever happens to an order", () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 12 }), (story) => {
        expect(broken(live(story), ...invariants)).toEqual([]);
      }),
    );
  });

  test("are broken by a step that is missing, an event that was applied twice, an event that was not told", () => {
    const story: Input[] = [
      { kind: "InventoryReserved" },
      { kind: "PaymentAuthorized", amountMinor: TOTAL, currency: "USD" },
      { kind: "PaymentCompleted", totalMinor: TOTAL, currency: "USD" },
    ];
    fc.assert(
      fc.property(fc.nat(2), (n) => {
        const { order, payments } = live(story);
        if (!order) throw new Error("no order");
        const without = order.history.filter(({ version }) => version !== n + 2);
        expect(broken({ order: { ...order, history: without }, payments }, "orders.history")).toHaveLength(1);
        const again = order.history[n + 1]?.cause ?? "";
        const { status, version } = order;
        const twice = [...order.history, { version: version + 1, from: status, to: status, cause: again, rewinds: 0 }];
        expect(broken({ order: { ...order, history: twice }, payments }, "orders.applied-once")).toHaveLength(1);
        const rewound = twice.map((step, i) => ({ ...step, rewinds: i === order.history.length ? 1 : 0 }));
        expect(broken({ order: { ...order, history: rewound }, payments }, "orders.applied-once")).toEqual([]);
        expect(
          broken({ order: { ...order, publishedEvents: order.publishedEvents - 1 }, payments }, "events.published"),
        ).toHaveLength(1);
      }),
    );
  });
});

describe("what an order owes", () => {
  const owing = (
    status: NonNullable<OrderSnapshot["order"]>["status"],
    captured: number,
    refunded: number,
    told = 0,
  ) => {
    const { order } = live([]);
    if (!order) throw new Error("no order");
    return broken(
      {
        order: { ...order, status, refundedMinor: told },
        payments: [{ paymentId: "pay_1", heldMinor: 0, capturedMinor: captured, refundedMinor: refunded }],
      },
      "payments.owed",
    ).length;
  };

  test.each(["pending_payment", "confirmed"] as const)("%s: the money is on its way", (status) => {
    expect(owing(status, 0, 0)).toBe(0);
    expect(owing(status, TOTAL, 0)).toBe(0);
  });

  test.each(["paid", "processing", "shipped", "delivered"] as const)("%s: all of it, but for refunds", (status) => {
    expect(owing(status, TOTAL, 0)).toBe(0);
    expect(owing(status, TOTAL, 300, 300)).toBe(0);
    expect(owing(status, TOTAL - 1, 0)).toBe(1);
    expect(owing(status, TOTAL, 300)).toBe(1);
  });

  test.each(["cancelled", "refunded"] as const)("%s: nothing", (status) => {
    expect(owing(status, 0, 0)).toBe(0);
    expect(owing(status, TOTAL, TOTAL, TOTAL)).toBe(0);
    expect(owing(status, TOTAL, TOTAL - 1, TOTAL)).toBe(1);
  });
});

test("an order costs its lines and the taxes beside them, and its taxes are those of its lines", () => {
  const wrong = (change: Partial<NonNullable<OrderSnapshot["order"]>>) => {
    const { order } = live([]);
    if (!order) throw new Error("no order");
    return broken({ order: { ...order, ...change }, payments: [] }, "orders.total", "orders.taxes");
  };
  expect(wrong({ linesMinor: TOTAL - 80, addedMinor: 80, taxMinor: 80, lineTaxMinor: 80 })).toEqual([]);
  expect(wrong({ linesMinor: TOTAL + 80, addedMinor: -80, taxMinor: 0, lineTaxMinor: 0 })).toEqual([]); // taken off
  expect(wrong({ addedMinor: 80 })).toEqual(["orders.total"]);
  expect(wrong({ taxMinor: 80, lineTaxMinor: 79 })).toEqual(["orders.taxes"]);
});
