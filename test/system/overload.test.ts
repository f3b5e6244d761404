import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Shop, startShop } from "#test/support/shop.ts";
import { demoOrders, loadOpen } from "#tools/chaos/load-open.ts";

const RATE = 1_500; // a second; far above what one process takes
const SECONDS = 3;
const CONNECTIONS = 300;

let shop: Shop;
beforeAll(async () => {
  shop = await startShop("one process");
});
afterAll(() => shop?.stop());

test("a rush beyond all measure: what is taken is answered soon, the rest is refused at once, and then all is well", async () => {
  const requests = await demoOrders(shop.url);
  const rush = await loadOpen({ url: shop.url, rate: RATE, seconds: SECONDS, connections: CONNECTIONS, requests });
  expect(Object.keys(rush.byStatus).sort()).toEqual(["201", "503"]);
  expect(rush.refusedWithoutRetryAfter).toBe(0);
  const calm = await loadOpen({ url: shop.url, rate: 20, seconds: 1, connections: 20, requests });
  expect(calm.byStatus).toEqual({ "201": 20 });
});
