import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { demoProducts } from "#config/demo.ts";
import { FIELD_ERRORS_SHOWN } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { pricingLimits } from "#services/product/pricing/domain/limits.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { changesOf, lockShards, storeChanges } from "#services/product/pricing/pricing.store.ts";
import { shardOf } from "#services/product/pricing/shards.ts";
import { TestShop } from "#test/service/catalog/catalog-fixture.ts";
import { readUntil } from "#test/support/eventually.ts";
import { stubCatalogue } from "#test/support/stub-service.ts";
import { historyOf } from "./pricing-fixture.ts";

let shop: TestShop;
let db: pg.Client;
const catalogue = stubCatalogue();

beforeAll(async () => {
  shop = await TestShop.start([pricing, catalogue.service]);
  db = new pg.Client({ connectionString: shop.urls.pricing });
  await db.connect();
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

beforeEach(async () => {
  await db.query("TRUNCATE price, price_change, outbox");
  catalogue.asked.length = 0;
});

const history = (sku: string) => historyOf(shop.broker, sku);

const emitted = async () => {
  const { rows } = await db.query("SELECT key, data FROM outbox ORDER BY id");
  return rows.flatMap(({ data }) => data.prices) as { sku: string; amount: number; previousAmount: number | null }[];
};

describe("one price", () => {
  test("is set, read and listed", async () => {
    const set = await shop.call("pricing.setPrice", { sku: "CUP", amount: 14.5 });
    expect(set).toMatchObject({ sku: "CUP", currency: "USD", amount: 14.5 });
    await shop.call("pricing.setPrice", { sku: "CUP", amount: 2_200, currency: "JPY" });
    await expect(shop.call("pricing.get", { sku: "CUP" })).resolves.toEqual(set);
    expect(await shop.call("pricing.get", { sku: "CUP", currency: "JPY" })).toMatchObject({ amount: 2_200 });
    expect(await shop.call("pricing.list", {})).toEqual({
      prices: [set],
      pagination: { page: 1, limit: 20, total: 1 },
    });
    expect(await shop.refusal("pricing.get", { sku: "NONE" })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("may be zero, but not negative, nor more precise than its currency", async () => {
    expect(await shop.call("pricing.setPrice", { sku: "SAMPLE", amount: 0 })).toMatchObject({ amount: 0 });
    const refused = { code: "VALIDATION_FAILED", paths: ["/amount"] };
    expect(await shop.refusal("pricing.setPrice", { sku: "CUP", amount: -1 })).toEqual(refused);
    expect(await shop.refusal("pricing.setPrice", { sku: "CUP", amount: 1.005 })).toEqual(refused);
    expect(await shop.refusal("pricing.setPrice", { sku: "CUP", amount: 1, currency: "XXY" })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/currency"],
    });
  });

  test("can be set only with the scope", async () => {
    const auth = { kind: "staff", staffId: "staff_1", scopes: ["catalog:write"] } as const;
    expect(await shop.refusal("pricing.setPrice", { sku: "CUP", amount: 1 }, { auth })).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(await shop.refusal("pricing.setPrices", { prices: [{ sku: "CUP", amount: 1 }] }, { auth })).toMatchObject({
      code: "FORBIDDEN",
    });
  });
});

describe("a batch", () => {
  test("adds to the history, and emits events, only for prices that changed", async () => {
    const first = [
      { sku: "A", amount: 1 },
      { sku: "B", amount: 2 },
    ];
    expect(await shop.call("pricing.setPrices", { prices: first })).toEqual({ updated: 2, unchanged: 0 });
    expect(await shop.call("pricing.setPrices", { prices: first })).toEqual({ updated: 0, unchanged: 2 });
    const second = [
      { sku: "A", amount: 1 },
      { sku: "B", amount: 2.5 },
    ];
    expect(await shop.call("pricing.setPrices", { prices: second })).toEqual({ updated: 1, unchanged: 1 });
    expect(await history("A")).toEqual([100]);
    expect(await history("B")).toEqual([200, 250]);
    expect((await emitted()).filter(({ sku }) => sku === "B")).toEqual([
      { sku: "B", currency: "USD", amount: 2, previousAmount: null },
      { sku: "B", currency: "USD", amount: 2.5, previousAmount: 2 },
    ]);
    expect(await emitted()).toHaveLength(3);
  });

  test("takes the last of two prices for the same sku and currency", async () => {
    const prices = [
      { sku: "A", amount: 1 },
      { sku: "A", amount: 3, currency: "EUR" },
      { sku: "A", amount: 2, currency: "USD" },
    ];
    expect(await shop.call("pricing.setPrices", { prices })).toEqual({ updated: 2, unchanged: 0 });
    expect((await shop.call("pricing.prices", { skus: ["A", "B"], currency: "USD" })).prices).toEqual([
      { sku: "A", amountMinor: 200 },
    ]);
  });

  test("sets all prices or none, and names the invalid row", async () => {
    const prices = [
      { sku: "A", amount: 1 },
      { sku: "B", amount: 1.001 },
    ];
    expect(await shop.refusal("pricing.setPrices", { prices })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/prices/1/amount"],
    });
    expect((await shop.call("pricing.prices", { skus: ["A"], currency: "USD" })).prices).toEqual([]);
  });

  test("of ten thousand makes few events, and a larger one is refused", async () => {
    const prices = Array.from({ length: pricingLimits.PRICE_BATCH_ROWS }, (_, i) => ({
      sku: `MANY-${i}`,
      amount: i / 100,
    }));
    expect(await shop.call("pricing.setPrices", { prices })).toEqual({ updated: prices.length, unchanged: 0 });
    expect((await emitted()).length).toBe(prices.length);
    const { rows } = await db.query("SELECT count(*)::int AS n FROM outbox");
    expect(rows[0].n).toBeLessThanOrEqual(pricingLimits.PRICE_SHARDS);
    const tooMany = [...prices, { sku: "ONE-MORE", amount: 1 }];
    expect(await shop.refusal("pricing.setPrices", { prices: tooMany })).toMatchObject({ code: "VALIDATION_FAILED" });
  });

  test("loses no change beside other batches, and emits the changes of each sku in their order", async () => {
    const skus = Array.from({ length: 50 }, (_, i) => `RACE-${i}`);
    const batches = Array.from({ length: 12 }, (_, n) => {
      const prices = skus.map((sku) => ({ sku, amount: n + 1 }));
      return n % 2 ? prices.reverse() : prices; // locking rows in the order of the request would deadlock
    });
    await Promise.all(batches.map((prices) => shop.call("pricing.setPrices", { prices })));
    const events = await emitted();
    for (const sku of skus) {
      const changes = events.filter((price) => price.sku === sku);
      expect(changes.map(({ amount }) => amount * 100)).toEqual(await history(sku));
      expect(changes.map(({ previousAmount }) => previousAmount)).toEqual([
        null,
        ...changes.slice(0, -1).map(({ amount }) => amount),
      ]);
      const { prices } = await shop.call("pricing.prices", { skus: [sku], currency: "USD" });
      expect(prices[0]?.amountMinor).toBe((changes.at(-1)?.amount ?? 0) * 100);
    }
  });
});

describe("a sku that the catalogue does not have", () => {
  test("gets no price, and a batch names every row with one and changes nothing", async () => {
    await shop.call("pricing.setPrice", { sku: "CUP", amount: 1 });
    expect(await shop.refusal("pricing.setPrice", { sku: "GHOST", amount: 5 })).toEqual({
      code: "UNKNOWN_PRODUCT",
      paths: ["/sku"],
    });
    const prices = ["CUP", "GHOST-1", "NEW", "GHOST-2"].map((sku) => ({ sku, amount: 7 }));
    expect(await shop.refusal("pricing.setPrices", { prices })).toEqual({
      code: "UNKNOWN_PRODUCT",
      paths: ["/prices/1/sku", "/prices/3/sku"],
    });
    const skus = prices.map(({ sku }) => sku);
    expect((await shop.call("pricing.prices", { skus, currency: "USD" })).prices).toEqual([
      { sku: "CUP", amountMinor: 100 },
    ]);
    const many = Array.from({ length: 500 }, (_, n) => ({ sku: `GHOST-${n}`, amount: 1 }));
    expect((await shop.refusal("pricing.setPrices", { prices: many })).paths).toHaveLength(FIELD_ERRORS_SHOWN);
    expect(await history("CUP")).toEqual([100]);
  });

  test("is asked about in one call, and prices that exist are changed without asking", async () => {
    const prices = Array.from({ length: 2_000 }, (_, n) => ({ sku: `ITEM-${n}`, amount: 1 }));
    await shop.call("pricing.setPrices", { prices });
    expect(catalogue.asked.map((skus) => skus.length)).toEqual([2_000]);
    await shop.call("pricing.setPrices", { prices: prices.map((row) => ({ ...row, amount: 2 })) });
    await shop.call("pricing.setPrice", { sku: "ITEM-1", amount: 3 });
    expect(catalogue.asked).toHaveLength(1);
  });

  test("may get a price from the catalogue itself, which adds the product next", async () => {
    await shop.call("pricing.setPricesOfNewVariants", { prices: [{ sku: "GHOST-NEXT", amount: 4 }] });
    expect(await shop.call("pricing.get", { sku: "GHOST-NEXT" })).toMatchObject({ amount: 4 });
    const auth = { kind: "staff", staffId: "staff_1", scopes: ["catalog:write"] } as const;
    const prices = [{ sku: "GHOST-NEXT", amount: 5 }];
    expect(await shop.refusal("pricing.setPricesOfNewVariants", { prices }, { auth })).toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("answers 503 for new skus while the catalogue is down; prices that exist can be changed", async () => {
    const alone = await TestShop.start([pricing]);
    try {
      const prices = [{ sku: "CUP", amount: 1 }];
      await alone.call("pricing.setPricesOfNewVariants", { prices });
      expect(await alone.call("pricing.setPrice", { sku: "CUP", amount: 2 })).toMatchObject({ amount: 2 });
      expect(await alone.refusal("pricing.setPrice", { sku: "MUG", amount: 2 })).toMatchObject({
        code: "SERVICE_NOT_FOUND", // the gateway answers this with 503
      });
    } finally {
      await alone.stop();
    }
  });
});

/** A transaction without the service, whose own would retry after a deadlock and hide it. */
async function inTransaction<T>(client: pg.Client, work: (tx: Pick<Transaction, "query" | "write">) => Promise<T>) {
  const written: Promise<unknown>[] = [];
  await client.query("BEGIN");
  const done = await work({
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await client.query<Row & pg.QueryResultRow>(text, [...values])).rows,
    write: (text, values = []) => void written.push(client.query(text, [...values])),
  });
  await Promise.all(written);
  await client.query("COMMIT");
  return done;
}

const usd = (amounts: Record<string, number>) =>
  Object.entries(amounts).map(([sku, amountMinor]) => ({ sku, currency: "USD", amountMinor }));

const stored = async () => {
  const { rows } = await db.query("SELECT sku, amount_minor::int AS minor FROM price ORDER BY sku");
  return Object.fromEntries(rows.map(({ sku, minor }) => [sku, minor]));
};

test("batches in opposite order do not deadlock", async () => {
  const clients = await Promise.all(
    [0, 1, 2, 3].map(async () => {
      const client = new pg.Client({ connectionString: shop.urls.pricing });
      await client.connect();
      return client;
    }),
  );
  const shards = Array.from({ length: 64 }, (_, n) => `shard-${n}`);
  const write = async (client: pg.Client, n: number) => {
    for (let round = 0; round < 4; round++) {
      const prices = Array.from({ length: 2_000 }, (_, i) => ({
        sku: `LOCK-${i}`,
        currency: "USD",
        amountMinor: n + round * 10,
      }));
      await inTransaction(client, async (tx) => {
        lockShards(tx, n % 2 ? shards.toReversed() : shards);
        storeChanges(tx, await changesOf(tx, n % 2 ? prices.reverse() : prices));
      });
    }
  };
  const outcomes = await Promise.allSettled(clients.map(write));
  await Promise.all(clients.map((client) => client.end()));
  expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
});

test("a batch is set as a whole, also where it leaves prices as they are, before or after another one", async () => {
  await shop.call("pricing.setPrices", {
    prices: [
      { sku: "A", amount: 1 },
      { sku: "B", amount: 1 },
    ],
  });
  const other = new pg.Client({ connectionString: shop.urls.pricing });
  await other.connect();
  try {
    const second = await inTransaction(other, async (tx) => {
      lockShards(tx, ["A", "B"].map(shardOf));
      const changes = await changesOf(tx, usd({ A: 100, B: 200 }));
      expect(changes.map(({ sku }) => sku)).toEqual(["B"]);
      // This one leaves B as it is. It must not see B before the first batch has set it.
      const waiting = shop.call("pricing.setPrices", {
        prices: [
          { sku: "A", amount: 3 },
          { sku: "B", amount: 1 },
        ],
      });
      await readUntil(
        async () => {
          const { rows } = await db.query(
            "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
          );
          return rows[0].n;
        },
        (waiters) => waiters > 0,
      );
      storeChanges(tx, changes);
      return { waiting };
    });
    expect(await second.waiting).toEqual({ updated: 2, unchanged: 0 });
    expect(await stored()).toEqual({ A: 300, B: 100 });
  } finally {
    await other.end();
  }
});

test("prices that stay the same are only read", async () => {
  const prices = Array.from({ length: 50 }, (_, n) => ({ sku: `SAME-${n}`, amount: 1 }));
  await shop.call("pricing.setPrices", { prices });
  const versions = async () => (await db.query("SELECT sku, xmin::text, xmax::text FROM price ORDER BY sku")).rows;
  const before = await versions();
  expect(await shop.call("pricing.setPrices", { prices })).toEqual({ updated: 0, unchanged: 50 });
  expect(await versions()).toEqual(before); // a lock would be in xmax, and in the log
  await shop.call("pricing.setPrices", { prices: [...prices.slice(1), { sku: "SAME-0", amount: 2 }] });
  expect((await versions()).slice(1)).toEqual(before.slice(1));
});

test("a quote adds up, and names the items that have no price", async () => {
  await shop.call("pricing.setPrices", {
    prices: [
      { sku: "A", amount: 0.1 },
      { sku: "B", amount: 19.99 },
    ],
  });
  const items = [
    { sku: "A", quantity: 3 },
    { sku: "B", quantity: 7 },
    { sku: "A", quantity: 1 },
  ];
  expect(await shop.call("pricing.quote", { items })).toMatchObject({
    currency: "USD",
    lines: [
      { sku: "A", quantity: 3, unitPrice: 0.1, listPrice: 0.1, source: "base", discounts: [], tax: [], total: 0.3 },
      { total: 139.93 },
      { total: 0.1 },
    ],
    subtotal: 140.33,
    discount: 0,
    tax: 0,
    total: 140.33,
  });
  expect(await shop.refusal("pricing.quote", { items: [...items, { sku: "C", quantity: 1 }] })).toEqual({
    code: "UNKNOWN_PRODUCT",
    paths: ["/items/3/sku"],
  });
});

test("an empty price list is filled with the demonstration prices, once", async () => {
  const demo = await TestShop.start([pricing], { SEED_DEMO: "on" });
  try {
    const skus = demoProducts.flatMap(({ variants }) => variants.map(({ sku }) => sku));
    const seeded = async () => (await demo.call("pricing.prices", { skus, currency: "USD" })).prices;
    await readUntil(seeded, (prices) => prices.length > 0);
    expect(await seeded()).toHaveLength(skus.length);
    expect(await demo.call("pricing.get", { sku: "MUG-ENAMEL" })).toMatchObject({ amount: 14.5 });
  } finally {
    await demo.stop();
  }
});
