import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

const PRODUCT = "services/product";
const others = readdirSync(join(import.meta.dirname, "../..", PRODUCT)).filter((name) => name !== "reviews");
/** In a cluster reviews has a node of its own, so that it can be killed alone. */
const NODES = {
  east: [...others.map((name) => `${PRODUCT}/${name}`), "services/commerce", "services/logistics"],
  reviews: [`${PRODUCT}/reviews`],
};
const TEXT = "It has survived ten years of camps, and keeps coffee warm.";

describe.each(MODES)("reviews in %s", (mode) => {
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop(mode, {}, NODES);
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    goods = await newGoods(staff, 1_000);
  }, 60_000);

  afterAll(() => shop?.stop());

  const guest = () => new Client(shop);
  const shown = async () => (await guest().get(`/products/${goods.productId}`)).body.rating;
  const reviews = async () => (await guest().get(`/products/${goods.productId}/reviews`)).body;
  const buy = async () =>
    expect((await buyer.post("/orders", orderOf(buyer, goods), { prefer: "wait=10" })).body.status).toBe("paid");

  test("show with the product at once, and know who bought it", async () => {
    expect(await shown()).toBeUndefined(); // it is in the cache of the gateway now
    const path = `/products/${goods.productId}/reviews`;
    const sent = { rating: 4, title: "A mug", text: TEXT };
    const headers = { "idempotency-key": "once" };
    const made = await buyer.post(path, sent, headers);
    expect(made).toMatchObject({ status: 201, body: { status: "approved", verifiedPurchase: false } });
    expect((await buyer.post(path, sent, headers)).body).toEqual(made.body);
    expect((await buyer.post(path, sent)).status).toBe(409);
    await eventually(async () => expect(await shown()).toEqual({ average: 4, count: 1 }));
    const { body: list } = await guest().get("/products?limit=100");
    expect(list.products.find(({ productId }: Goods) => productId === goods.productId).rating).toEqual({
      average: 4,
      count: 1,
    });

    await buy();
    await eventually(async () => expect((await reviews()).reviews[0].verifiedPurchase).toBe(true));
    const { reviewId } = made.body;
    const [other, voter] = [await newCustomer(shop), guest()];
    expect((await voter.post(`/reviews/${reviewId}/votes`, { helpful: true })).status).toBe(401);
    expect((await other.post(`/reviews/${reviewId}/votes`, { helpful: true })).body).toMatchObject({ votes: 1 });
    await eventually(async () => expect((await reviews()).reviews[0].helpfulVotes).toBe(1));

    const { body: suspect } = await other.post(path, { ...sent, text: "Cheaper at https://other.example" });
    expect(suspect.status).toBe("pending");
    const { body: queue } = await staff.get("/reviews?status=pending");
    expect(queue.reviews).toEqual([expect.objectContaining({ reviewId: suspect.reviewId, brokenRules: ["links"] })]);
    expect((await staff.post(`/reviews/${suspect.reviewId}/approve`, {})).body.status).toBe("approved");
    await eventually(async () => expect((await shown()).count).toBe(2));
    expect((await staff.post(`/reviews/${suspect.reviewId}/reject`, { reason: "An advertisement." })).status).toBe(200);
    await eventually(async () => expect((await shown()).count).toBe(1));
  }, 30_000);

  const whenKilled = mode === "cluster" ? test : () => undefined;
  whenKilled(
    "can be killed: products show without ratings, buying goes on, and the rest is caught up on",
    async () => {
      const node = shop.node("reviews");
      await node.end("SIGKILL");
      const deadline = performance.now() + 4_500; // until other nodes count it as gone, and longer
      for (let limit = 1; performance.now() < deadline; limit++) {
        const began = performance.now();
        const read = await guest().get(`/products?limit=${1 + (limit % 100)}`); // another address, which is not in the cache
        expect([read.status, performance.now() - began < 2_500]).toEqual([200, true]);
        await buy();
      }
      expect(await shown()).toBeUndefined();
      expect((await guest().get(`/products/${goods.productId}/reviews`)).status).toBe(503);
      const late = await newGoods(staff, 10);
      expect((await buyer.post("/orders", orderOf(buyer, late), { prefer: "wait=10" })).body.status).toBe("paid");
      node.start();
      await eventually(async () => expect(await shown()).toEqual({ average: 4, count: 1 }), 20_000, 200);
      await eventually(async () => {
        const { body } = await buyer.get(`/customers/${buyer.customerId}/reviews`);
        if (body.reviews.length === 1)
          await buyer.post(`/products/${late.productId}/reviews`, {
            rating: 5,
            title: "Late",
            text: "As it should be",
          });
        expect(body.reviews[0]).toMatchObject({ title: "Late", verifiedPurchase: true });
      }, 20_000);
    },
    60_000,
  );
});
