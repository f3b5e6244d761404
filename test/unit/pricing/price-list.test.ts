import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isDomainError } from "#lib/contract/errors.ts";
import { parsePrices, priceEvents } from "#services/product/pricing/domain/price-list.ts";

const sku = fc.constantFrom("A", "B", "C", "D E", "1");
const row = fc.record(
  { sku, currency: fc.constantFrom("USD", "JPY"), amount: fc.integer({ min: 0, max: 1_000_000 }) },
  { requiredKeys: ["sku", "amount"] },
);

describe("the prices of a request", () => {
  test("are one for each sku and currency: the last one", () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const parsed = parsePrices(rows, "USD");
        const keys = parsed.map((price) => `${price.sku}/${price.currency}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const price of parsed) {
          const last = rows.findLast((one) => one.sku === price.sku && (one.currency ?? "USD") === price.currency);
          expect(price.amountMinor).toBe((last?.amount ?? -1) * (price.currency === "USD" ? 100 : 1));
        }
        for (const one of rows) expect(keys).toContain(`${one.sku}/${one.currency ?? "USD"}`);
      }),
    );
  });

  test("are refused with the path of each invalid row", () => {
    const rows = [
      { sku: "A", amount: 1 },
      { sku: "B", amount: 1.005 },
      { sku: "C", amount: 1, currency: "XXY" },
      { sku: "D", amount: 1.5, currency: "JPY" },
    ];
    try {
      parsePrices(rows, "USD");
      throw new Error("not refused");
    } catch (error) {
      expect(isDomainError(error, "VALIDATION_FAILED")).toBe(true);
      const { errors } = (error as { data: { errors: { path: string }[] } }).data;
      expect(errors.map(({ path }) => path)).toEqual(["/prices/1/amount", "/prices/2/currency", "/prices/3/amount"]);
    }
  });
});

describe("price events", () => {
  const changed = fc.array(
    fc.record({
      sku: fc.string({ minLength: 1, maxLength: 3 }),
      currency: fc.constant("USD"),
      amountMinor: fc.nat(),
      previousMinor: fc.option(fc.nat()),
    }),
  );

  test("carry each change once, in order within a sku, in small events of one shard", () => {
    fc.assert(
      fc.property(
        changed,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (prices, shards, perEvent) => {
          const shardOf = (one: string) => String(one.charCodeAt(0) % shards);
          const events = priceEvents(prices, shardOf, perEvent);
          for (const { shard, prices: carried } of events) {
            expect(carried.length).toBeGreaterThan(0);
            expect(carried.length).toBeLessThanOrEqual(perEvent);
            for (const one of carried) expect(shardOf(one.sku)).toBe(shard);
          }
          const carried = events.flatMap((event) => event.prices);
          expect(carried).toHaveLength(prices.length);
          for (const one of new Set(prices.map((price) => price.sku))) {
            expect(carried.filter((price) => price.sku === one)).toEqual(
              prices
                .filter((price) => price.sku === one)
                .map(({ amountMinor, previousMinor }) => ({
                  sku: one,
                  currency: "USD",
                  amount: amountMinor / 100,
                  previousAmount: previousMinor === null ? null : previousMinor / 100,
                })),
            );
          }
        },
      ),
    );
  });
});
