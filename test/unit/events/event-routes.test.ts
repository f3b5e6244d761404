import { expect, test } from "@jest/globals";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { EventRoutes, fulfils } from "#lib/events/inbox/event-routes.ts";
import { batchConsumer } from "#mixins/service/consumers.ts";
import "#services/commerce/orders/contract.ts"; // loaded for its events

const event = (eventType: string, data: object) =>
  ({ topic: "orders.events", key: "ord_1", eventType, data }) as unknown as EventEnvelope;

test("a condition on one type of events leaves those of other types that the same function applies", async () => {
  const applied: string[] = [];
  const consumer = batchConsumer<string>(async (_, items) => {
    applied.push(...items.map(({ intent }) => intent));
  });
  const routes = new EventRoutes([
    consumer("orders.OrderStatusChanged", ({ newStatus }) => newStatus, { where: { newStatus: ["paid"] } }),
    consumer("orders.OrderCancelled", () => "cancelled", {}),
  ]);
  const events = [
    event("OrderStatusChanged", { newStatus: "paid" }),
    event("OrderStatusChanged", { newStatus: "cancelled" }),
    event("OrderCancelled", {}),
  ];
  await routes.apply({} as never, events);
  expect(applied).toEqual(["paid", "cancelled"]);
  await routes.apply({} as never, events.toReversed());
  expect(applied.slice(2)).toEqual(["cancelled", "paid"]);
});

test.each([
  [{ a: ["x"] }, [true, false, false]],
  [{ a: [null] }, [false, false, true]],
  [{ a: { not: ["x"] } }, [false, true, true]],
  [{ a: { not: [null, "y"] } }, [true, false, false]],
])("of x, y and an absent field %j is fulfilled by %j", (condition, expected) => {
  expect([{ a: "x" }, { a: "y" }, {}].map((data) => fulfils(data, condition))).toEqual(expected);
});
