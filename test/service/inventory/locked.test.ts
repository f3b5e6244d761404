import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { limits } from "#config/limits.ts";
import { newId } from "#lib/contract/ids.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { consumerGroup } from "#lib/events/inbox/consumer-group.ts";
import { orderCreated } from "#services/logistics/inventory/consumers/order-created.ts";
import { cause, type Inventory, startInventory } from "./inventory-fixture.ts";

const ANSWER_MS = 3_000; // two seconds, and one more on a busy machine
const FLOW_MS = 5_000; // much shorter than the lock on the other sku lasts

describe("while another transaction keeps a row of stock locked", () => {
  let shop: Inventory;
  let unlock: () => Promise<void>;

  beforeAll(async () => {
    shop = await startInventory();
    await shop.asStaff("inventory.addWarehouse", { warehouseId: "wh_main", name: "Main" });
    for (const sku of ["locked", "free"])
      await shop.asStaff("inventory.adjust", { sku, warehouseId: "wh_main", delta: 1_000, reason: "delivery" });
    const done = Promise.withResolvers<void>();
    const has = Promise.withResolvers<void>();
    const lock = shop.db.consume(cause, async (tx) => {
      await tx.query("SELECT 1 FROM stock WHERE sku = 'locked' FOR UPDATE");
      has.resolve();
      await done.promise;
    });
    await has.promise;
    unlock = async () => {
      done.resolve();
      await lock;
    };
  });
  afterAll(async () => {
    await unlock();
    await shop.stop();
  });

  test("all clients of that row are refused within two seconds, and others are served as usual", async () => {
    const adjust = (sku: string) =>
      shop.asStaff("inventory.adjust", { sku, warehouseId: "wh_main", delta: 1, reason: "count" });
    const began = performance.now();
    const answers = Array.from({ length: limits.POOL_CONNECTIONS * 3 }, () =>
      adjust("locked").then(
        () => ({ outage: false, ms: 0 }),
        (error: unknown) => ({ outage: isOutage(error), ms: performance.now() - began }),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 100)); // now they hold all the connections that they can get
    const asked = performance.now();
    await shop.asStaff("inventory.available", { skus: ["free"] });
    expect(performance.now() - asked).toBeLessThan(limits.LOCK_TIMEOUT_MS);
    for (const { outage, ms } of await Promise.all(answers)) {
      expect(outage).toBe(true);
      expect(ms).toBeLessThan(ANSWER_MS);
    }
    await adjust("free");
  });

  test("orders of other skus are reserved at once, and orders of the locked sku as soon as it is unlocked", async () => {
    const group = await consumerGroup({
      name: "inventory",
      consumers: [orderCreated],
      db: shop.db,
      context: { ...shop.ctx, log: { warn: () => {}, error: () => {} } as unknown as typeof shop.ctx.log },
      count: () => {},
    });
    const settled = (sku: string) => new Promise<void>((settle) => group.queue.push({ event: ordered(sku), settle }));
    const waiting = Array.from({ length: 10 }, () => settled("locked"));
    for (let n = 0; n < 3; n++) {
      const began = performance.now();
      await Promise.all(Array.from({ length: 10 }, () => settled("free")));
      expect(performance.now() - began).toBeLessThan(FLOW_MS);
    }
    expect(await shop.states()).toEqual({ reserved: 30 });
    await unlock();
    await Promise.all(waiting);
    expect(await shop.states()).toEqual({ reserved: 40 });
    expect(await shop.db.query("SELECT 1 FROM dead_letter")).toEqual([]);
    await group.queue.stop();
  });
});

function ordered(sku: string): EventEnvelope {
  const orderId = newId("order");
  return {
    eventId: newId("event"),
    eventType: "OrderCreated",
    timestamp: new Date().toISOString(),
    version: "1.0",
    data: {
      orderId,
      customerId: newId("customer"),
      items: [{ productId: newId("product"), sku, title: "A thing", quantity: 1, price: 1 }],
      totalAmount: 1,
      currency: "USD",
      status: "pending_payment",
      paymentMethodId: "pm_card_visa",
    },
    topic: "orders.events",
    key: orderId,
    sequence: 1,
    producer: "test",
    ...cause,
  };
}
