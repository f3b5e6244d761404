import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import { pricingLimits } from "#services/product/pricing/domain/limits.ts";
import type { StreamCounts } from "#services/product/pricing/domain/stream-actions.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { TestShop } from "#test/service/catalog/catalog-fixture.ts";
import { stubCatalogue } from "#test/support/stub-service.ts";
import { historyOf } from "./pricing-fixture.ts";

interface Line {
  sku: string;
  currency?: string;
  amount: number;
  at?: string;
}

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
  await db.query("TRUNCATE price, price_change, price_change_part, outbox");
  catalogue.asked.length = 0;
});

const ndjson = (lines: readonly Line[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** Sends parts as the gateway does: each with the answer to the one before. */
async function stream(...parts: string[]): Promise<StreamCounts> {
  let before: StreamCounts | undefined;
  for (const [index, text] of parts.entries()) {
    const part = {
      number: index + 1,
      base64: Buffer.from(text).toString("base64"),
      isLast: index === parts.length - 1,
      type: "application/x-ndjson",
    };
    before = await shop.call("pricing.streamPrices", before ? { part, before } : { part });
  }
  if (!before) throw new Error("There is no part.");
  return before;
}

const minorOf = async (sku: string, currency = "USD") => {
  const { prices } = await shop.call("pricing.prices", { skus: [sku], currency });
  return prices[0]?.amountMinor;
};

const history = (sku: string) => historyOf(shop.broker, sku);

const emitted = async () => {
  const { rows } = await db.query("SELECT data FROM outbox ORDER BY id");
  return rows.flatMap(({ data }) => data.prices) as { sku: string; amount: number; previousAmount: number | null }[];
};

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe("a price stream", () => {
  test("needs the scope", async () => {
    const auth = { kind: "staff", staffId: "staff_1", scopes: ["catalog:write"] } as const;
    const part = { number: 1, base64: "", isLast: true, type: "application/x-ndjson" };
    expect(await shop.refusal("pricing.streamPrices", { part }, { auth })).toMatchObject({ code: "FORBIDDEN" });
  });

  test("stores its lines, and counts them over all parts", async () => {
    const first = await stream(
      ndjson([
        { sku: "A", amount: 1 },
        { sku: "B", currency: "EUR", amount: 2.5 },
      ]),
      `${ndjson([{ sku: "A", amount: 1 }])}nonsense\n`,
      ndjson([{ sku: "A", amount: 3 }]),
    );
    expect(first).toEqual({
      lines: 5,
      accepted: 3,
      unchanged: 1,
      rejected: [{ line: 4, message: "is not JSON" }],
      rejectedTotal: 1,
    });
    expect([await minorOf("A"), await minorOf("B", "EUR"), await minorOf("B")]).toEqual([300, 250, undefined]);
    expect(await history("A")).toEqual([100, 300]);
    expect((await emitted()).filter(({ sku }) => sku === "A")).toMatchObject([
      { amount: 1, previousAmount: null },
      { amount: 3, previousAmount: 1 },
    ]);
  });

  test("may be empty", async () => {
    expect(await stream("")).toEqual({ lines: 0, accepted: 0, unchanged: 0, rejected: [], rejectedTotal: 0 });
  });

  test("does not take a price that is older than what is stored, also when that was confirmed since", async () => {
    await stream(ndjson([{ sku: "A", amount: 1, at: ago(5_000) }]));
    expect(await stream(ndjson([{ sku: "A", amount: 2, at: ago(6_000) }]))).toMatchObject({
      accepted: 0,
      unchanged: 1,
    });
    expect(await minorOf("A")).toBe(100);
    expect(await stream(ndjson([{ sku: "A", amount: 1, at: ago(2_000) }]))).toMatchObject({
      accepted: 0,
      unchanged: 1,
    });
    expect(await stream(ndjson([{ sku: "A", amount: 4, at: ago(3_000) }]))).toMatchObject({
      accepted: 0,
      unchanged: 1,
    });
    expect(await minorOf("A")).toBe(100);
    expect(await stream(ndjson([{ sku: "A", amount: 5, at: ago(1_000) }]))).toMatchObject({
      accepted: 1,
      unchanged: 0,
    });
    expect(await history("A")).toEqual([100, 500]);
  });

  test("gives way to a price that was set by hand, until it has a newer one", async () => {
    await stream(ndjson([{ sku: "A", amount: 1, at: ago(5_000) }]));
    await shop.call("pricing.setPrice", { sku: "A", amount: 2 });
    await stream(ndjson([{ sku: "A", amount: 3, at: ago(4_000) }]));
    expect(await minorOf("A")).toBe(200);
    await stream(ndjson([{ sku: "A", amount: 4 }]));
    expect(await minorOf("A")).toBe(400);
    expect(await history("A")).toEqual([100, 200, 400]);
  });

  test("rejects the lines of skus that the catalogue does not have, and asks about each sku once", async () => {
    await stream(ndjson([{ sku: "A", amount: 1 }]));
    catalogue.asked.length = 0;
    const counts = await stream(
      ndjson([
        { sku: "GHOST-1", amount: 1 },
        { sku: "A", amount: 2 },
        { sku: "NEW", amount: 1 },
        { sku: "GHOST-1", amount: 2 },
      ]),
    );
    expect(counts).toMatchObject({
      accepted: 2,
      rejected: [
        { line: 1, message: "GHOST-1 is not a variant of any product" },
        { line: 4, message: "GHOST-1 is not a variant of any product" },
      ],
    });
    expect(catalogue.asked.flat().toSorted()).toEqual(["GHOST-1", "NEW"]);
    await stream(ndjson([{ sku: "NEW", amount: 3 }]));
    expect(catalogue.asked.flat()).toHaveLength(2);
    expect(await minorOf("GHOST-1")).toBeUndefined();
  });

  test("of a full part makes few events and rows of history", async () => {
    const lines = Array.from({ length: 4_000 }, (_, n) => ({ sku: `MANY-${n}`, amount: n }));
    expect(await stream(ndjson(lines))).toMatchObject({ accepted: 4_000 });
    const next = lines.map((line) => ({ ...line, amount: line.amount + 1 }));
    await db.query("TRUNCATE outbox, price_change_part");
    expect(await stream(ndjson(next))).toMatchObject({ accepted: 4_000 });
    const { rows } = await db.query(
      "SELECT (SELECT count(*) FROM outbox)::int AS events, (SELECT count(*) FROM price_change_part)::int AS parts",
    );
    expect(rows).toEqual([{ events: pricingLimits.PRICE_SHARDS, parts: pricingLimits.PRICE_SHARDS }]);
    expect(await emitted()).toHaveLength(4_000);
  });
});

test.each(["before-commit", "after-commit"])(
  "a part that fails %s can be stored again, and gives the same",
  async (boundary) => {
    const body = ndjson(Array.from({ length: 50 }, (_, n) => ({ sku: `SAGA-${n}`, amount: 7, at: ago(1_000) })));
    await stream(body.replaceAll('"amount":7', '"amount":6').replaceAll(/"at":"[^"]+"/g, `"at":"${ago(9_000)}"`));
    const points = new FailPoints(`pricing.streamPrices.${boundary}:throw*1`, failPointsOfSchema(pricing));
    armFailPoints(points);
    try {
      await expect(stream(body)).rejects.toThrow("fail point");
    } finally {
      armFailPoints(undefined);
    }
    expect(await stream(body)).toMatchObject({ lines: 50, rejectedTotal: 0 });
    for (const n of [0, 17, 49]) expect(await history(`SAGA-${n}`)).toEqual([600, 700]);
    const changes = (await emitted()).filter(({ previousAmount }) => previousAmount === 6);
    expect(new Set(changes.map(({ sku }) => sku)).size).toBe(50);
    expect(changes).toHaveLength(50);
  },
);

test("any parts, in any order, some of them twice and several at once, leave the newest price of each sku", async () => {
  const started = Date.now();
  const line = fc.record({
    sku: fc.constantFrom("A", "B", "C", "D", "E"),
    amount: fc.integer({ min: 0, max: 5 }),
    age: fc.integer({ min: 1, max: 40 }),
  });
  const lines = fc.uniqueArray(line, { minLength: 1, maxLength: 40, selector: ({ sku, age }) => `${sku}${age}` });
  const deliveries = fc.array(fc.array(fc.nat(), { maxLength: 12 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(lines, deliveries, async (made, again) => {
      await db.query("TRUNCATE price, price_change, price_change_part");
      const dated = made.map(({ sku, amount, age }) => ({ sku, amount, at: new Date(started - age).toISOString() }));
      const bodies = [dated, ...again.map((picks) => picks.flatMap((at) => dated[at % dated.length] ?? []))].map(
        ndjson,
      );
      await Promise.all(bodies.map((body) => stream(body)));
      const newest = new Map<string, Line & { at: string }>();
      for (const one of dated) if (one.at >= (newest.get(one.sku)?.at ?? "")) newest.set(one.sku, one);
      const { rows } = await db.query("SELECT sku, amount_minor::int / 100 AS amount, as_of FROM price ORDER BY sku");
      expect(rows.map(({ as_of, ...row }) => ({ ...row, at: as_of.toISOString() }))).toEqual(
        [...newest.values()].toSorted((a, b) => (a.sku < b.sku ? -1 : 1)),
      );
      for (const { sku, amount } of rows) expect((await history(sku)).at(-1)).toBe(amount * 100);
    }),
    { numRuns: 25 },
  );
});
