import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { adjustManyStocks, adjustStock } from "./actions/adjust-stock.ts";
import { getAvailable, getStock, listStock } from "./actions/read-stock.ts";
import { addWarehouse, listWarehouses } from "./actions/warehouses.ts";
import { orderCancelled } from "./consumers/order-cancelled.ts";
import { orderCreated } from "./consumers/order-created.ts";
import { orderStatusChanged } from "./consumers/order-status-changed.ts";
import { supplyChanged } from "./consumers/supply-changed.ts";
import { inventory } from "./contract.ts";
import { warehouseModel } from "./inventory.models.ts";
import { countExpired } from "./inventory.store.ts";
import { expireReservations } from "./jobs/expire-reservations.ts";
import { seedDemo } from "./seed.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof inventory, Deps>(inventory, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: warehouseModel, keepPlans: true },
  setup: setUp,
  actions: {
    get: getStock,
    list: listStock,
    available: getAvailable,
    adjust: adjustStock,
    adjustMany: adjustManyStocks,
    warehouses: listWarehouses,
    addWarehouse,
  },
  consumers: [orderCreated, orderCancelled, orderStatusChanged, supplyChanged],
  alarms: { expiredReservations: { summary: "Reservations past their expiry", count: countExpired } },
  jobs: [expireReservations],
  ready: seedDemo,
});
