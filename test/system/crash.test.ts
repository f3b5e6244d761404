import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { readUntil } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

/** Places orders one after the other with keys of their own, retrying whatever has no answer: a client that does not give up. */
async function placeAll(
  buyer: Client,
  bodies: readonly object[],
  keyPrefix: string,
  inFlight: number,
): Promise<string[]> {
  const orderIds: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < bodies.length; index = next++) {
      const key = { "idempotency-key": `${keyPrefix}-${index}` };
      for (let attempt = 0; attempt < 200; attempt++) {
        const answer = await buyer.post("/orders", bodies[index], key).catch(() => undefined);
        if (answer?.status === 201) {
          orderIds.push(answer.body.orderId);
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return orderIds;
}

describe.each(["one process", "cluster"] as const)("killed in the middle: %s", (mode) => {
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  const COUNT = 60;

  beforeAll(async () => {
    shop = await startShop(mode);
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
  }, 60_000);

  afterAll(() => shop?.stop(), 60_000);

  test("every order is placed once, charged once, and paid", async () => {
    const goods = await newGoods(staff, COUNT);
    const bodies = Array.from({ length: COUNT }, () => orderOf(buyer, goods));
    const placing = placeAll(buyer, bodies, `crash-${goods.sku}`, 8);
    const victims = mode === "cluster" ? ["west", "east", "west"] : ["shop", "shop"];
    for (const name of victims) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      const victim = shop.node(name);
      await victim.end("SIGKILL");
      victim.start();
      await shop.ready();
    }
    const orderIds = await placing;
    expect(new Set(orderIds).size).toBe(COUNT);
    for (const orderId of orderIds) {
      const order = await readUntil(
        () => buyer.get(`/orders/${orderId}?expand=payment`).catch(() => ({ body: {} })),
        ({ body }) => body.status === "paid",
        40_000,
      );
      expect(order.body).toMatchObject({
        status: "paid",
        payment: { status: "captured", amount: 20, capturedAmount: 20 },
      });
    }
    const list = await buyer.get(`/customers/${buyer.customerId}/orders?limit=1`);
    expect(list.body.pagination.total).toBe(COUNT);
    const stock = await readUntil(
      () => staff.get(`/inventory/${goods.sku}`),
      ({ body }) => body.warehouses[0].onHand === 0,
      20_000,
    );
    expect(stock.body).toMatchObject({ available: 0, warehouses: [{ onHand: 0, reserved: 0 }] });
  }, 150_000);
});
