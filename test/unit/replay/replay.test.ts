import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { FakeShop } from "./fake-shop.ts";

const TOOL = join(import.meta.dirname, "../../../tools/replay.ts");
const INVOICES = 40;
const LINES = 3;
/** Runs of a whole command, each starting a process; the slowest test has six of them. */
const TEST_MS = 60_000;
/** Σ over invoices 0–39 of three lines of (invoice + 1) pieces at 0.10, 1.10 and 2.10, by hand: 820 × 3.30. */
const REVENUE = 270_600;

jest.setTimeout(TEST_MS);

let folder: string;
let file: string;
let shop: FakeShop;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "replay-"));
  file = join(folder, "sales.csv.gz");
  await writeFile(file, gzipSync(sales()));
  shop = new FakeShop();
  await shop.start();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await shop.stop();
  await rm(folder, { recursive: true });
});

function sales(): string {
  const lines = ["invoice,stockCode,description,quantity,date,unitPrice,customerId,country"];
  for (let invoice = 0; invoice < INVOICES; invoice += 1) {
    const at = `2010-12-01T10:${String(invoice).padStart(2, "0")}:00Z`;
    const customer = invoice % 5 === 0 ? "" : String(100 + (invoice % 7));
    for (let line = 0; line < LINES; line += 1) {
      const rest = `"BOX, ""RED"" ${line}",${invoice + 1},${at},${line}.1,${customer},United Kingdom`;
      lines.push(`${1000 + invoice},1000${line + (invoice % 2)}a,${rest}`);
    }
    lines.push(`C${2000 + invoice},POST,POSTAGE,-1,${at},4.0,,EIRE`);
  }
  return `${lines.join("\n")}\n`;
}

interface Ended {
  code: number | null;
  out: string[];
  err: string;
}

function replay(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [TOOL, file, "--url", shop.url, "--concurrency", "4", "--json", ...args]);
  children.push(child);
  let out = "";
  let err = "";
  child.stdout.on("data", (piece) => {
    out += piece;
  });
  child.stderr.on("data", (piece) => {
    err += piece;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => resolve({ code, out: out.trimEnd().split("\n"), err }));
  });
  return { child, ended };
}

/** What must be the same after any number of runs, whatever happened in them. */
function state() {
  return {
    products: [...shop.products.values()],
    prices: [...shop.prices],
    stock: [...shop.stock],
    customers: [...shop.customers],
    orders: shop.orders.map(({ owner, items }) => JSON.stringify([owner, items])).sort(),
  };
}

test("sells the file to the penny, and a second run changes nothing", async () => {
  const first = await replay().ended;
  expect(first).toMatchObject({ code: 0 });
  expect(JSON.parse(first.out.at(-1) ?? "")).toEqual({
    invoices: INVOICES,
    orders: INVOICES,
    paid: INVOICES,
    skipped: {
      cancellation: INVOICES,
      notAProduct: 0,
      quantityNotPositive: 0,
      priceNotPositive: 0,
      priceNotWholePence: 0,
      quantityTooLarge: 0,
    },
    revenueShopMinor: REVENUE,
    revenueFileMinor: REVENUE,
    currency: "GBP",
    ordersPerSecond: expect.any(Number),
    p50Ms: expect.any(Number),
    p95Ms: expect.any(Number),
    p99Ms: expect.any(Number),
  });
  expect([...shop.stock.values()].every((left) => left === 0)).toBe(true);

  const after = state();
  const second = await replay().ended;
  expect(second.code).toBe(0);
  expect(second.out.join()).toContain(`${INVOICES}, ${INVOICES} of them known to the shop before`);
  expect(state()).toEqual(after);
});

test("ends the same when answers are lost and requests turned away", async () => {
  shop.loseEvery = 7;
  shop.turnAwayEvery = 5;
  expect(await replay().ended).toMatchObject({ code: 0 });
  expect(shop.orders).toHaveLength(INVOICES);
  expect([...shop.stock.values()].every((left) => left === 0)).toBe(true);
});

test("killed in the middle and run again, ends the same", async () => {
  const { child, ended } = replay();
  shop.onOrder = (count) => count === 15 && child.kill("SIGKILL");
  expect(await ended).toMatchObject({ code: null });
  expect(shop.orders.length).toBeLessThan(INVOICES);

  const again = await replay().ended;
  expect(JSON.parse(again.out.at(-1) ?? "")).toMatchObject({
    orders: INVOICES,
    paid: INVOICES,
    revenueShopMinor: REVENUE,
  });
  expect(shop.orders).toHaveLength(INVOICES);
  expect([...shop.stock.values()].every((left) => left === 0)).toBe(true);
});

test("killed at any other moment as well", async () => {
  for (const moment of ["/products:batch", "/prices:batch", "/inventory:batch", "/customers", "/auth/login"]) {
    const { child, ended } = replay();
    while (!shop.seen.some((request) => request.endsWith(moment))) await sleep(2);
    child.kill("SIGKILL");
    await ended;
  }
  expect(await replay().ended).toMatchObject({ code: 0 });
  expect([...shop.stock.values()].every((left) => left === 0)).toBe(true);
});

test("waits for a shop that was killed and comes back with other keys", async () => {
  const { ended } = replay();
  await new Promise<void>((resolve) => {
    shop.onOrder = (count) => count === 15 && resolve();
  });
  await shop.stop();
  await sleep(300);
  await shop.start();
  expect(await ended).toMatchObject({ code: 0 });
  expect(shop.orders).toHaveLength(INVOICES);
});

test("fewer invoices are the first in time", async () => {
  const { code, out } = await replay("--invoices", "10").ended;
  expect(code).toBe(0);
  expect(JSON.parse(out.at(-1) ?? "")).toMatchObject({
    invoices: 10,
    skipped: { cancellation: 10 },
    revenueShopMinor: 18_150,
  });
});

test("says in one line that an order is not paid", async () => {
  shop.declinedSku = "10000A-10";
  const { code, err } = await replay("--invoices", "2").ended;
  expect(code).toBe(1);
  expect(err).toContain("replay: 1 of 2 orders are not paid: 1000: ord_0 is cancelled\n");
});

test("says in one line that an order was refused", async () => {
  shop.dearerSku = "10001A-10";
  const { code, err } = await replay("--invoices", "2").ended;
  expect(code).toBe(1);
  expect(err).toContain(
    "1 of 2 orders are not paid: 1001: POST /orders answered 409 PRICE_CHANGED: fake PRICE_CHANGED\n",
  );
});

test("says in one line by how much the shop's revenue differs", async () => {
  shop.cheatMinor = 1;
  const { code, err, out } = await replay("--invoices", "1").ended;
  expect(code).toBe(1);
  expect(err).toContain("replay: the shop's revenue differs from the file's by 0.01 GBP\n");
  expect(JSON.parse(out.at(-1) ?? "")).toMatchObject({ revenueShopMinor: 331, revenueFileMinor: 330 });
});

test("gives up on a shop that stays away", async () => {
  await shop.stop();
  const { code, err } = await replay("--patience", "1").ended;
  expect(code).toBe(1);
  expect(err).toMatch(/^replay: the shop does not answer: .*ECONNREFUSED/m);
});

test("explains itself when called wrongly", async () => {
  const { code, err } = await replay("--invoice", "1").ended;
  expect(code).toBe(2);
  expect(err).toContain("usage: npm run replay");
});
