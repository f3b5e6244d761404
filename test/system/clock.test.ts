import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { readUntil } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

const CLOCK = join(import.meta.dirname, "../../tools/chaos/clock.ts");
const HOUR_MS = 3_600_000;
const A_MINUTE_MS = 60_000;

let shop: Shop;
let buyer: Client;
let staff: Client;

beforeAll(async () => {
  shop = await startShop("one process", {
    NODE_OPTIONS: `--import=${CLOCK}`,
    CLOCK_OFFSET_MS: String(-10 * A_MINUTE_MS),
    CLOCK_JUMP_MS: String(2 * HOUR_MS),
  });
  staff = await staffMember(shop);
  buyer = await newCustomer(shop);
}, 60_000);
afterAll(() => shop?.stop(), 60_000);

test("a node ten minutes behind, whose clock then jumps two hours ahead: nothing expires, and steps stay in order", async () => {
  const goods = await newGoods(staff, 10);
  const began = Date.now();
  const waiting = await buyer.post("/orders", orderOf(buyer, goods, 1, "pm_card_authenticationRequired"));
  const { body: cart } = await buyer.post("/carts", {});
  shop.node("shop").signal("SIGUSR2");
  await buyer.post(`/carts/${cart.cartId}/items`, { productId: goods.productId, sku: goods.sku, quantity: 1 });
  const { body: order } = await buyer.post("/orders", orderOf(buyer, goods), { prefer: "wait=5" });
  expect(order).toMatchObject({ status: "paid" });
  const later = await newCustomer(shop); // signs in by the new time
  expect((await later.get(`/customers/${later.customerId}`)).status).toBe(200);

  const timeline = await readUntil(
    () => buyer.get(`/orders/${order.orderId}/timeline`),
    ({ body }) => body.steps?.length >= 5,
  );
  const times = timeline.body.steps.map(({ at }: { at: string }) => Date.parse(at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  for (const at of [...times, Date.parse(order.createdAt)]) expect(Math.abs(at - began)).toBeLessThan(A_MINUTE_MS);

  shop.node("shop").signal("SIGUSR2");
  const still = await buyer.get(`/orders/${waiting.body.orderId}`);
  expect(still).toMatchObject({ status: 200, body: { status: "pending_payment" } });
  expect((await buyer.get(`/carts/${cart.cartId}`)).body.items).toHaveLength(1);
});
