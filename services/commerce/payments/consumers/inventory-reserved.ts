import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import { recordReserved } from "../payables.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { startReadyPayments } from "../steps/start-payments.ts";

/** The stock is reserved, so the payment may begin. If the order's own event has not arrived yet, it begins after that. */
export const inventoryReserved = onBatch<"inventory.InventoryReserved", PaymentsDeps>(
  "inventory.InventoryReserved",
  async (ctx, events) => {
    const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
    const payables = await recordReserved(ctx.tx, [...causes.keys()]);
    const operations = await startReadyPayments(ctx.tx, payables, causes);
    if (operations.length > 0) ctx.tx.afterCommit(() => ctx.deps.operations.wake(operations));
  },
);
