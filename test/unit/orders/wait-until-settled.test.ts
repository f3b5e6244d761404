import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseEnv } from "#config/env.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Database } from "#lib/sql/database.ts";
import { orderLimits } from "#services/commerce/orders/domain/limits.ts";
import type { ReceiptRow } from "#services/commerce/orders/orders.store.ts";
import { type Settlements, watchSettlements } from "#services/commerce/orders/setup.ts";

const LONG_MS = 5_000;
const turn = () => new Promise(setImmediate);
const receipt = (orderId: string, status: ReceiptRow["status"]): ReceiptRow => ({
  orderId,
  status,
  paymentStatus: "captured",
  totalMinor: 1,
  currency: "USD",
  reason: null,
  tenders: [],
  taxes: [],
  lineTaxes: [],
  taxId: null,
  discounts: [],
  coupons: [],
  underReview: false,
  createdAt: new Date(0),
  estimatedDelivery: new Date(0),
});

describe("waiting until an order has settled", () => {
  let deps: Settlements;
  let paid: Set<string>;
  /** The order ids of each query. */
  let queries: string[][];
  let outage: boolean;

  beforeEach(() => {
    paid = new Set();
    queries = [];
    outage = false;
    const db = {
      query: async (_sql: string, [orderIds]: [string[]]) => {
        queries.push([...orderIds]);
        if (outage) throw new DomainError("SERVICE_UNAVAILABLE");
        return orderIds.map((orderId) => receipt(orderId, paid.has(orderId) ? "paid" : "pending_payment"));
      },
    } as unknown as Database;
    deps = watchSettlements({ db, env: parseEnv({}) });
  });
  afterEach(() => deps.settlements.close());

  test("answers at once for an order that has settled already", async () => {
    paid.add("a");
    expect(await deps.waitUntilSettled("a", LONG_MS)).toMatchObject({ orderId: "a" });
  });

  test("is woken by the signal; signals of other orders cost no query", async () => {
    const waiting = deps.waitUntilSettled("a", LONG_MS);
    while (queries.length === 0) await turn();
    await turn();
    paid.add("a");
    deps.settlements.notify("b");
    deps.settlements.notify("a");
    expect(await waiting).toMatchObject({ orderId: "a" });
    expect(queries).toEqual([["a"], ["a"]]);
  });

  test("does not miss a change between the call and its first query", async () => {
    const waiting = deps.waitUntilSettled("a", LONG_MS);
    paid.add("a"); // committed, and its signal came before the first query
    expect(await waiting).toMatchObject({ orderId: "a" });
  });

  test("the poll finds the change when the signal was lost, also after a database outage", async () => {
    outage = true;
    const waiting = deps.waitUntilSettled("a", LONG_MS);
    while (queries.length === 0) await turn();
    paid.add("a");
    outage = false;
    const began = Date.now();
    expect(await waiting).toMatchObject({ orderId: "a" });
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  test("answers undefined when the time is up, and queries no more", async () => {
    expect(await deps.waitUntilSettled("a", 20)).toBeUndefined();
    deps.settlements.notify("a");
    expect(queries).toEqual([["a"]]);
  });

  test("as many callers as allowed share one query; the next caller does not wait", async () => {
    const waiting = Array.from({ length: orderLimits.ORDER_WAITERS }, (_, n) =>
      deps.waitUntilSettled(`order-${n % 10}`, LONG_MS),
    );
    expect(await deps.waitUntilSettled("order-0", LONG_MS)).toBeUndefined();
    for (let n = 0; n < 10; n++) paid.add(`order-${n}`);
    expect((await Promise.all(waiting)).filter((row) => row === undefined)).toEqual([]);
    expect(queries).toHaveLength(1);
  });

  test("closing answers every caller", async () => {
    const waiting = deps.waitUntilSettled("a", LONG_MS);
    deps.settlements.close();
    expect(await waiting).toBeUndefined();
  });
});
