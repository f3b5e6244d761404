import { causedBy } from "../../../../mixins/events/outbox.ts";
import { onBatch } from "../../../../mixins/service.ts";
import { apply } from "../apply.ts";

/** Of all changes of status only the payment moves stock: cancellation comes as an event of its own. */
export const orderStatusChanged = onBatch("orders.OrderStatusChanged", async (ctx, events) => {
  const paid = events.filter((event) => event.data.newStatus === "paid");
  if (paid.length === 0) return;
  await apply(
    ctx,
    ctx.tx,
    paid.map((event) => ({ message: { kind: "paid", orderId: event.data.orderId }, cause: causedBy(event) })),
  );
});
