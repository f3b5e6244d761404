import { causedBy } from "../../../../mixins/events/outbox.ts";
import { onBatch } from "../../../../mixins/service.ts";
import { apply } from "../apply.ts";

export const orderCreated = onBatch("orders.OrderCreated", (ctx, events) =>
  apply(
    ctx,
    ctx.tx,
    events.map((event) => ({
      message: { kind: "created", orderId: event.data.orderId, lines: event.data.items },
      cause: causedBy(event),
    })),
  ),
);
