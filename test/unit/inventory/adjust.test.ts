import { describe, expect, test } from "@jest/globals";
import { adjust } from "#services/logistics/inventory/domain/adjust.ts";
import { Stock } from "#services/logistics/inventory/domain/stock.ts";

const adjustment = (delta: number, warehouseId = "wh_1") => ({ sku: "a", warehouseId, delta, reason: "count" });

describe("adjust", () => {
  const shelves = () =>
    new Stock([
      { sku: "a", warehouseId: "wh_1", onHand: 10, reserved: 4 },
      { sku: "a", warehouseId: "wh_2", onHand: 0, reserved: 0 },
    ]);

  test("takes away all unreserved pieces, and not one more", () => {
    const stock = shelves();
    expect(adjust(stock, [adjustment(-6)])).toBeUndefined();
    expect(stock.row("a", "wh_1")).toMatchObject({ onHand: 4, reserved: 4 });
    expect(adjust(shelves(), [adjustment(-7)])).toMatchObject({
      warehouseId: "wh_1",
      delta: -7,
      onHand: 10,
      reserved: 4,
    });
  });

  test("changes nothing when one of many is refused", () => {
    const stock = shelves();
    expect(adjust(stock, [adjustment(5), adjustment(-1, "wh_2")])).toMatchObject({ warehouseId: "wh_2" });
    expect(stock.changes()).toEqual([]);
  });

  test("checks the sum of a row's adjustments, not their order", () => {
    const stock = shelves();
    expect(adjust(stock, [adjustment(-10), adjustment(10)])).toBeUndefined();
    expect(stock.changes()).toEqual([]);
  });

  test("says whether a sku became sold out or available again", () => {
    const emptied = shelves();
    adjust(emptied, [adjustment(-6)]);
    expect(emptied.changedAvailability()).toHaveLength(1);
    const filled = new Stock([{ sku: "a", warehouseId: "wh_1", onHand: 0, reserved: 0 }]);
    adjust(filled, [adjustment(1)]);
    expect(filled.changedAvailability()).toHaveLength(1);
    const more = shelves();
    adjust(more, [adjustment(1)]);
    expect(more.changedAvailability()).toEqual([]);
  });
});
