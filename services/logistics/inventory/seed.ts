import { demoProducts, demoWarehouses } from "#config/demo.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { adjustAll } from "./actions/adjust-stock.ts";
import { insertWarehouse, isEmpty } from "./inventory.store.ts";

/** Fills an empty database with the demonstration shop's warehouses and stock. */
export async function seedDemo(ctx: ServiceContext & Transactions): Promise<void> {
  if (ctx.env.production || ctx.env.SEED_DEMO === "off" || !(await isEmpty(ctx.db))) return;
  await ctx.transaction(async (tx) => {
    for (const { warehouseId, name } of demoWarehouses) {
      // Many nodes start at once: who inserts first seeds, the others wait for it here and leave.
      if (!(await insertWarehouse(tx, warehouseId, name))) return;
    }
    const delivered = demoProducts
      .flatMap(({ variants }) => variants)
      .flatMap(({ sku, stock }) => Object.entries(stock).map(([warehouseId, delta]) => ({ sku, warehouseId, delta })))
      .map((row) => ({ ...row, reason: "demo" }));
    await adjustAll(ctx, tx, delivered, () => "/stock");
  });
}
