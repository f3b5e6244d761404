import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import type { Auth } from "#lib/contract/access.ts";
import { skuFingerprint } from "#lib/contract/sku-fingerprint.ts";
import type { CallParams } from "#lib/contract/types.ts";
import { customers } from "#services/identity/customers/contract.ts";
import { pricingLimits } from "#services/product/pricing/contract.ts";
import type { ListPrice, PriceList } from "#services/product/pricing/domain/lists.ts";
import { priceThatHolds } from "#services/product/pricing/domain/resolve.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { TestShop } from "#test/service/catalog/catalog-fixture.ts";
import { databaseOf } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { emitAs, stubCatalogue, stubServiceWithEvents } from "#test/support/stub-service.ts";
import { listenerTo } from "./pricing-fixture.ts";

let shop: TestShop;
let db: pg.Client;
const edge = listenerTo("edge.invalidate");

beforeAll(async () => {
  const services = [pricing, stubCatalogue().service, stubServiceWithEvents(customers), edge.service];
  shop = await TestShop.start(services, { PRICE_ENDINGS: "EUR=.99" });
  db = new pg.Client({ connectionString: shop.urls.pricing });
  await db.connect();
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

/** Lists and rates are forgotten as the service forgets them: by the version, which only rises. */
beforeEach(async () => {
  await db.query(
    "TRUNCATE price, price_change, price_list, list_price, list_price_change, exchange_rate, customer_group",
  );
  await db.query("UPDATE price_terms SET version = version + 1");
  await shop.call("pricing.setPrices", {
    prices: [
      { sku: "MUG", amount: 10 },
      { sku: "CUP", amount: 5 },
    ],
  });
});

type For = CallParams<"pricing.prices">["for"];

/** The price of a mug. */
async function mug(buyer: For = {}, currency = "USD") {
  const { prices } = await shop.call("pricing.prices", { skus: ["MUG"], currency, for: buyer });
  return prices[0];
}

const list = (code: string, terms: object = {}) =>
  shop.call("pricing.createList", { code, currency: "USD", priority: 1, ...terms });
const listed = (code: string, amount: number, more: object = {}) =>
  shop.call("pricing.setListPrice", { code, sku: "MUG", amount, ...more });

/** How many statements the service sends meanwhile. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const own = databaseOf(shop.broker, "pricing");
  const query = own.query;
  const sent: string[] = [];
  own.query = ((text: string, values: readonly unknown[]) => {
    sent.push(text);
    return query.call(own, text, values);
  }) as typeof query;
  try {
    await work();
  } finally {
    own.query = query;
  }
  return sent;
}

describe("a price list", () => {
  test("is added, read, changed, listed and deleted", async () => {
    const winter = await list("WINTER", { region: "DE", startsAt: "2026-01-01", endsAt: "2026-02-01T00:00:00Z" });
    expect(winter).toEqual({
      code: "WINTER",
      currency: "USD",
      region: "DE",
      startsAt: "2026-01-01T00:00:00.000Z",
      endsAt: "2026-02-01T00:00:00.000Z",
      priority: 1,
    });
    expect(await shop.call("pricing.getList", { code: "WINTER" })).toEqual(winter);
    const changed = await shop.call("pricing.setList", { code: "WINTER", customerGroup: "trade", priority: 2 });
    expect(changed).toEqual({ code: "WINTER", currency: "USD", customerGroup: "trade", priority: 2 });
    expect(await shop.call("pricing.lists", {})).toMatchObject({ priceLists: [changed], pagination: { total: 1 } });
    await listed("WINTER", 9, { minQuantity: 10, warehouseId: "wh_1" });
    await listed("WINTER", 8);
    const prices = [
      { sku: "MUG", amount: 8, minQuantity: 1 },
      { sku: "MUG", amount: 9, minQuantity: 10, warehouseId: "wh_1" },
    ];
    expect((await shop.call("pricing.listPrices", { code: "WINTER" })).prices).toEqual(prices);
    expect((await shop.call("pricing.getListPrices", { code: "WINTER", sku: "MUG" })).prices).toEqual(prices);
    await shop.call("pricing.deleteListPrices", { code: "WINTER", sku: "MUG", warehouseId: "wh_1" });
    expect((await shop.call("pricing.listPrices", { code: "WINTER" })).prices).toEqual(prices.slice(0, 1));
    await shop.call("pricing.deleteList", { code: "WINTER" });
    expect(await shop.refusal("pricing.getList", { code: "WINTER" })).toMatchObject({ code: "NOT_FOUND" });
    expect((await db.query("SELECT FROM list_price")).rowCount).toBe(0);
  });

  test("refuses what cannot be, and changes nothing", async () => {
    await list("EURO", { currency: "EUR" });
    const refusals = [
      [await shop.refusal("pricing.createList", { code: "EURO", currency: "USD", priority: 1 }), "ALREADY_EXISTS"],
      [await shop.refusal("pricing.createList", { code: "X", currency: "XXY", priority: 1 }), "VALIDATION_FAILED"],
      [
        await shop.refusal("pricing.createList", {
          code: "X",
          currency: "USD",
          priority: 1,
          startsAt: "2026-02-01",
          endsAt: "2026-02-01",
        }),
        "VALIDATION_FAILED",
      ],
      [await shop.refusal("pricing.setList", { code: "EURO", currency: "USD", priority: 1 }), "VALIDATION_FAILED"],
      [await shop.refusal("pricing.setList", { code: "NONE", priority: 1 }), "NOT_FOUND"],
      [await shop.refusal("pricing.setListPrice", { code: "NONE", sku: "MUG", amount: 1 }), "NOT_FOUND"],
      [await shop.refusal("pricing.setListPrice", { code: "EURO", sku: "MUG", amount: 1.001 }), "VALIDATION_FAILED"],
      [await shop.refusal("pricing.setListPrice", { code: "EURO", sku: "GHOST", amount: 1 }), "UNKNOWN_PRODUCT"],
      [await shop.refusal("pricing.deleteListPrices", { code: "EURO", sku: "MUG" }), "NOT_FOUND"],
      [await shop.refusal("pricing.deleteList", { code: "NONE" }), "NOT_FOUND"],
    ] as const;
    for (const [{ code }, expected] of refusals) expect(code).toBe(expected);
    const guest: { auth: Auth } = { auth: { kind: "customer", customerId: "cust_1" } };
    expect(await shop.refusal("pricing.lists", {}, guest)).toMatchObject({ code: "FORBIDDEN" });
    expect((await shop.call("pricing.lists", {})).pagination.total).toBe(1);
    expect((await db.query("SELECT FROM list_price")).rowCount).toBe(0);
  });

  test("takes a batch, all or none, and has a bound of prices of one sku", async () => {
    await list("BATCH");
    const rows = Array.from({ length: pricingLimits.LIST_PRICES_PER_SKU }, (_, n) => ({
      sku: "MUG",
      amount: 10 - n / 100,
      minQuantity: n + 1,
    }));
    const prices = [...rows, { sku: "CUP", amount: 4 }, { sku: "CUP", amount: 3 }];
    const count = rows.length + 1;
    expect(await shop.call("pricing.setListPrices", { code: "BATCH", prices })).toEqual({
      updated: count,
      unchanged: 0,
    });
    expect(await shop.call("pricing.setListPrices", { code: "BATCH", prices })).toEqual({
      updated: 0,
      unchanged: count,
    });
    expect((await shop.call("pricing.getListPrices", { code: "BATCH", sku: "CUP" })).prices[0]?.amount).toBe(3);
    const more = [
      { sku: "CUP", amount: 1 },
      { sku: "MUG", amount: 1, minQuantity: 1_000 },
    ];
    expect(await shop.refusal("pricing.setListPrices", { code: "BATCH", prices: more })).toMatchObject({
      code: "LIMIT_REACHED",
    });
    const wrong = [
      { sku: "CUP", amount: 1 },
      { sku: "MUG", amount: 0.001 },
    ];
    expect(await shop.refusal("pricing.setListPrices", { code: "BATCH", prices: wrong })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/prices/1/amount"],
    });
    expect((await shop.call("pricing.getListPrices", { code: "BATCH", sku: "CUP" })).prices[0]?.amount).toBe(3);
  });

  test("lets the edge forget what shows the skus whose prices have changed, and no other answer", async () => {
    await list("EDGE");
    edge.sent.length = 0;
    const prices = [
      { sku: "MUG", amount: 9 },
      { sku: "MUG", amount: 8, minQuantity: 10 },
      { sku: "CUP", amount: 4 },
    ];
    await shop.call("pricing.setListPrices", { code: "EDGE", prices });
    await shop.call("pricing.setListPrices", { code: "EDGE", prices });
    await shop.call("pricing.setListPrices", { code: "EDGE", prices: [...prices, { sku: "CUP", amount: 3 }] });
    await listed("EDGE", 7);
    await shop.call("pricing.deleteListPrices", { code: "EDGE", sku: "MUG" });
    const [mugs, cups] = ["MUG", "CUP"].map(skuFingerprint);
    const forgotten = edge.sent.map(({ skus }) => skus?.toSorted());
    expect(forgotten).toEqual([[mugs, cups].toSorted(), [cups], [mugs], [mugs]]);
  });

  test("holds from its beginning to its end, by the clock of the database", async () => {
    await list("SALE", { startsAt: "2020-01-01", endsAt: "2099-01-01" });
    await listed("SALE", 7);
    expect(await mug()).toEqual({ sku: "MUG", amountMinor: 700, listMinor: 1_000, source: "list:SALE" });
    await shop.call("pricing.setList", { code: "SALE", startsAt: "2098-01-01", priority: 1 });
    expect(await mug()).toEqual({ sku: "MUG", amountMinor: 1_000 });
    await shop.call("pricing.setList", { code: "SALE", endsAt: "2021-01-01", priority: 1 });
    expect(await mug()).toEqual({ sku: "MUG", amountMinor: 1_000 });
  });

  test("counts at once, also when another node or a person has changed it", async () => {
    await list("NOW", { priority: 5 });
    await listed("NOW", 6);
    expect((await mug())?.amountMinor).toBe(600);
    await db.query("BEGIN; UPDATE price_terms SET version = version + 1; UPDATE price_list SET region = 'DE'; COMMIT");
    expect((await mug({ region: "US" }))?.amountMinor).toBe(1_000);
    expect((await mug({ region: "DE" }))?.amountMinor).toBe(600);
    await db.query("UPDATE list_price SET amount_minor = 650");
    expect((await mug({ region: "DE" }))?.amountMinor).toBe(650);
  });

  test("that no list can hold costs no statement; one that can costs one, for any number of skus and callers", async () => {
    await mug();
    expect(await statementsOf(() => mug({ customerId: "cust_1", region: "US", quantities: { MUG: 3 } }))).toHaveLength(
      1,
    );
    await list("EURO", { currency: "EUR" });
    await list("GERMAN", { region: "DE" });
    await list("OVER", { endsAt: "2021-01-01" });
    await mug();
    expect(await statementsOf(() => mug({ customerId: "cust_1", region: "US" }))).toHaveLength(1);
    await list("ALL");
    await mug();
    const sent = await statementsOf(() =>
      Promise.all(
        Array.from({ length: 20 }, () => shop.call("pricing.prices", { skus: ["MUG", "CUP"], currency: "USD" })),
      ),
    );
    expect(sent.filter((text) => text.includes("list_price"))).toHaveLength(1);
  });
});

describe("groups of customers", () => {
  const inGroups = (customerId: string, groups: string[]) =>
    emitAs(shop.broker, "customers", (tx) => tx.emit(customers.events.CustomerGroupsChanged, { customerId, groups }));

  test("have prices of their own, which follow the last change of a customer's groups", async () => {
    await list("TRADE", { customerGroup: "trade" });
    await listed("TRADE", 8);
    await inGroups("cust_a", ["vip", "trade"]);
    await eventually(async () => expect((await mug({ customerId: "cust_a" }))?.amountMinor).toBe(800));
    expect((await mug({ customerId: "cust_b" }))?.amountMinor).toBe(1_000);
    expect((await mug())?.amountMinor).toBe(1_000);
    await inGroups("cust_a", []);
    await eventually(async () => expect((await mug({ customerId: "cust_a" }))?.amountMinor).toBe(1_000));
  });

  test("an event that arrives late or twice changes nothing", async () => {
    await list("TRADE", { customerGroup: "trade" });
    await listed("TRADE", 8);
    for (const groups of [["trade"], ["vip"], ["trade"]]) await inGroups("cust_c", groups);
    await eventually(async () => {
      const { rows } = await db.query("SELECT sequence::int FROM customer_group WHERE customer_id = 'cust_c'");
      expect(rows).toEqual([{ sequence: 3 }]);
    });
    await db.query("DELETE FROM inbox");
    await shop.broker.call(
      "pricing.admin.rewind",
      { to: "start" },
      { meta: { auth: { kind: "service", service: "test" } } },
    );
    await inGroups("cust_d", ["trade"]);
    await eventually(async () => expect((await mug({ customerId: "cust_d" }))?.amountMinor).toBe(800));
    expect((await mug({ customerId: "cust_c" }))?.amountMinor).toBe(800);
  });

  test("are quoted to their members and to staff only", async () => {
    await list("TRADE", { customerGroup: "trade" });
    await listed("TRADE", 8);
    await inGroups("cust_e", ["trade", "vip"]);
    const items = [{ sku: "MUG", quantity: 2 }];
    const as = (auth: Auth) => ({ auth });
    await eventually(async () =>
      expect(await shop.call("pricing.quote", { items }, as({ kind: "customer", customerId: "cust_e" }))).toMatchObject(
        {
          lines: [{ unitPrice: 8, listPrice: 10, source: "list:TRADE", total: 16 }],
          total: 16,
        },
      ),
    );
    const ask = { items, customerGroup: "trade" };
    expect((await shop.call("pricing.quote", ask)).total).toBe(16);
    expect((await shop.call("pricing.quote", ask, as({ kind: "customer", customerId: "cust_e" }))).total).toBe(16);
    expect((await shop.call("pricing.quote", { items }, as({ kind: "anonymous" }))).total).toBe(20);
    for (const auth of [{ kind: "anonymous" }, { kind: "customer", customerId: "cust_f" }] as const)
      expect(await shop.refusal("pricing.quote", ask, as(auth))).toMatchObject({ code: "FORBIDDEN" });
    expect((await shop.call("pricing.quote", { ...ask, customerGroup: "vip" })).total).toBe(20);
  });
});

test("quantities: the price is that of all pieces of the purchase together", async () => {
  await list("TIERS");
  await listed("TIERS", 9, { minQuantity: 5 });
  await listed("TIERS", 8, { minQuantity: 10 });
  const byQuantity = [
    { minQuantity: 1, amountMinor: 1_000 },
    { minQuantity: 5, amountMinor: 900 },
    { minQuantity: 10, amountMinor: 800 },
  ];
  expect(await mug()).toEqual({ sku: "MUG", amountMinor: 1_000 });
  expect(await mug({ quantities: { MUG: 4 } })).toMatchObject({ amountMinor: 1_000, byQuantity });
  expect(await mug({ quantities: { MUG: 12 } })).toMatchObject({ amountMinor: 800, source: "list:TIERS", byQuantity });
  const items = [
    { sku: "MUG", quantity: 4 },
    { sku: "MUG", quantity: 1 },
  ];
  expect(await shop.call("pricing.quote", { items })).toMatchObject({
    lines: [{ unitPrice: 9 }, { total: 9 }],
    total: 45,
  });
});

describe("another currency", () => {
  const rate = (from: string, to: string, value: number) => shop.call("pricing.setRate", { from, to, rate: value });

  test("has converted prices once there is a rate, and its own price as soon as there is one", async () => {
    expect(await mug({}, "EUR")).toBeUndefined();
    await rate("USD", "EUR", 0.9);
    expect(await mug({}, "EUR")).toEqual({ sku: "MUG", amountMinor: 899, source: "converted:USD" }); // 9.00 ends with .99
    await list("EURO", { currency: "EUR" });
    await listed("EURO", 7.5);
    expect(await mug({}, "EUR")).toEqual({ sku: "MUG", amountMinor: 750, listMinor: 899, source: "list:EURO" });
    await shop.call("pricing.setPrice", { sku: "MUG", currency: "EUR", amount: 8 });
    expect(await mug({}, "EUR")).toEqual({ sku: "MUG", amountMinor: 750, listMinor: 800, source: "list:EURO" });
    const skus = ["MUG", "CUP", "GHOST"];
    const { prices } = await shop.call("pricing.prices", { skus, currency: "EUR" });
    expect(prices.map(({ sku, source }) => [sku, source])).toEqual([
      ["MUG", "list:EURO"],
      ["CUP", "converted:USD"],
    ]);
  });

  test("has rates that are set, replaced and listed", async () => {
    await rate("EUR", "USD", 1.0825);
    await rate("EUR", "USD", 1.09);
    await rate("EUR", "JPY", 163.2);
    const { exchangeRates } = await shop.call("pricing.rates", {});
    expect(exchangeRates.map(({ from, to, rate: value }) => [from, to, value])).toEqual([
      ["EUR", "JPY", 163.2],
      ["EUR", "USD", 1.09],
    ]);
    expect(await mug({}, "JPY")).toMatchObject({ amountMinor: 1_497 }); // 10 / 1.09 * 163.2 = 1497.25
    for (const [from, to] of [
      ["EUR", "EUR"],
      ["EUR", "XXY"],
    ] as const)
      expect(await shop.refusal("pricing.setRate", { from, to, rate: 1 })).toEqual({
        code: "VALIDATION_FAILED",
        paths: ["/to"],
      });
    expect(await shop.refusal("pricing.setRate", { from: "EUR", to: "USD", rate: 0 })).toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });
});

test("a quote for a moment of the past has the prices of that moment, and one of the future those of then", async () => {
  await list("LATER", { startsAt: "2090-01-01" });
  await listed("LATER", 4);
  await list("ALWAYS", { priority: -1 });
  await listed("ALWAYS", 9);
  await db.query("UPDATE price_change SET valid_from = '2025-01-01'");
  await db.query("UPDATE list_price_change SET valid_from = '2025-02-01'");
  await shop.call("pricing.setPrice", { sku: "MUG", amount: 20 });
  await listed("ALWAYS", 15);
  const at = async (moment?: string) => {
    const items = [{ sku: "MUG", quantity: 1 }];
    const { lines } = await shop.call("pricing.quote", { items, ...(moment ? { at: moment } : {}) });
    return [lines[0]?.unitPrice, lines[0]?.listPrice];
  };
  expect(await at("2025-01-15")).toEqual([10, 10]);
  expect(await at("2025-03-01")).toEqual([9, 10]);
  expect(await at()).toEqual([15, 20]);
  expect(await at("2091-01-01")).toEqual([4, 20]);
  const items = [{ sku: "MUG", quantity: 1 }];
  expect(await shop.refusal("pricing.quote", { items, at: "2024-01-01" })).toMatchObject({ code: "UNKNOWN_PRODUCT" });
});

describe("the history of a price", () => {
  /** Sets the price of a mug so many days ago. */
  async function was(amount: number, daysAgo: number, code?: string) {
    if (code) await listed(code, amount);
    else await shop.call("pricing.setPrice", { sku: "MUG", amount });
    const table = code ? "list_price_change" : "price_change";
    await db.query(
      `UPDATE ${table} SET valid_from = now() - make_interval(days => $1)
       WHERE id = (SELECT max(id) FROM ${table} WHERE sku = 'MUG')`,
      [daysAgo],
    );
  }
  const history = (more: object = {}) => shop.call("pricing.history", { sku: "MUG", ...more });

  test("names the lowest price of the 30 days before the last reduction", async () => {
    await db.query("TRUNCATE price, price_change");
    await was(12, 100); // its price held until day 60
    await was(8, 60); // too long ago: it held until day 50
    await was(11, 50);
    await was(10, 20);
    await was(13, 15);
    await was(9, 5); // the reduction
    expect(await history()).toMatchObject({
      currency: "USD",
      changes: [9, 13, 10, 11, 8, 12].map((amount) => ({ amount })),
      lowestIn30Days: 10,
      reducedAt: expect.any(String),
      pagination: { page: 1, limit: 20, total: 6 },
    });
    expect(await history({ limit: 2, page: 2 })).toMatchObject({ changes: [{ amount: 10 }, { amount: 11 }] });
    expect(await history({ page: 2 })).toMatchObject({ changes: [], lowestIn30Days: 10, pagination: { total: 6 } });
    expect(await statementsOf(() => history())).toHaveLength(1);
  });

  test("counts the price that held when the 30 days began", async () => {
    await db.query("TRUNCATE price, price_change");
    await was(7, 200);
    await was(12, 20);
    await was(11, 1);
    expect((await history()).lowestIn30Days).toBe(7);
  });

  test("without a reduction names the lowest price of the last 30 days", async () => {
    expect(await history()).toMatchObject({ lowestIn30Days: 10, reducedAt: null });
    await db.query("TRUNCATE price, price_change");
    await was(7, 40);
    await was(9, 35);
    await was(12, 10);
    expect(await history()).toMatchObject({ lowestIn30Days: 9, reducedAt: null });
    expect(await shop.refusal("pricing.history", { sku: "NONE" })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("of a list has its removals, and that of a group is for staff", async () => {
    await list("OPEN");
    await was(9, 20, "OPEN");
    await was(8, 2, "OPEN");
    await shop.call("pricing.deleteListPrices", { code: "OPEN", sku: "MUG" });
    const guest: { auth: Auth } = { auth: { kind: "anonymous" } };
    const open = await shop.call("pricing.history", { sku: "MUG", list: "OPEN" }, guest);
    expect(open).toMatchObject({ list: "OPEN", changes: [{ amount: null }, { amount: 8 }, { amount: 9 }] });
    expect(open.lowestIn30Days).toBe(8);
    await list("TRADE", { customerGroup: "trade" });
    await was(3, 1, "TRADE");
    expect((await history({ list: "TRADE" })).lowestIn30Days).toBe(3);
    expect(await shop.refusal("pricing.history", { sku: "MUG", list: "TRADE" }, guest)).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(await shop.refusal("pricing.history", { sku: "MUG", minQuantity: 2 })).toMatchObject({
      paths: ["/minQuantity"],
    });
  });
});

test("the service answers what the rule says, for any lists and prices", async () => {
  const option = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const terms = fc.record({
    customerGroup: option(fc.constantFrom("trade", "vip")),
    region: option(fc.constantFrom("US", "DE")),
    times: fc.constantFrom(
      {},
      { startsAt: "2020-01-01" },
      { endsAt: "2021-01-01" },
      { startsAt: "2090-01-01" },
      { startsAt: "2020-01-01", endsAt: "2091-01-01" },
    ),
    priority: fc.integer({ min: 0, max: 1 }),
    currency: fc.constantFrom("USD", "USD", "USD", "EUR"),
  });
  const row = fc.record({
    list: fc.constantFrom("A", "B", "C"),
    amount: fc.integer({ min: 1, max: 9 }),
    minQuantity: fc.constantFrom(1, 3),
    warehouseId: option(fc.constant("wh_1")),
  });
  const buyer = fc.record({
    groups: fc.subarray(["trade", "vip"]),
    region: option(fc.constantFrom("US", "DE")),
    warehouseId: option(fc.constantFrom("wh_1", "wh_2")),
    quantity: fc.integer({ min: 1, max: 4 }),
  });
  const clean = <T extends object>(object: T) => JSON.parse(JSON.stringify(object)) as T;
  await fc.assert(
    fc.asyncProperty(fc.tuple(terms, terms, terms), fc.array(row, { maxLength: 8 }), buyer, async (all, rows, who) => {
      await db.query("TRUNCATE price_list, list_price, customer_group");
      await db.query("UPDATE price_terms SET version = version + 1");
      for (const [n, code] of ["A", "B", "C"].entries()) {
        const { times, ...rest } = all[n] as (typeof all)[0];
        await shop.call("pricing.createList", clean({ code, ...rest, ...times }));
      }
      for (const { list: code, ...price } of rows)
        await shop.call("pricing.setListPrice", clean({ code, sku: "MUG", ...price }));
      await db.query("INSERT INTO customer_group VALUES ('cust_x', $1, 1)", [who.groups]);
      const { groups, quantity, ...where } = who;
      const answered = await mug(clean({ ...where, customerId: "cust_x", quantities: { MUG: quantity } }));
      const lists = new Map(
        (
          await db.query(`SELECT code, currency, customer_group AS "customerGroup", region,
        starts_at AS "startsAt", ends_at AS "endsAt", priority FROM price_list`)
        ).rows.map((one): [string, PriceList] => [one.code, one]),
      );
      const entries = (
        await db.query(`SELECT list, sku, nullif(warehouse_id, '') AS "warehouseId",
        min_quantity AS "minQuantity", amount_minor::int AS "amountMinor" FROM list_price`)
      ).rows as ListPrice[];
      const purchase = { ...where, currency: "USD", groups, at: new Date() };
      const held = priceThatHolds({ base: { amountMinor: 1_000, source: "base" }, entries }, lists, purchase, quantity);
      expect(answered?.amountMinor).toBe(held?.amountMinor);
      expect(answered?.source ?? "base").toBe(held?.source);
    }),
    { numRuns: 40 },
  );
});
