import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { DataTypes } from "sequelize";
import { Type } from "typebox";
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
import { postgresUrl } from "#test/support/servers.ts";
import { broken, keeper } from "./inventory-fixture.ts";

const News = Type.Union([Type.Literal("created"), Type.Literal("cancelled"), Type.Literal("paid")]);
type News = "created" | "cancelled" | "paid";
const heard: { type: string; orderId: string; causationId: string }[] = [];

/** Orders that say what the test tells them to, through a real outbox, and hear what inventory answers. */
const teller = contract("orders", {
  summary: "A stand-in.",
  actions: {
    tell: action({
      summary: "Publishes news of orders in one transaction.",
      params: Exact({ news: Type.Array(Exact({ kind: News, orderId: Type.String(), quantity: Type.Integer() })) }),
      returns: Empty,
      access: internal(),
    }),
  },
  events: orders.events,
});

const hear = (type: "InventoryReserved" | "InventoryRejected" | "InventoryReleased" | "InventoryCommitted") =>
  on(`inventory.${type}`, async (_, event) => {
    heard.push({ type, orderId: event.data.orderId, causationId: event.causationId });
  });

const ordersService = service(teller, {
  database: {
    migrations: join(import.meta.dirname, "none"),
    model: {
      name: "keyvalue",
      define: { key: { type: DataTypes.TEXT, primaryKey: true } },
      options: { timestamps: false },
    },
  },
  actions: {
    tell: transactional((ctx, { news }) =>
      ctx.transaction(async (tx) => {
        for (const { kind, orderId, quantity } of news) {
          const order = { orderId, customerId: "cust_1" };
          const money = { totalAmount: 1, currency: "USD" };
          if (kind === "created") {
            const items = [{ productId: "prod_1", sku: "rare", title: "Rare", quantity, price: 1 }];
            tx.emit(teller.events.OrderCreated, {
              ...order,
              ...money,
              items,
              status: "pending_payment",
              paymentMethodId: "pm_card_visa",
            });
          } else if (kind === "cancelled") {
            tx.emit(teller.events.OrderCancelled, {
              ...order,
              reason: "requested_by_customer",
              refundAmount: 0,
              currency: "USD",
            });
          } else {
            const change = { previousStatus: "confirmed", newStatus: "paid", reason: "payment_captured" } as const;
            tx.emit(teller.events.OrderStatusChanged, { ...order, ...change });
          }
        }
        return {};
      }),
    ),
  },
  consumers: [
    hear("InventoryReserved"),
    hear("InventoryRejected"),
    hear("InventoryReleased"),
    hear("InventoryCommitted"),
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
    broker.createService(ordersService);
    await broker.start();
    const meta = { auth: keeper };
    await broker.call("inventory.addWarehouse", { warehouseId: "wh_main", name: "Main" }, { meta });
    await broker.call(
      "inventory.adjust",
      { sku: "rare", warehouseId: "wh_main", delta: 50, reason: "delivery" },
      { meta },
    );
  });
  afterAll(() => broker.stop());

  const tell = (...news: { kind: News; orderId: string; quantity: number }[]) =>
    broker.call("orders.tell", { news }, { meta: { auth: { kind: "service", service: "test" } } });

  test("answers each order once, through the backbone, in whatever company its news comes", async () => {
    const all = Array.from({ length: 120 }, (_, n) => `ord_${n}`);
    // Each order's whole life is on its way before inventory has seen the first of it.
    for (const orderId of all) {
      const last = Number(orderId.slice(4)) % 2 ? "paid" : "cancelled";
      await tell({ kind: "created", orderId, quantity: 1 }, { kind: last, orderId, quantity: 1 });
    }
    const ended = new Set(["InventoryRejected", "InventoryReleased", "InventoryCommitted"]);
    for (let waited = 0; waited < 800; waited++) {
      if (new Set(heard.filter(({ type }) => ended.has(type)).map(({ orderId }) => orderId)).size === all.length) break;
      await sleep(25);
    }
    const stories = all.map((orderId) =>
      heard
        .filter((event) => event.orderId === orderId)
        .map(({ type }) => type)
        .join(),
    );
    const count = (story: string) => stories.filter((other) => other === story).length;
    expect(count("InventoryReserved,InventoryCommitted")).toBeLessThanOrEqual(50);
    expect(
      count("InventoryReserved,InventoryCommitted") +
        count("InventoryReserved,InventoryReleased") +
        count("InventoryRejected"),
    ).toBe(all.length);
    expect(heard.every(({ causationId }) => causationId.startsWith("evt_"))).toBe(true);
    const { db } = broker.getLocalService("inventory") as unknown as HasDatabase;
    expect(await broken(db)).toEqual([]);
    const [stock] = await db.query<{ on_hand: number; reserved: number }>("SELECT on_hand, reserved FROM stock");
    expect(stock).toEqual({ on_hand: 50 - count("InventoryReserved,InventoryCommitted"), reserved: 0 });
    expect(await db.query("SELECT * FROM dead_letter")).toEqual([]);
  });
});
