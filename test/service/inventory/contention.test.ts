import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { brokenStock, type Inventory, startInventory } from "./inventory-fixture.ts";

const ORDERS = 200;
const PIECES = 50;

describe("200 orders for 50 pieces", () => {
  let shop: Inventory;

  beforeAll(async () => {
    shop = await startInventory();
    await shop.asStaff("inventory.addWarehouse", { warehouseId: "wh_main", name: "Main" });
    await shop.asStaff("inventory.addWarehouse", { warehouseId: "wh_east", name: "East" });
    await shop.asStaff("inventory.adjust", { sku: "rare", warehouseId: "wh_main", delta: 30, reason: "delivery" });
    await shop.asStaff("inventory.adjust", { sku: "rare", warehouseId: "wh_east", delta: 20, reason: "delivery" });
    await shop.asStaff("inventory.adjust", {
      sku: "plenty",
      warehouseId: "wh_main",
      delta: 10_000,
      reason: "delivery",
    });
  });
  afterAll(() => shop.stop());

  test("exactly 50 are reserved and 150 are rejected", async () => {
    const order = (n: number) => ({
      kind: "created" as const,
      orderId: `ord_${n}`,
      lines: [
        { sku: n % 2 ? "rare" : "plenty", quantity: 1 }, // in both orders, so that locks in the order of the request would deadlock
        { sku: n % 2 ? "plenty" : "rare", quantity: 1 },
      ],
    });
    // Transactions of one to five orders, as many at once as there are connections.
    const all = Array.from({ length: ORDERS }, (_, n) => order(n));
    const transactions: Promise<unknown>[] = [];
    for (let size = 1; all.length > 0; size = (size % 5) + 1) transactions.push(shop.apply(...all.splice(0, size)));
    await Promise.all(transactions);

    expect(await shop.states()).toEqual({ reserved: PIECES, rejected: ORDERS - PIECES });
    expect(await shop.stock()).toEqual([
      { sku: "plenty", warehouse_id: "wh_main", on_hand: 10_000, reserved: PIECES },
      { sku: "rare", warehouse_id: "wh_east", on_hand: 20, reserved: 20 },
      { sku: "rare", warehouse_id: "wh_main", on_hand: 30, reserved: 30 },
    ]);
    expect(await brokenStock(shop.db)).toEqual([]);
    const emitted = await shop.db.query<{ event_type: string; n: number }>(
      "SELECT event_type, count(*) AS n FROM outbox WHERE key LIKE 'ord_%' GROUP BY 1 ORDER BY 1",
    );
    expect(emitted).toEqual([
      { event_type: "InventoryRejected", n: ORDERS - PIECES },
      { event_type: "InventoryReserved", n: PIECES },
    ]);
  });

  test("duplicates, cancellations and payments at the same time leave the stock in balance", async () => {
    const reserved = await shop.db.query<{ order_id: string }>(
      "SELECT order_id FROM reservation WHERE state = 'reserved'",
    );
    const transactions = reserved.flatMap(({ order_id: orderId }, n) => [
      shop.apply({ kind: "created", orderId, lines: [{ sku: "rare", quantity: 1 }] }),
      shop.apply(n % 2 ? { kind: "paid", orderId } : { kind: "cancelled", orderId, reason: "too slow" }),
      shop.apply(n % 2 ? { kind: "paid", orderId } : { kind: "cancelled", orderId, reason: "too slow" }),
    ]);
    await Promise.all(transactions);
    expect(await shop.states()).toEqual({ committed: PIECES / 2, released: PIECES / 2, rejected: ORDERS - PIECES });
    expect(await brokenStock(shop.db)).toEqual([]);
    const rare = (await shop.stock()).filter(({ sku }) => sku === "rare");
    expect(rare.reduce((sum, row) => sum + row.on_hand, 0)).toBe(PIECES / 2);
    expect(rare.reduce((sum, row) => sum + row.reserved, 0)).toBe(0);
  });

  test("the database itself refuses to oversell", async () => {
    await expect(shop.db.query("UPDATE stock SET reserved = on_hand + 1 WHERE sku = 'rare'")).rejects.toMatchObject({
      code: "23514",
    });
    await expect(shop.db.query("UPDATE stock SET on_hand = -1, reserved = 0")).rejects.toMatchObject({ code: "23514" });
  });
});
