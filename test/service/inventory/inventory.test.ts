import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { demoProducts } from "#config/demo.ts";
import { inventoryLimits } from "#services/logistics/inventory/domain/limits.ts";
import { sweep } from "#services/logistics/inventory/jobs/expire-reservations.ts";
import { eventually } from "#test/support/eventually.ts";
import { brokenStock, type Inventory, startInventory, stockKeeper } from "./inventory-fixture.ts";

describe("inventory", () => {
  let shop: Inventory;

  beforeAll(async () => {
    shop = await startInventory();
    for (const warehouseId of ["wh_main", "wh_east"]) {
      await shop.asStaff("inventory.addWarehouse", { warehouseId, name: warehouseId });
    }
  });
  afterAll(() => shop.stop());

  const guest = () => shop.call({ kind: "anonymous" });
  const fill = (sku: string, delta: number, warehouseId = "wh_main") =>
    shop.asStaff("inventory.adjust", { sku, warehouseId, delta, reason: "delivery" });
  const order = (orderId: string, sku: string, quantity: number) => ({
    kind: "created" as const,
    orderId,
    lines: [{ sku, quantity }],
  });
  const expire = (orderId: string) =>
    shop.db.query("UPDATE reservation SET expires_at = now() - interval '1 minute' WHERE order_id = $1", [orderId]);
  const state = async (orderId: string) =>
    (await shop.db.query<{ state: string }>("SELECT state FROM reservation WHERE order_id = $1", [orderId]))[0]?.state;

  test("shows the available pieces to everybody, and the warehouses to staff", async () => {
    await fill("mug", 5);
    await fill("mug", 3, "wh_east");
    await shop.apply(order("ord_mug", "mug", 2));
    expect(await guest()("inventory.get", { sku: "mug" })).toEqual({ sku: "mug", available: 6 });
    expect(await shop.asStaff("inventory.get", { sku: "mug" })).toEqual({
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
    expect(await shop.asStaff("inventory.available", { skus: ["nothing", "mug"] })).toEqual({
      items: [
        { sku: "nothing", available: 0 },
        { sku: "mug", available: 6 },
      ],
    });
    const tooMany = Array.from({ length: 201 }, (_, n) => `s${n}`).join();
    await expect(guest()("inventory.list", { skus: tooMany })).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  });

  test("adjusts once for an idempotency key, and never below the reserved pieces", async () => {
    await fill("cup", 10);
    await shop.apply(order("ord_cup", "cup", 4));
    const again = shop.call(stockKeeper, "key-1");
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

  test("refuses more pieces than a warehouse can hold", async () => {
    await fill("screw", inventoryLimits.STOCK_PIECES);
    await expect(fill("screw", 1)).rejects.toMatchObject({ type: "LIMIT_REACHED", code: 409 });
  });

  test("adjusts all of many rows or none, also when a row appears twice", async () => {
    const rows = [
      { sku: "many-1", delta: 5, reason: "delivery" },
      { sku: "many-1", delta: 2, reason: "found" },
      { sku: "many-2", warehouseId: "wh_east", delta: 1, reason: "delivery" },
    ];
    expect(await shop.asStaff("inventory.adjustMany", { adjustments: rows })).toEqual({ adjusted: 3 });
    const refused = [...rows, { sku: "many-2", delta: -1, reason: "not in this warehouse" }];
    await expect(shop.asStaff("inventory.adjustMany", { adjustments: refused })).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
    });
    expect((await shop.stock()).filter(({ sku }) => sku.startsWith("many"))).toEqual([
      { sku: "many-1", warehouse_id: "wh_main", on_hand: 7, reserved: 0 },
      { sku: "many-2", warehouse_id: "wh_east", on_hand: 1, reserved: 0 },
    ]);
  });

  test("refuses skus that the catalogue does not have, names their rows and changes nothing", async () => {
    await fill("known", 2);
    const adjustments = ["known", "GHOST-1", "new", "GHOST-2"].map((sku) => ({ sku, delta: 1, reason: "delivery" }));
    await expect(shop.asStaff("inventory.adjustMany", { adjustments })).rejects.toMatchObject({
      type: "UNKNOWN_PRODUCT",
      code: 422,
      data: { errors: [{ path: "/adjustments/1/sku" }, { path: "/adjustments/3/sku" }] },
    });
    const one = { sku: "GHOST", warehouseId: "wh_main", delta: 1, reason: "delivery" };
    await expect(shop.asStaff("inventory.adjust", one)).rejects.toMatchObject({ type: "UNKNOWN_PRODUCT" });
    const rows = (await shop.stock()).filter(({ sku }) => sku === "known" || sku === "new" || sku.startsWith("GHOST"));
    expect(rows).toEqual([{ sku: "known", warehouse_id: "wh_main", on_hand: 2, reserved: 0 }]);
    const asked = shop.asked.length;
    await fill("known", 3);
    expect(shop.asked).toHaveLength(asked); // a sku that has stock exists
  });

  test("takes 5,000 adjustments in one call", async () => {
    const adjustments = Array.from({ length: 5_000 }, (_, n) => ({
      sku: `bulk-${n}`,
      delta: n + 1,
      reason: "delivery",
    }));
    expect(await shop.asStaff("inventory.adjustMany", { adjustments })).toEqual({ adjusted: 5_000 });
    expect(await guest()("inventory.get", { sku: "bulk-4999" })).toEqual({ sku: "bulk-4999", available: 5_000 });
  });

  test("emits each step of an order, and commits a paid one", async () => {
    await fill("lamp", 3);
    await shop.apply(order("ord_paid", "lamp", 2), order("ord_late", "lamp", 2));
    await shop.apply({ kind: "paid", orderId: "ord_paid" });
    expect(await shop.emitted("ord_paid")).toEqual(["InventoryReserved", "InventoryCommitted"]);
    expect(await shop.emitted("ord_late")).toEqual(["InventoryRejected"]);
    expect((await shop.stock()).find(({ sku }) => sku === "lamp")).toMatchObject({ on_hand: 1, reserved: 0 });
    await shop.apply({ kind: "cancelled", orderId: "ord_paid", reason: "returned" });
    expect(await shop.emitted("ord_paid")).toEqual(["InventoryReserved", "InventoryCommitted", "InventoryReleased"]);
    expect((await shop.stock()).find(({ sku }) => sku === "lamp")).toMatchObject({ on_hand: 3, reserved: 0 });
  });

  test("remembers that an order was committed, also one that takes nothing from the stock", async () => {
    const [offers, unpaid] = ["ord_offers_refunded", "ord_offers_unpaid"];
    for (const orderId of [offers, unpaid]) await shop.apply({ kind: "created", orderId, lines: [] });
    await shop.apply({ kind: "paid", orderId: offers });
    for (const orderId of [offers, unpaid]) await shop.apply({ kind: "cancelled", orderId, reason: "refunded" });
    expect(await shop.emitted(offers)).toEqual(["InventoryReserved", "InventoryCommitted", "InventoryReleased"]);
    expect(await shop.emitted(unpaid)).toEqual(["InventoryReserved", "InventoryReleased"]);
    // Verify counts the events of a reservation by this, because there are no movements by which it could.
    const rows = await shop.db.query(
      "SELECT order_id, state, was_committed FROM reservation WHERE order_id = ANY ($1) ORDER BY order_id",
      [[offers, unpaid]],
    );
    expect(rows).toEqual([
      { order_id: offers, state: "released", was_committed: true },
      { order_id: unpaid, state: "released", was_committed: false },
    ]);
  });

  test("a cancellation before the order leaves a tombstone, a payment before the order commits it", async () => {
    await fill("tent", 3);
    await shop.apply(
      { kind: "cancelled", orderId: "ord_tomb", reason: "quick" },
      { kind: "paid", orderId: "ord_early" },
    );
    await shop.apply(order("ord_tomb", "tent", 1), order("ord_early", "tent", 1));
    expect(await state("ord_tomb")).toBe("tombstone");
    expect(await state("ord_early")).toBe("committed");
    expect(await shop.emitted("ord_tomb")).toEqual([]);
    expect((await shop.stock()).find(({ sku }) => sku === "tent")).toMatchObject({ on_hand: 2, reserved: 0 });
  });

  test("releases an expired reservation only when its order is not open any more", async () => {
    await fill("pan", 9);
    const orders = ["ord_cancelled", "ord_unknown", "ord_slow", "ord_bought", "ord_young"];
    await shop.apply(...orders.map((orderId) => order(orderId, "pan", 1)));
    for (const orderId of orders.slice(0, 4)) await expire(orderId);
    shop.statuses.set("ord_cancelled", "cancelled").set("ord_slow", "confirmed").set("ord_bought", "paid");
    await sweep(shop.ctx);
    expect(await Promise.all(orders.map(state))).toEqual(["released", "released", "reserved", "committed", "reserved"]);
    const [slow] = await shop.db.query("SELECT 1 FROM reservation WHERE order_id = 'ord_slow' AND expires_at > now()");
    expect(slow).toBeDefined();
    expect((await shop.stock()).find(({ sku }) => sku === "pan")).toMatchObject({ on_hand: 8, reserved: 2 });
  });

  test("adds a warehouse once and lists warehouses", async () => {
    const made = await shop.asStaff("inventory.addWarehouse", { name: "New" });
    expect(made.warehouseId).toMatch(/^wh_/);
    await expect(shop.asStaff("inventory.addWarehouse", { warehouseId: "wh_main", name: "x" })).rejects.toMatchObject({
      type: "ALREADY_EXISTS",
    });
    const page = await shop.asStaff("inventory.warehouses", { limit: 2 });
    expect(page.pagination).toEqual({ page: 1, limit: 2, total: 3 });
    expect(page.warehouses).toHaveLength(2);
  });

  test("the stock is in balance at the end", async () => {
    expect(await brokenStock(shop.db)).toEqual([]);
  });
});

test("an empty database is filled with the demonstration stock", async () => {
  const shop = await startInventory({ demo: true });
  try {
    const variant = demoProducts[0]?.variants[0];
    const pieces = Object.values(variant?.stock ?? {}).reduce((sum, n) => sum + n, 0);
    const read = () => shop.call({ kind: "anonymous" })("inventory.get", { sku: variant?.sku ?? "" });
    expect(await eventually(read)).toEqual({ sku: variant?.sku, available: pieces });
    expect(await brokenStock(shop.db)).toEqual([]);
  } finally {
    await shop.stop();
  }
});
