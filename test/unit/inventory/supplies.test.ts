import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { allocate } from "#services/logistics/inventory/domain/allocate.ts";
import { Stock } from "#services/logistics/inventory/domain/stock.ts";
import { availableOf, piecesOf } from "#services/logistics/inventory/domain/supplies.ts";

const Sku = fc.constantFrom("A", "B", "C");
const Component = fc.record({ sku: Sku, quantity: fc.integer({ min: 1, max: 4 }) });
const Takes = fc.uniqueArray(Component, { maxLength: 3, selector: ({ sku }) => sku });
const Shelves = fc.dictionary(Sku, fc.integer({ min: 0, max: 20 }));

test("a bundle can be bought exactly as often as it is available", () => {
  fc.assert(
    fc.property(Shelves, Takes, fc.integer({ min: 1, max: 30 }), (onHand, takes, wanted) => {
      const stock = new Stock(
        Object.entries(onHand).map(([sku, pieces]) => ({ sku, warehouseId: "w", onHand: pieces, reserved: 0 })),
      );
      const supplies = new Map([["SET", takes]]);
      const pieces = piecesOf([{ sku: "SET", quantity: wanted }], supplies);
      const canBeBought = allocate(stock, pieces).kind === "all";
      expect(canBeBought).toBe(wanted <= availableOf(stock, "SET", supplies));
    }),
  );
});

test("what is no bundle takes itself", () => {
  const lines = [{ sku: "A", quantity: 2 }];
  expect(piecesOf(lines, new Map([["SET", []]]))).toEqual(lines);
});
