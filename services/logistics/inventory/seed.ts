import { demoProducts, demoWarehouses } from "#config/demo.ts";
import { demoSeed } from "#mixins/service/demo-seed.ts";
import { insertWarehouse, isEmpty } from "./inventory.store.ts";
import { adjustAll } from "./steps/adjust-all.ts";

/** The demonstration shop's warehouses and stock. */
export const seedDemo = demoSeed(isEmpty, (ctx) =>
  ctx.transaction(async (tx) => {
    for (const { warehouseId, name } of demoWarehouses) {
      // When several nodes start at once, the first to insert seeds; the others wait here until it has, and stop.
      if (!(await insertWarehouse(tx, warehouseId, name))) return;
    }
    const deliveries = demoProducts
      .flatMap(({ variants }) => variants)
      .flatMap(({ sku, stock }) => Object.entries(stock).map(([warehouseId, delta]) => ({ sku, warehouseId, delta })))
      .map((row) => ({ ...row, reason: "demo" }));
    await adjustAll(ctx, tx, deliveries, { pathOf: () => "", areKnown: true });
  }),
);
