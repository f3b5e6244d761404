import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { demoProducts } from "#config/demo.ts";
import { Client, newCustomer, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

const SKUS = demoProducts.flatMap(({ variants }) => variants.map(({ sku }) => sku));

const LOOK_MS = 2; // between two looks at a price that has not changed yet

let shop: Shop;
let staff: Client;
let guest: Client;

beforeAll(async () => {
  // Prices are kept by two nodes, neither of which has the gateway.
  shop = await startShop("cluster", {}, { west: ["services/product"] });
  staff = await staffMember(shop);
  guest = new Client(shop);
});

afterAll(async () => {
  await shop?.stop();
});

interface Line {
  sku: string;
  amount: number;
  at?: string;
}

const ndjson = (lines: readonly Line[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

const stream = (body: string, client = staff) =>
  client.send("POST", "/prices:stream", { body, headers: { "content-type": "application/x-ndjson" } });

const priceOf = async (sku = "") => (await guest.get(`/prices/${sku}`)).body.amount as number;

/** When the next round of prices is made: after all that were sent before. Clocks may differ, so the shop takes it. */
let nextAt = 0;

/** Prices of all skus that rise with each round; each round is made one millisecond after the one before. */
function rounds(count: number, from: number): Line[] {
  const began = Math.max(nextAt, Date.now());
  nextAt = began + count;
  return Array.from({ length: count }, (_, round) => round).flatMap((round) =>
    SKUS.map((sku) => ({ sku, amount: from + round, at: new Date(began + round).toISOString() })),
  );
}

const expectAll = (amount: number) =>
  eventually(async () => {
    for (const sku of SKUS) expect(await priceOf(sku)).toBe(amount);
  });

test("a stream is stored, and names the lines that cannot be", async () => {
  const [first, second] = SKUS as [string, string];
  const body = `${ndjson([{ sku: first, amount: 5 }])}{"sku":\n\n${ndjson([{ sku: "NOT-SOLD", amount: 1 }])}${ndjson([{ sku: second, amount: 6 }]).trim()}`;
  const { status, body: counts } = await stream(body);
  expect([status, counts]).toEqual([
    200,
    {
      ...{ lines: 5, accepted: 2, unchanged: 0, rejectedTotal: 2 },
      rejected: [
        { line: 2, message: "is not JSON" },
        { line: 4, message: "NOT-SOLD is not a variant of any product" },
      ],
    },
  ]);
  expect([await priceOf(first), await priceOf(second)]).toEqual([5, 6]);
  expect((await stream(body, await newCustomer(shop))).status).toBe(403);
  expect((await staff.post("/prices:stream", {})).status).toBe(415);
});

test("readers at the gateway see a change long before a cached answer would end, while a stream flows", async () => {
  const [watched = "", ...others] = SKUS;
  let flows = true;
  const flowing = (async () => {
    for (let n = 0; flows; n++) {
      const lines = Array.from({ length: 2_000 }, (_, at) => ({
        sku: others[at % others.length] ?? "",
        amount: n + at,
      }));
      expect((await stream(ndjson(lines))).status).toBe(200);
    }
  })();
  const delays: number[] = [];
  try {
    for (let amount = 1_000; amount < 1_020; amount++) {
      await priceOf(watched); // so that the old price is cached
      expect((await stream(ndjson([{ sku: watched, amount }]))).body).toMatchObject({ accepted: 1 });
      const began = performance.now();
      await eventually(async () => expect(await priceOf(watched)).toBe(amount), undefined, LOOK_MS);
      delays.push(performance.now() - began);
    }
  } finally {
    flows = false;
    await flowing;
  }
  expect(delays.toSorted((a, b) => a - b)[delays.length / 2]).toBeLessThan(100);
});

test("a client that goes away leaves the parts before, and may send everything again", async () => {
  const lines = rounds(400, 2_000);
  const half = ndjson(lines.slice(0, lines.length / 2));
  const req = request(`${shop.url}/api/v1/prices:stream`, {
    method: "POST",
    headers: { authorization: `Bearer ${staff.token}`, "content-type": "application/x-ndjson" },
  });
  req.on("error", () => {});
  req.write(half);
  await eventually(async () => expect(await priceOf(SKUS[0])).toBeGreaterThanOrEqual(2_000));
  req.destroy();
  await eventually(async () => expect(await priceOf(SKUS[0])).toBeLessThan(2_200));
  expect((await stream(ndjson(lines))).body).toMatchObject({ lines: lines.length, rejectedTotal: 0 });
  await expectAll(2_399);
});

test("when a node is killed, the stream may be sent again, and gives the same prices", async () => {
  const body = ndjson(rounds(600, 3_000));
  const broken = stream(body);
  await eventually(async () => expect(await priceOf(SKUS[0])).toBeGreaterThanOrEqual(3_000));
  await shop.node("west").end("SIGKILL");
  await broken; // 200 when the other node could take over
  expect((await stream(body)).body).toMatchObject({ lines: 600 * SKUS.length, rejectedTotal: 0 });
  await expectAll(3_599);
  expect((await stream(body)).body).toMatchObject({ accepted: 0, unchanged: 600 * SKUS.length });
  shop.node("west").start();
  await shop.ready();
});
