import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import type { PaymentsDeps } from "../deps.ts";
import { startDue } from "../operations/start.ts";
import { seeReserved } from "../payable.store.ts";

/** The stock is there, so the money may be asked for; where the order has not been heard of, as soon as it is. */
export const inventoryReserved = onBatch<"inventory.InventoryReserved", PaymentsDeps>(
  "inventory.InventoryReserved",
  async (ctx, events) => {
    const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
    const payables = await seeReserved(ctx.tx, [...causes.keys()]);
    const operations = await startDue(ctx.tx, payables, causes);
    if (operations.length > 0) ctx.tx.afterCommit(() => ctx.deps.operations.take(operations));
  },
);
