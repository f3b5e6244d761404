import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

let shop: Shop;
let staff: Client;
let buyer: Client;

beforeAll(async () => {
  shop = await startShop("this process", { SHOP_TAX_ID: "US123456789" });
  staff = await staffMember(shop);
  buyer = await newCustomer(shop);
});
afterAll(() => shop?.stop());

const run = promisify(execFile);
const REPLAY = join(import.meta.dirname, "../../tools/replay.ts");

/** Sales of a month in the format of the replay: two customers, one of whom returns a part. */
const SALES = [
  "invoice,stockCode,description,quantity,date,unitPrice,customerId,country",
  "1,10001,MUG,3,2011-11-01T10:00:00Z,2.55,7,United Kingdom",
  "1,10002,PLATE,7,2011-11-01T10:00:00Z,0.29,7,United Kingdom",
  "2,10001,MUG,1,2011-11-02T10:00:00Z,2.55,8,France",
  "C3,10002,PLATE,-2,2011-11-03T10:00:00Z,0.29,7,United Kingdom",
  "4,10001,MUG,1,2011-12-01T10:00:00Z,2.55,7,United Kingdom",
];

interface Entry {
  eventId: string;
  eventType: string;
  lines: { account: string; debit: number; credit: number }[];
}

const moved = async (orderId: string): Promise<Entry[]> => {
  const { body } = await staff.get(`/ledger/entries?orderId=${orderId}`);
  return body.entries.filter(({ eventType }: Entry) => eventType.startsWith("Payment"));
};

test("money that comes and goes is in the books, and every figure leads back to its event", async () => {
  const goods = await newGoods(staff, 5);
  const placed = await buyer.post("/orders", orderOf(buyer, goods, 2), { prefer: "wait=10" });
  const { orderId } = placed.body;
  const { body } = await buyer.get(`/orders/${orderId}?expand=payment`);
  await staff.post(`/payments/${body.payment.paymentId}/refund`, { amount: 15, reason: "damaged" });
  const entries = await eventually(async () => {
    const found = await moved(orderId);
    expect(found.map(({ eventType }) => eventType)).toEqual(["PaymentRefunded", "PaymentCompleted"]);
    return found;
  });
  expect(entries.map(({ lines }) => lines.find(({ account }) => account === "clearing:test"))).toEqual([
    { account: "clearing:test", debit: 0, credit: 15 },
    { account: "clearing:test", debit: 40, credit: 0 },
  ]);
  await eventually(async () => {
    const { body: trial } = await staff.get("/ledger/trial-balance?currency=USD");
    expect(trial.debit).toBe(trial.credit);
    expect(trial.accounts).toContainEqual({ account: "clearing:test", debit: 25, credit: 0 });
    const { body: compared } = await staff.get("/ledger/reconciliation");
    expect(compared.providers).toEqual([
      { provider: "test", account: "clearing:test", currency: "USD", ledger: 25, held: 25, difference: 0 },
    ]);
  });
  const { body: statement } = await staff.get("/ledger/accounts/clearing:test/statement?currency=USD&from=2020-01-01");
  expect(statement).toMatchObject({ opening: { debit: 0, credit: 0 }, closing: { debit: 25, credit: 0 } });
  expect(statement.lines.map(({ eventId }: Entry) => eventId)).toEqual(
    entries.map(({ eventId }) => eventId).toReversed(),
  );
  const account = `customer:${buyer.customerId}`;
  const { body: accounts } = await staff.get("/ledger/accounts?kind=customer");
  expect(accounts.accounts).toEqual([expect.objectContaining({ account, type: "asset" })]);
  expect((await staff.get(`/ledger/entries?account=${account}&limit=1`)).body).toMatchObject({
    entries: [{ orderId, customerId: buyer.customerId }],
    pagination: { next: expect.any(String) },
  });
});

test("only staff with the scope read the books and close a month, and only one that is over", async () => {
  for (const path of ["trial-balance?currency=USD", "accounts", "entries?sellerId=shop", "periods", "reconciliation"]) {
    expect((await buyer.get(`/ledger/${path}`)).status).toBe(403);
    expect((await staff.get(`/ledger/${path}`)).status).toBe(200);
  }
  expect(await buyer.post("/ledger/periods/2020-01/close")).toMatchObject({ status: 403 });
  expect(await staff.post("/ledger/periods/2999-01/close")).toMatchObject({
    status: 409,
    body: { code: "PERIOD_NOT_OVER" },
  });
  const closed = await staff.post("/ledger/periods/2020-01/close");
  expect(closed).toMatchObject({ status: 200, body: { period: "2020-01", status: "closed" } });
  expect((await staff.post("/ledger/periods/2020-01/close")).body).toEqual(closed.body);
  const { body } = await staff.get("/ledger/periods");
  expect(body.periods.at(-1)).toEqual(closed.body);
  for (const path of [
    "trial-balance",
    "trial-balance?currency=usd",
    "entries",
    "trial-balance?currency=USD&at=2026-02-30",
  ]) {
    expect((await staff.get(`/ledger/${path}`)).status).toBe(422);
  }
});

test("a month of sales and returns gives invoices, PDFs, credit notes, statements and a trial balance that agree with its file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "books-"));
  try {
    const file = join(folder, "sales.csv");
    await writeFile(file, `${SALES.join("\n")}\n`);
    const { stdout } = await run(process.execPath, [
      REPLAY,
      file,
      "--month",
      "2011-11",
      "--books",
      "--tax",
      "VAT 20",
      "--url",
      shop.url,
    ]);
    expect(stdout).toMatch(/^invoices, PDFs +2, 2$/m);
    expect(stdout).toMatch(/^orders credited +1$/m);
    expect(stdout).toMatch(/^sold less refunds +11\.65 GBP$/m);
    expect(stdout).toMatch(/^with the provider +11\.65 GBP$/m);
  } finally {
    await rm(folder, { recursive: true });
  }
});
