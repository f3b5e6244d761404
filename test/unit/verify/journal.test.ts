import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Journal, readJournal, type StoredEntry } from "#tools/verify/journal.ts";
import { promiseOf } from "#tools/verify/promises.ts";

const entry = { at: "2026-01-31T12:00:00.000Z", client: "buyer", method: "POST", path: "/orders", status: 201 };

async function read(file: string): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const told of readJournal(file)) entries.push(told);
  return entries;
}

async function inFile<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  try {
    return await work(join(folder, "clients.jsonl"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a journal keeps ids and amounts, and no tokens", () =>
  inFile(async (file) => {
    const journal = new Journal(file);
    journal.write({ ...entry, body: { orderId: "ord_1", totalAmount: 2.5, accessToken: "secret", items: [] } });
    const told = await read(file); // before it is closed: its writer may be killed
    journal.close();
    expect(told).toEqual([{ ...entry, body: { orderId: "ord_1", totalAmount: 2.5 } }]);
  }));

test("a last line that was cut off is left out; any other is a fault", () =>
  inFile(async (file) => {
    const journal = new Journal(file);
    journal.write(entry);
    journal.close();
    await appendFile(file, '{"at":');
    expect(await read(file)).toEqual([entry]);
    await appendFile(file, `\n${JSON.stringify(entry)}\n`);
    await expect(read(file)).rejects.toThrow("clients.jsonl:2 is not JSON");
  }));

test.each<[string, Partial<StoredEntry>, ReturnType<typeof promiseOf>]>([
  [
    "an order",
    { path: "/api/v1/orders?x=1", key: "k", body: { orderId: "ord_1", totalAmount: 2.5, currency: "USD" } },
    { kind: "order", orderId: "ord_1", totalMinor: 250, request: "buyer /orders k" },
  ],
  [
    "an order by checkout, in a currency without cents",
    { path: "/checkout", body: { orderId: "ord_1", totalAmount: 250, currency: "JPY" } },
    { kind: "order", orderId: "ord_1", totalMinor: 250 },
  ],
  ["a cancellation", { path: "/orders/ord_1/cancel", status: 200 }, { kind: "cancelled", orderId: "ord_1" }],
  [
    "a capture, told twice under one key",
    { path: "/payments/pay_1/capture", status: 200, key: "k", body: { capturedAmount: 1, currency: "USD" } },
    { kind: "captured", paymentId: "pay_1", minor: 100, once: "buyer /payments/pay_1/capture k" },
  ],
  [
    "a refund, by its own id",
    { path: "/payments/pay_1/refund", status: 200, body: { refundId: "ref_1", refundedAmount: 1, currency: "USD" } },
    { kind: "refunded", paymentId: "pay_1", minor: 100, once: "ref_1" },
  ],
  ["a customer", { path: "/customers", body: { customerId: "cust_1" } }, { kind: "customer", customerId: "cust_1" }],
  ["a refusal promises nothing", { status: 409 }, undefined],
  ["a read promises nothing", { method: "GET" }, undefined],
  ["other paths are not checked", { path: "/payments/authorize" }, undefined],
])("%s", (_, part, promise) => {
  expect(promiseOf({ ...entry, ...part }, 1)).toEqual(promise);
});
