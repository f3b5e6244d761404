import { causedBy } from "../../../../mixins/events/outbox.ts";
import { onBatch } from "../../../../mixins/service.ts";
import { apply } from "../apply.ts";

export const orderCancelled = onBatch("orders.OrderCancelled", (ctx, events) =>
  apply(
    ctx,
    ctx.tx,
    events.map((event) => ({
      message: { kind: "cancelled", orderId: event.data.orderId, reason: event.data.reason ?? "cancelled" },
      cause: causedBy(event),
    })),
  ),
);
