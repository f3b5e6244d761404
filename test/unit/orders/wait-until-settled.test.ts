import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { orderLimits } from "#services/commerce/orders/domain/limits.ts";
import type { ReceiptRow } from "#services/commerce/orders/orders.store.ts";
import { SettlementWatch } from "#services/commerce/orders/settlement-watch.ts";

const receipt = (orderId: string): ReceiptRow => ({
  orderId,
  status: "paid",
  paymentStatus: "captured",
  totalMinor: 1,
  currency: "USD",
  reason: null,
  createdAt: new Date(0),
  estimatedDelivery: new Date(0),
});

describe("waiting for orders to settle", () => {
  let watch: SettlementWatch;
  let paid: Set<string>;
  let lookups: string[][];
  let away: boolean;

  beforeEach(() => {
    paid = new Set();
    lookups = [];
    away = false;
    watch = new SettlementWatch(async (orderIds) => {
      lookups.push([...orderIds]);
      if (away) throw new Error("The database is away.");
      return orderIds.filter((orderId) => paid.has(orderId)).map(receipt);
    });
  });
  afterEach(() => watch.close());

  test("an order that has settled already answers at once", async () => {
    paid.add("a");
    expect(await watch.settled("a", 5_000)).toMatchObject({ orderId: "a" });
  });

  test("the signal wakes; signals of orders nobody waits for cost nothing", async () => {
    const waiting = watch.settled("a", 5_000);
    await new Promise(setImmediate);
    paid.add("a");
    watch.settle("b");
    watch.settle("a");
    expect(await waiting).toMatchObject({ orderId: "a" });
    expect(lookups).toEqual([["a"], ["a"]]);
  });

  test("a change between registering and looking is not missed", async () => {
    const waiting = watch.settled("a", 5_000);
    paid.add("a"); // committed, and its signal came before anybody looked
    expect(await waiting).toMatchObject({ orderId: "a" });
  });

  test("the poll finds what a lost signal did not tell, and outlives an outage", async () => {
    away = true;
    const waiting = watch.settled("a", 5_000);
    await new Promise(setImmediate);
    paid.add("a");
    away = false;
    const began = Date.now();
    expect(await waiting).toMatchObject({ orderId: "a" });
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  test("time runs out", async () => {
    expect(await watch.settled("a", 20)).toBeUndefined();
    watch.settle("a");
    expect(lookups).toEqual([["a"]]);
  });

  test("as many as the limit wait together with one look-up; the next is not kept", async () => {
    const waiting = Array.from({ length: orderLimits.ORDER_WAITERS }, (_, n) =>
      watch.settled(`order-${n % 10}`, 5_000),
    );
    expect(await watch.settled("order-0", 5_000)).toBeUndefined();
    for (let n = 0; n < 10; n++) paid.add(`order-${n}`);
    expect((await Promise.all(waiting)).filter((row) => row === undefined)).toEqual([]);
    expect(lookups).toHaveLength(1);
  });

  test("closing lets everybody go", async () => {
    const waiting = watch.settled("a", 5_000);
    watch.close();
    expect(await waiting).toBeUndefined();
  });
});
