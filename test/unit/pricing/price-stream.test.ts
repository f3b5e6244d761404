import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { linesOf, PartReader, type StreamedPrice } from "#services/product/pricing/domain/price-stream.ts";

const NOW_MS = Date.parse("2026-06-01T00:00:00.000Z");
const CLOCK = { nowMs: NOW_MS, aheadMs: 60_000 };

interface Line {
  sku: string;
  currency: string;
  amount: number;
  at?: string;
}

interface Stored {
  minor: number;
  at: number;
}

/** The rule, for one line after another: an older price changes nothing, and one without a time is made when it arrives. */
function storeLine(stored: Map<string, Stored>, { sku, currency, amount, at }: Line): void {
  const key = `${currency} ${sku}`;
  const before = stored.get(key);
  const minor = Math.round(amount * 100);
  if (at === undefined) {
    if (before?.minor !== minor) stored.set(key, { minor, at: NOW_MS });
    return;
  }
  const made = Date.parse(at);
  if (!before || made >= before.at) stored.set(key, { minor, at: made });
}

/** What the store makes of a price that stands for all lines of a part; see `storeNewer`. */
function storePrice(stored: Map<string, Stored>, key: string, { amountMinor, at, overrides }: StreamedPrice): void {
  const before = stored.get(key);
  if (before && !overrides && (at ?? NOW_MS) < before.at) return;
  if (before && at === null && before.minor === amountMinor) return;
  stored.set(key, { minor: amountMinor, at: at ?? NOW_MS });
}

function read(lines: readonly string[], before = 0, shown = 100) {
  const reader = new PartReader(CLOCK, "USD", before, shown);
  for (const line of lines) reader.read(line);
  return reader;
}

function storeParts(parts: readonly (readonly Line[])[]): Record<string, number> {
  const stored = new Map<string, Stored>();
  for (const part of parts) {
    const { prices } = read(part.map((line) => JSON.stringify(line)));
    for (const price of prices) storePrice(stored, `${price.currency} ${price.sku}`, price);
  }
  return amountsOf(stored);
}

function storeAll(lines: readonly Line[]): Record<string, number> {
  const stored = new Map<string, Stored>();
  for (const line of lines) storeLine(stored, line);
  return amountsOf(stored);
}

const amountsOf = (stored: ReadonlyMap<string, Stored>) =>
  Object.fromEntries([...stored].map(([key, { minor }]) => [key, minor]).toSorted());

const ago = fc.integer({ min: 0, max: 50 }).map((ms) => new Date(NOW_MS - ms).toISOString());
const price = { sku: fc.constantFrom("A", "B", "C"), currency: fc.constantFrom("USD", "EUR") };
const cents = fc.integer({ min: 0, max: 300 }).map((minor) => minor / 100);
const anyLine = fc.record({ ...price, amount: cents, at: ago }, { requiredKeys: ["sku", "currency", "amount"] });

/** Cuts a list after these positions. */
function cut<T>(list: readonly T[], positions: readonly number[]): T[][] {
  const ends = [...new Set(positions.map((at) => at % (list.length + 1))), list.length].sort((a, b) => a - b);
  return ends.map((end, index) => list.slice(ends[index - 1] ?? 0, end));
}

test("a part gives what its lines give one after the other, wherever the parts of a stream end", () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 5 }), (lines, positions) => {
      expect(storeParts(cut(lines, positions))).toEqual(storeAll(lines));
    }),
  );
});

test("lines that say when they were made give the same prices in any order, also when some come twice", () => {
  const dated = fc.record({ ...price, amount: cents, at: ago });
  const distinct = fc.uniqueArray(dated, {
    maxLength: 20,
    selector: ({ sku, currency, at }) => `${sku}${currency}${at}`,
  });
  const deliveries = distinct.chain((lines) =>
    fc.tuple(
      fc.constant(lines),
      fc.shuffledSubarray(lines, { minLength: lines.length }),
      fc.subarray(lines),
      fc.array(fc.nat(), { maxLength: 5 }),
    ),
  );
  fc.assert(
    fc.property(deliveries, ([lines, shuffled, again, positions]) => {
      expect(storeParts(cut([...shuffled, ...again], positions))).toEqual(storeAll(lines));
    }),
  );
});

test("what cannot be stored is rejected with its line, and the other lines are kept", () => {
  const lines = [
    '{"sku":"A","amount":1}',
    "",
    "{broken",
    '{"sku":"A","amount":-1}\r',
    '{"sku":"A","amount":1.005}',
    '{"sku":"A","amount":1,"currency":"XXY"}',
    '{"sku":"A","amount":1,"note":"x"}',
    "[]",
    '{"sku":"A","amount":1,"at":"yesterday"}',
    '{"sku":"A","amount":1,"at":"2026-13-01T00:00:00Z"}',
    `{"sku":"A","amount":1,"at":"${new Date(NOW_MS + 60_001).toISOString()}"}`,
    `{"sku":"B","amount":2,"at":"${new Date(NOW_MS + 60_000).toISOString()}"}`,
  ];
  const reader = read(lines, 100);
  expect(reader.rejected.map(({ line }) => line)).toEqual([103, 104, 105, 106, 107, 108, 109, 110, 111]);
  expect(reader.rejected.map(({ message }) => message)).toEqual([
    "is not JSON",
    expect.stringContaining("amount must be a number from 0"),
    expect.stringContaining("at most 2 decimal digits"),
    expect.stringContaining("ISO 4217"),
    expect.stringContaining("note"),
    expect.any(String),
    expect.stringContaining("ISO 8601"),
    "at must be a moment that exists",
    "at must not be in the future",
  ]);
  expect(reader.prices.map((price) => [price.sku, price.amountMinor, linesOf(price)])).toEqual([
    ["A", 100, [101]],
    ["B", 200, [112]],
  ]);
  expect(reader.lines).toBe(112);
});

test("of rejected lines only the first are kept, and all are counted", () => {
  const { rejected, rejectedTotal } = read(["1", "2", "3"], 0, 2);
  expect(rejected.map(({ line }) => line)).toEqual([1, 2]);
  expect(rejectedTotal).toBe(3);
});

test("a message gives its time to lines that have none", () => {
  const reader = new PartReader({ ...CLOCK, defaultAt: NOW_MS - 5 }, "USD", 0, 1);
  reader.read('{"sku":"A","amount":1}');
  expect(reader.prices).toMatchObject([{ at: NOW_MS - 5, overrides: false }]);
});
