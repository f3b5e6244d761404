import { toMinor } from "#lib/contract/money.ts";
import { sellerLines } from "../domain/sale.ts";
import { soldConsumer } from "../steps/sold-consumer.ts";

/** What is reserved for an order that exists does not expire, and its commission is that of now. */
export const orderCreated = soldConsumer(
  "orders.OrderCreated",
  ({ orderId, customerId, currency, totalAmount, items }) => ({
    kind: "ordered",
    ...{ orderId, customerId, currency },
    totalMinor: toMinor(totalAmount, currency),
    lines: sellerLines(items, currency),
  }),
  { where: { hasOffers: [true] }, canWait: true },
);
