import { onBatch } from "#mixins/service/consumers.ts";
import { saveSupplies } from "../supplies.store.ts";

/** Events of one sku come in their order, so the last one says what it takes now. */
export const supplyChanged = onBatch("catalog.SupplyChanged", async (ctx, events) => {
  saveSupplies(ctx.tx, new Map(events.map(({ data }) => [data.sku, data.takes])));
  ctx.tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
});
