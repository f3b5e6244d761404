import { expect, test } from "@jest/globals";
import type { SoldLine } from "#tools/replay/lines.ts";
import { type Plan, SalesBook } from "#tools/replay/plan.ts";
import { withPriceLists } from "#tools/replay/price-lists.ts";
import { withPromotions, wrongDiscounts } from "#tools/replay/promotions.ts";
import { withSellers } from "#tools/replay/sellers.ts";

function sold(changes: Partial<SoldLine> = {}): { sold: SoldLine } {
  const line = {
    invoice: "1",
    code: "10002",
    title: "PLANE",
    quantity: 1,
    priceMinor: 85,
    customer: "7",
    country: "EIRE",
  };
  return { sold: { ...line, at: "2010-12-01T08:00:00Z", ...changes } };
}

function plan(lines: Parameters<SalesBook["add"]>[0][], count?: number): Plan {
  const book = new SalesBook();
  for (const line of lines) book.add(line);
  return book.plan({ count });
}

/** Minute `m` of the same day. */
const minute = (m: number): string => `2010-12-01T09:${String(m).padStart(2, "0")}:00Z`;

test("takes invoices in time order, in the file's order within a minute", () => {
  const lines = ["4", "3", "2", "1"].map((invoice) => sold({ invoice, at: minute(invoice === "4" ? 9 : 1) }));
  expect(plan(lines).orders.map(({ key }) => key)).toEqual(["3", "2", "1", "4"]);
  expect(plan(lines, 2).orders.map(({ key }) => key)).toEqual(["3", "2"]);
});

test("an invoice is as old as its oldest line, wherever its lines stand", () => {
  const lines = [
    sold({ invoice: "1", at: minute(5) }),
    sold({ invoice: "2", at: minute(3), priceMinor: 10 }),
    sold({ invoice: "1", at: minute(2) }),
  ];
  expect(plan(lines, 1)).toMatchObject({ lines: 2, revenueMinor: 170, orders: [{ key: "1" }] });
});

test("products are upper-case codes, variants are their prices, all of the file's", () => {
  const lines = [
    sold({ title: "" }),
    sold({ title: "PLANE", priceMinor: 95 }),
    sold({ invoice: "2", at: minute(1), title: "AEROPLANE", priceMinor: 85 }),
    sold({ invoice: "3", at: minute(2), code: "85123A", title: "HEART", priceMinor: 255 }),
  ];
  expect(plan(lines, 1).products).toEqual([
    { code: "10002", title: "PLANE", pricesMinor: [85, 95] },
    { code: "85123A", title: "HEART", pricesMinor: [255] },
  ]);
});

test("lines of the same variant become one, others stay apart", () => {
  const lines = [sold({ quantity: 2 }), sold({ priceMinor: 95 }), sold({ quantity: 3 })];
  expect(plan(lines).orders).toEqual([
    {
      key: "1",
      customer: "7",
      country: "EIRE",
      items: [
        { code: "10002", sku: "10002-85", quantity: 5, priceMinor: 85 },
        { code: "10002", sku: "10002-95", quantity: 1, priceMinor: 95 },
      ],
    },
  ]);
});

test("lines that together are more than a line may hold stay apart", () => {
  const { orders, revenueMinor } = plan([sold({ quantity: 60_000 }), sold({ quantity: 60_000 })]);
  expect(orders[0]?.items.map(({ quantity }) => quantity)).toEqual([60_000, 60_000]);
  expect(revenueMinor).toBe(120_000 * 85);
});

test("an invoice of more than 250 lines becomes several orders", () => {
  const lines = Array.from({ length: 501 }, (_, at) => sold({ code: String(10_000 + at) }));
  const { orders, invoices } = plan(lines);
  expect(invoices).toBe(1);
  expect(orders.map(({ key, items }) => [key, items.length])).toEqual([
    ["1", 250],
    ["1-2", 250],
    ["1-3", 1],
  ]);
});

test("lines left out count where they lie before the first invoice not taken, or belong to one taken", () => {
  const skip = (invoice: string, at: string) => ({ skipped: { invoice, at, reason: "notAProduct" as const } });
  const lines = [
    sold({ invoice: "1", at: minute(1) }),
    skip("C1", minute(2)),
    sold({ invoice: "2", at: minute(3) }),
    skip("1", minute(4)),
    skip("C2", minute(5)),
  ];
  expect(plan(lines, 1).skipped).toMatchObject({ notAProduct: 2, cancellation: 0 });
  expect(plan(lines).skipped).toMatchObject({ notAProduct: 3 });
});

test("stock covers what the orders need, and a larger run repeats the blocks of a smaller one", () => {
  const lines = Array.from({ length: 1_200 }, (_, at) =>
    sold({ invoice: String(at), at: minute(at % 50), quantity: at + 1, code: String(10_000 + (at % 3)) }),
  );
  const { stock, orders } = plan(lines);
  const needed = new Map<string, number>();
  for (const { sku, quantity } of orders.flatMap(({ items }) => items)) {
    needed.set(sku, (needed.get(sku) ?? 0) + quantity);
  }
  const added = new Map<string, number>();
  for (const { sku, delta } of stock.flat()) added.set(sku, (added.get(sku) ?? 0) + delta);
  expect(added).toEqual(needed);
  expect(stock).toHaveLength(3);
  expect(plan(lines, 500).stock).toEqual(stock.slice(0, 1));
  expect(plan(lines, 1_000).stock).toEqual(stock.slice(0, 2));
});

const returned = (changes: Partial<SoldLine> = {}) => ({
  skipped: { invoice: "C9", at: minute(9), reason: "cancellation" as const },
  returned: { ...sold({ invoice: "C9", at: minute(9), ...changes }).sold },
});

test("returned pieces are refunded with the customer's orders of the same variant, the oldest first", () => {
  const lines = [
    sold({ invoice: "1", at: minute(1), quantity: 3 }),
    sold({ invoice: "2", at: minute(2), quantity: 3 }),
    sold({ invoice: "3", at: minute(3), quantity: 9, customer: "8" }),
    returned({ quantity: 4 }),
    returned({ quantity: 5, invoice: "C10" }), // two pieces more than were sold
    returned({ quantity: 1, priceMinor: 95 }), // another variant
    returned({ quantity: 1, customer: "" }),
  ];
  expect(plan(lines).refunds).toEqual([
    { key: "C9-of-1", order: "1", amountMinor: 255 },
    { key: "C9-of-2", order: "2", amountMinor: 85 },
    { key: "C10-of-2", order: "2", amountMinor: 170 },
  ]);
});

test("a month has its own invoices, returns and skipped lines", () => {
  const book = new SalesBook();
  const inMarch = { at: "2011-03-01T00:00:00Z" };
  book.add(sold({ invoice: "1", quantity: 2 }));
  book.add(returned());
  book.add(sold({ invoice: "2", ...inMarch }));
  book.add(returned({ invoice: "C2", ...inMarch }));
  const { orders, refunds, skipped } = book.plan({ month: "2011-03" });
  expect(orders.map(({ key }) => key)).toEqual(["2"]);
  expect(refunds).toEqual([{ key: "C2-of-2", order: "2", amountMinor: 85 }]);
  expect(skipped.cancellation).toBe(0);
});

test("with price lists each line is at the price that holds, and what the lists take off is counted", () => {
  const lines = [
    sold({ invoice: "1", country: "Germany", quantity: 20 }), // 81 each: the country's list comes first
    sold({ invoice: "2", quantity: 8 }), // 77 each: twelve pieces together
    sold({ invoice: "2", code: "9", quantity: 11, priceMinor: 100 }), // too few
    sold({ invoice: "2", quantity: 4 }),
    sold({ invoice: "3", quantity: 11 }),
  ];
  const before = plan(lines);
  const after = withPriceLists(before);
  expect(after.orders.map(({ items }) => items.map(({ priceMinor, quantity }) => [priceMinor, quantity]))).toEqual([
    [[81, 20]],
    [
      [77, 12],
      [100, 11],
    ],
    [[85, 11]],
  ]);
  expect(after.orders.flatMap(({ items }) => items.map(({ sku }) => sku))).toEqual(
    before.orders.flatMap(({ items }) => items.map(({ sku }) => sku)),
  );
  expect(after.lists).toMatchObject([
    { code: "REPLAY-GERMANY", lines: 1, reducedMinor: 80 },
    { code: "REPLAY-MANY", lines: 1, reducedMinor: 96 },
  ]);
  expect(after.revenueMinor).toBe(before.revenueMinor - 176);
});

test("promotions take their part of each order, one after the other, and the revenue says how much", () => {
  const before = plan([
    sold({ invoice: "1", quantity: 99, priceMinor: 101 }), // 99.99
    sold({ invoice: "2", at: minute(1), quantity: 100, priceMinor: 101 }),
    sold({ invoice: "3", at: minute(2), quantity: 3, priceMinor: 3_334 }),
    sold({ invoice: "4", at: minute(3), quantity: 600, priceMinor: 1 }),
  ]);
  const after = withPromotions(before);
  expect(after.orders.map(({ discounts }) => [...(discounts ?? [])])).toEqual([
    [],
    [
      ["REPLAY large orders", 758],
      ["REPLAY many pieces", 280],
    ],
    [["REPLAY large orders", 750]],
    [["REPLAY many pieces", 30]],
  ]);
  expect(after.promotions).toMatchObject([
    { orders: 2, discountMinor: 1_508 },
    { orders: 2, discountMinor: 310 },
  ]);
  expect(after.revenueMinor).toBe(before.revenueMinor - 1_818);
});

test("sellers sell every second product, and get what they sell less a commission of each line", () => {
  const before = plan([
    sold({ invoice: "1", code: "A", quantity: 1, priceMinor: 1_000 }),
    sold({ invoice: "1", code: "B", quantity: 3, priceMinor: 11 }), // 2.64 of commission
    sold({ invoice: "2", at: minute(1), code: "D", quantity: 1, priceMinor: 100 }), // 12.5
    sold({ invoice: "2", at: minute(1), code: "C", quantity: 1, priceMinor: 100 }),
    sold({ invoice: "3", at: minute(2), code: "B", quantity: 2, priceMinor: 11 }), // 1.76
  ]);
  const after = withSellers(before, 2);
  const [one, two] = before.products.filter((_, at) => at % 2 === 1).map(({ code }) => code);
  expect(after.orders.flatMap(({ items }) => items.map(({ code, seller }) => [code, seller]))).toEqual(
    before.orders.flatMap(({ items }) =>
      items.map(({ code }) => [code, code === one ? "REPLAY seller 1" : code === two ? "REPLAY seller 2" : undefined]),
    ),
  );
  const minorOf = (code: string | undefined) =>
    before.orders
      .flatMap(({ items }) => items)
      .reduce((sum, item) => sum + (item.code === code ? item.quantity * item.priceMinor : 0), 0);
  expect(after.sellers.map(({ grossMinor }) => grossMinor)).toEqual([minorOf(one), minorOf(two)]);
  expect(after.sellers[0]).toMatchObject({ percent: 8, commissionMinor: 3 + 2 });
  expect(after.sellers[0]?.offers).toEqual(new Map([[expect.any(String), { priceMinor: 11, pieces: 5 }]]));
});

test("sellers get what promotions leave: discounts are shared out to the penny, the last ones by remainder and sku", () => {
  const before = plan([
    sold({ invoice: "1", code: "A", quantity: 1, priceMinor: 10_001 }),
    sold({ invoice: "1", code: "B", quantity: 1, priceMinor: 3 }),
    sold({ invoice: "1", code: "C", quantity: 1, priceMinor: 3 }),
  ]);
  const after = withSellers(withPromotions(before), 1);
  // 7.5 % of 100.07 are 7.51: 7.50 of A (750.53), and of B and C, which have the same remainders (0.22), nothing.
  expect(after.orders[0]?.items.map(({ code, discountMinor = 0 }) => [code, discountMinor])).toEqual([
    ["A", 751],
    ["B", 0],
    ["C", 0],
  ]);
  const [seller] = after.sellers;
  const offered = after.orders[0]?.items.find(({ seller: name }) => name === seller?.name);
  expect(offered?.code).toBe("B");
  expect(seller).toMatchObject({ grossMinor: 3, commissionMinor: 0 });
  const swapped = plan([
    sold({ invoice: "1", code: "X", quantity: 1, priceMinor: 3 }),
    sold({ invoice: "1", code: "Y", quantity: 1, priceMinor: 10_001 }),
  ]);
  expect(withSellers(withPromotions(swapped), 1).sellers[0]).toMatchObject({
    grossMinor: 10_001 - 750,
    commissionMinor: 740,
  });
});

test("other discounts than planned are told, also those that nobody has planned", () => {
  const planned = new Map([
    ["one", 10],
    ["two", 20],
  ]);
  expect(wrongDiscounts(planned, new Map(planned))).toBeUndefined();
  expect(wrongDiscounts(undefined, planned)).toBeUndefined();
  expect(wrongDiscounts(planned, new Map([["one", 11]]))).toBe("one takes 11 off, not 10, two takes 0 off, not 20");
  expect(wrongDiscounts(new Map(), new Map([["three", 1]]))).toBe("three takes 1 off, not 0");
});
