import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { allocate } from "#services/logistics/inventory/domain/allocate.ts";
import { Stock } from "#services/logistics/inventory/domain/stock.ts";

const row = (sku: string, warehouseId: string, onHand: number, reserved = 0) => ({
  sku,
  warehouseId,
  onHand,
  reserved,
});

describe("allocate", () => {
  test("prefers one warehouse for the whole order to the fullest ones", () => {
    const stock = new Stock([row("a", "wh_1", 9), row("a", "wh_2", 2), row("b", "wh_1", 0), row("b", "wh_2", 2)]);
    const order = [
      { sku: "a", quantity: 2 },
      { sku: "b", quantity: 2 },
    ];
    expect(allocate(stock, order)).toEqual({
      kind: "all",
      lines: [
        { sku: "a", quantity: 2, warehouseId: "wh_2" },
        { sku: "b", quantity: 2, warehouseId: "wh_2" },
      ],
    });
  });

  test("splits a line over as few warehouses as possible", () => {
    const stock = new Stock([row("a", "wh_1", 1), row("a", "wh_2", 5, 1), row("a", "wh_3", 3)]);
    expect(allocate(stock, [{ sku: "a", quantity: 6 }])).toEqual({
      kind: "all",
      lines: [
        { sku: "a", quantity: 4, warehouseId: "wh_2" },
        { sku: "a", quantity: 2, warehouseId: "wh_3" },
      ],
    });
  });

  test("adds up lines of the same sku before it decides", () => {
    const stock = new Stock([row("a", "wh_1", 3)]);
    const order = [
      { sku: "a", quantity: 2 },
      { sku: "a", quantity: 2 },
    ];
    expect(allocate(stock, order)).toEqual({ kind: "none", missing: [{ sku: "a", requested: 4, available: 3 }] });
  });

  test("names all missing skus, and allocates nothing", () => {
    const stock = new Stock([row("a", "wh_1", 3)]);
    const order = [
      { sku: "a", quantity: 1 },
      { sku: "b", quantity: 1 },
    ];
    expect(allocate(stock, order)).toEqual({ kind: "none", missing: [{ sku: "b", requested: 1, available: 0 }] });
  });

  test("allocates exactly the requested pieces whenever enough are unreserved", () => {
    const rows = fc.uniqueArray(
      fc.record({
        sku: fc.constantFrom("a", "b", "c"),
        warehouseId: fc.constantFrom("wh_1", "wh_2", "wh_3"),
        reserved: fc.nat(5),
        free: fc.nat(5),
      }),
      { selector: ({ sku, warehouseId }) => `${sku}/${warehouseId}` },
    );
    const order = fc.array(
      fc.record({ sku: fc.constantFrom("a", "b", "c"), quantity: fc.integer({ min: 1, max: 6 }) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(rows, order, (shelves, requested) => {
        const stock = new Stock(shelves.map(({ free, ...shelf }) => ({ ...shelf, onHand: shelf.reserved + free })));
        const sum = (lines: readonly { sku: string; quantity: number }[], sku: string) =>
          lines.reduce((total, line) => (line.sku === sku ? total + line.quantity : total), 0);
        const skus = [...new Set(requested.map(({ sku }) => sku))];
        const enough = skus.every((sku) => sum(requested, sku) <= stock.available(sku));
        const allocation = allocate(stock, requested);
        expect(allocation.kind).toBe(enough ? "all" : "none");
        if (allocation.kind === "none") return;
        for (const sku of skus) expect(sum(allocation.lines, sku)).toBe(sum(requested, sku));
        for (const { sku, warehouseId, quantity } of allocation.lines)
          stock.change(sku, warehouseId, { reserved: quantity });
        const places = allocation.lines.map(({ sku, warehouseId }) => `${sku}/${warehouseId}`);
        expect(new Set(places).size).toBe(places.length);
      }),
    );
  });
});
