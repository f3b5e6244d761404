import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { demoProducts } from "#config/demo.ts";
import { sweep } from "#services/logistics/inventory/jobs/expire-reservations.ts";
import { broken, type Inventory, keeper, startInventory } from "./inventory-fixture.ts";

describe("inventory", () => {
  let shop: Inventory;

  beforeAll(async () => {
    shop = await startInventory();
    for (const warehouseId of ["wh_main", "wh_east"]) {
      await shop.asKeeper("inventory.addWarehouse", { warehouseId, name: warehouseId });
    }
  });
  afterAll(() => shop.stop());

  const guest = () => shop.call({ kind: "anonymous" });
  const fill = (sku: string, delta: number, warehouseId = "wh_main") =>
    shop.asKeeper("inventory.adjust", { sku, warehouseId, delta, reason: "delivery" });
  const order = (orderId: string, sku: string, quantity: number) => ({
    kind: "created" as const,
    orderId,
    lines: [{ sku, quantity }],
  });
  const expire = (orderId: string) =>
    shop.db.query("UPDATE reservation SET expires_at = now() - interval '1 minute' WHERE order_id = $1", [orderId]);
  const state = async (orderId: string) =>
    (await shop.db.query<{ state: string }>("SELECT state FROM reservation WHERE order_id = $1", [orderId]))[0]?.state;

  test("shows what can be bought; staff see where it is", async () => {
    await fill("mug", 5);
    await fill("mug", 3, "wh_east");
    await shop.hear(order("ord_mug", "mug", 2));
    expect(await guest()("inventory.get", { sku: "mug" })).toEqual({ sku: "mug", available: 6 });
    expect(await shop.asKeeper("inventory.get", { sku: "mug" })).toEqual({
      sku: "mug",
      available: 6,
      warehouses: [
        { warehouseId: "wh_east", onHand: 3, reserved: 0, available: 3 },
        { warehouseId: "wh_main", onHand: 5, reserved: 2, available: 3 },
      ],
    });
    await expect(guest()("inventory.get", { sku: "nothing" })).rejects.toMatchObject({ type: "NOT_FOUND" });
    expect(await guest()("inventory.list", { skus: "mug,nothing,mug" })).toEqual({
      items: [{ sku: "mug", available: 6 }],
    });
    expect(await shop.asKeeper("inventory.available", { skus: ["nothing", "mug"] })).toEqual({
      items: [
        { sku: "nothing", available: 0 },
        { sku: "mug", available: 6 },
      ],
    });
    const tooMany = Array.from({ length: 201 }, (_, n) => `s${n}`).join();
    await expect(guest()("inventory.list", { skus: tooMany })).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  });

  test("adjusts, once for a key, never below what is reserved", async () => {
    await fill("cup", 10);
    await shop.hear(order("ord_cup", "cup", 4));
    const again = shop.call(keeper, "key-1");
    const loss = { sku: "cup", warehouseId: "wh_main", delta: -5, reason: "broken" };
    expect(await again("inventory.adjust", loss)).toEqual({
      sku: "cup",
      warehouseId: "wh_main",
      onHand: 5,
      available: 1,
    });
    expect(await again("inventory.adjust", loss)).toEqual({
      sku: "cup",
      warehouseId: "wh_main",
      onHand: 5,
      available: 1,
    });
    await expect(fill("cup", -2)).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
      data: { sku: "cup", warehouseId: "wh_main", onHand: 5, reserved: 4, available: 1, delta: -2 },
    });
    await expect(fill("cup", 1, "wh_nowhere")).rejects.toMatchObject({
      type: "VALIDATION_FAILED",
      data: { errors: [{ path: "/warehouseId" }] },
    });
    await expect(guest()("inventory.adjust", loss)).rejects.toMatchObject({ type: "UNAUTHENTICATED" });
    const events = await shop.db.query<{ data: { available: number } }>(
      "SELECT data FROM outbox WHERE key = 'cup' AND event_type = 'StockAdjusted' ORDER BY sequence",
    );
    expect(events.map(({ data }) => data.available)).toEqual([10, 1]);
  });

  test("adjusts many rows, all or none, the same row twice included", async () => {
    const rows = [
      { sku: "many-1", delta: 5, reason: "delivery" },
      { sku: "many-1", delta: 2, reason: "found" },
      { sku: "many-2", warehouseId: "wh_east", delta: 1, reason: "delivery" },
    ];
    expect(await shop.asKeeper("inventory.adjustMany", { adjustments: rows })).toEqual({ adjusted: 3 });
    const spoilt = [...rows, { sku: "many-2", delta: -1, reason: "not in this warehouse" }];
    await expect(shop.asKeeper("inventory.adjustMany", { adjustments: spoilt })).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
    });
    expect((await shop.stock()).filter(({ sku }) => sku.startsWith("many"))).toEqual([
      { sku: "many-1", warehouse_id: "wh_main", on_hand: 7, reserved: 0 },
      { sku: "many-2", warehouse_id: "wh_east", on_hand: 1, reserved: 0 },
    ]);
  });

  test("5,000 adjustments are one call", async () => {
    const adjustments = Array.from({ length: 5_000 }, (_, n) => ({
      sku: `bulk-${n}`,
      delta: n + 1,
      reason: "delivery",
    }));
    expect(await shop.asKeeper("inventory.adjustMany", { adjustments })).toEqual({ adjusted: 5_000 });
    expect(await guest()("inventory.get", { sku: "bulk-4999" })).toEqual({ sku: "bulk-4999", available: 5_000 });
  });

  test("tells each order's story and commits what is paid", async () => {
    await fill("lamp", 3);
    await shop.hear(order("ord_paid", "lamp", 2), order("ord_late", "lamp", 2));
    await shop.hear({ kind: "paid", orderId: "ord_paid" });
    expect(await shop.told("ord_paid")).toEqual(["InventoryReserved", "InventoryCommitted"]);
    expect(await shop.told("ord_late")).toEqual(["InventoryRejected"]);
    expect((await shop.stock()).find(({ sku }) => sku === "lamp")).toMatchObject({ on_hand: 1, reserved: 0 });
    await shop.hear({ kind: "cancelled", orderId: "ord_paid", reason: "returned" });
    expect(await shop.told("ord_paid")).toEqual(["InventoryReserved", "InventoryCommitted", "InventoryReleased"]);
    expect((await shop.stock()).find(({ sku }) => sku === "lamp")).toMatchObject({ on_hand: 3, reserved: 0 });
  });

  test("a cancel that comes first leaves a tombstone, a payment that comes first commits", async () => {
    await fill("tent", 3);
    await shop.hear(
      { kind: "cancelled", orderId: "ord_tomb", reason: "quick" },
      { kind: "paid", orderId: "ord_early" },
    );
    await shop.hear(order("ord_tomb", "tent", 1), order("ord_early", "tent", 1));
    expect(await state("ord_tomb")).toBe("tombstone");
    expect(await state("ord_early")).toBe("committed");
    expect(await shop.told("ord_tomb")).toEqual([]);
    expect((await shop.stock()).find(({ sku }) => sku === "tent")).toMatchObject({ on_hand: 2, reserved: 0 });
  });

  test("an expired reservation is given up only where its order is dead", async () => {
    await fill("pan", 9);
    const orders = ["ord_dead", "ord_gone", "ord_slow", "ord_sold", "ord_young"];
    await shop.hear(...orders.map((orderId) => order(orderId, "pan", 1)));
    for (const orderId of orders.slice(0, 4)) await expire(orderId);
    shop.statuses.set("ord_dead", "cancelled").set("ord_slow", "confirmed").set("ord_sold", "paid");
    await sweep(shop.ctx);
    expect(await Promise.all(orders.map(state))).toEqual(["released", "released", "reserved", "committed", "reserved"]);
    const [slow] = await shop.db.query("SELECT 1 FROM reservation WHERE order_id = 'ord_slow' AND expires_at > now()");
    expect(slow).toBeDefined();
    expect((await shop.stock()).find(({ sku }) => sku === "pan")).toMatchObject({ on_hand: 8, reserved: 2 });
  });

  test("opens warehouses once and lists them", async () => {
    const made = await shop.asKeeper("inventory.addWarehouse", { name: "New" });
    expect(made.warehouseId).toMatch(/^wh_/);
    await expect(shop.asKeeper("inventory.addWarehouse", { warehouseId: "wh_main", name: "x" })).rejects.toMatchObject({
      type: "ALREADY_EXISTS",
    });
    const page = await shop.asKeeper("inventory.warehouses", { limit: 2 });
    expect(page.pagination).toEqual({ page: 1, limit: 2, total: 3 });
    expect(page.warehouses).toHaveLength(2);
  });

  test("the books balance at the end", async () => {
    expect(await broken(shop.db)).toEqual([]);
  });
});

test("an empty database gets the demonstration stock", async () => {
  const shop = await startInventory({ demo: true });
  try {
    const variant = demoProducts[0]?.variants[0];
    const pieces = Object.values(variant?.stock ?? {}).reduce((sum, n) => sum + n, 0);
    const read = () => shop.call({ kind: "anonymous" })("inventory.get", { sku: variant?.sku ?? "" });
    let found = await read().catch(() => undefined);
    for (let tries = 0; !found && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      found = await read().catch(() => undefined);
    }
    expect(found).toEqual({ sku: variant?.sku, available: pieces });
    expect(await broken(shop.db)).toEqual([]);
  } finally {
    await shop.stop();
  }
});
