import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { DataTypes } from "sequelize";
import { type Static, Type } from "typebox";
import { parseEnv } from "#config/env.ts";
import { internal } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact } from "#lib/contract/contract.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import { on } from "#mixins/service/consumers.ts";
import { transactional } from "#mixins/service/context.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { service } from "#mixins/service/service.ts";
import { orders } from "#services/commerce/orders/contract.ts";
import inventoryService from "#services/logistics/inventory/inventory.service.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { readUntil } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { stubCatalogue } from "#test/support/stub-service.ts";
import { brokenStock, stockKeeper } from "./inventory-fixture.ts";

const WITHIN_MS = 20_000;

const Kind = Type.Enum(["created", "cancelled", "paid"]);
type Kind = Static<typeof Kind>;
const received: { type: string; orderId: string; causationId: string }[] = [];

/** A stub of orders that emits the events of the test through a real outbox, and records the answers of inventory. */
const stub = contract("orders", {
  summary: "A stub.",
  actions: {
    emit: action({
      summary: "Emits events about orders in one transaction.",
      params: Exact({ changes: Type.Array(Exact({ kind: Kind, orderId: Type.String(), quantity: Type.Integer() })) }),
      returns: Empty,
      access: internal(),
    }),
  },
  events: orders.events,
});

const record = (type: "InventoryReserved" | "InventoryRejected" | "InventoryReleased" | "InventoryCommitted") =>
  on(`inventory.${type}`, async (_, event) => {
    received.push({ type, orderId: event.data.orderId, causationId: event.causationId });
  });

const ordersService = service(stub, {
  database: {
    migrations: join(import.meta.dirname, "none"),
    model: {
      name: "keyvalue",
      define: { key: { type: DataTypes.TEXT, primaryKey: true } },
      options: { timestamps: false },
    },
  },
  actions: {
    emit: transactional((ctx, { changes }) =>
      ctx.transaction(async (tx) => {
        for (const { kind, orderId, quantity } of changes) {
          const order = { orderId, customerId: "cust_1" };
          const money = { totalAmount: 1, currency: "USD" };
          if (kind === "created") {
            const items = [{ productId: "prod_1", sku: "rare", title: "Rare", quantity, price: 1 }];
            tx.emit(stub.events.OrderCreated, {
              ...order,
              ...money,
              items,
              status: "pending_payment",
              paymentMethodId: "pm_card_visa",
            });
          } else if (kind === "cancelled") {
            tx.emit(stub.events.OrderCancelled, {
              ...order,
              reason: "requested_by_customer",
              refundAmount: 0,
              currency: "USD",
            });
          } else {
            const change = { previousStatus: "confirmed", newStatus: "paid", reason: "payment_captured" } as const;
            tx.emit(stub.events.OrderStatusChanged, { ...order, ...change });
          }
        }
        return {};
      }),
    ),
  },
  consumers: [
    record("InventoryReserved"),
    record("InventoryRejected"),
    record("InventoryReleased"),
    record("InventoryCommitted"),
  ],
});

describe("inventory in the saga", () => {
  let broker: ServiceBroker;
  beforeAll(async () => {
    const env = parseEnv({
      DATABASE_URL: postgresUrl(),
      INVENTORY_DATABASE_URL: await freshDatabase("inventory"),
      ORDERS_DATABASE_URL: await freshDatabase("orders"),
      SEED_DEMO: "off",
      LOG_LEVEL: "error",
    });
    broker = new ServiceBroker({ ...brokerOptions(env), nodeID: `saga-test-${process.pid}` });
    broker.createService(inventoryService);
    broker.createService(stubCatalogue().service);
    broker.createService(ordersService);
    await broker.start();
    const meta = { auth: stockKeeper };
    await broker.call("inventory.addWarehouse", { warehouseId: "wh_main", name: "Main" }, { meta });
    await broker.call(
      "inventory.adjust",
      { sku: "rare", warehouseId: "wh_main", delta: 50, reason: "delivery" },
      { meta },
    );
  });
  afterAll(() => broker.stop());

  const emit = (...changes: { kind: Kind; orderId: string; quantity: number }[]) =>
    broker.call("orders.emit", { changes }, { meta: { auth: { kind: "service", service: "test" } } });

  test("answers each order once, however its events are batched", async () => {
    const all = Array.from({ length: 120 }, (_, n) => `ord_${n}`);
    // All events of an order are committed before inventory has received the first of them.
    for (const orderId of all) {
      const last = Number(orderId.slice(4)) % 2 ? "paid" : "cancelled";
      await emit({ kind: "created", orderId, quantity: 1 }, { kind: last, orderId, quantity: 1 });
    }
    const ended = new Set(["InventoryRejected", "InventoryReleased", "InventoryCommitted"]);
    const endedOrders = () => new Set(received.filter(({ type }) => ended.has(type)).map(({ orderId }) => orderId));
    await readUntil(
      async () => endedOrders().size,
      (size) => size === all.length,
      WITHIN_MS,
    );
    const histories = all.map((orderId) =>
      received
        .filter((event) => event.orderId === orderId)
        .map(({ type }) => type)
        .join(),
    );
    const count = (history: string) => histories.filter((other) => other === history).length;
    expect(count("InventoryReserved,InventoryCommitted")).toBeLessThanOrEqual(50);
    expect(
      count("InventoryReserved,InventoryCommitted") +
        count("InventoryReserved,InventoryReleased") +
        count("InventoryRejected"),
    ).toBe(all.length);
    expect(received.every(({ causationId }) => causationId.startsWith("evt_"))).toBe(true);
    const { db } = broker.getLocalService("inventory") as unknown as HasDatabase;
    expect(await brokenStock(db)).toEqual([]);
    const [stock] = await db.query<{ on_hand: number; reserved: number }>("SELECT on_hand, reserved FROM stock");
    expect(stock).toEqual({ on_hand: 50 - count("InventoryReserved,InventoryCommitted"), reserved: 0 });
    expect(await db.query("SELECT * FROM dead_letter")).toEqual([]);
  });
});
