import { soldConsumer } from "../steps/sold-consumer.ts";

export const orderCancelled = soldConsumer("orders.OrderCancelled", ({ orderId }) => ({ kind: "cancelled", orderId }));
