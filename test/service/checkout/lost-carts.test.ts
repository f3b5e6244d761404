import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { redisServer } from "#test/support/servers.ts";
import { anna, startCheckout } from "./checkout-fixture.ts";

describe("checkout of carts that Redis loses", () => {
  let redis: Awaited<ReturnType<typeof redisServer>>;
  let client: Redis;
  let shop: Awaited<ReturnType<typeof startCheckout>>;
  let cartId: string;
  beforeAll(async () => {
    redis = await redisServer({ own: true });
    client = new Redis(redis.url);
    shop = await startCheckout(redis.url);
  });
  afterAll(async () => {
    await shop?.stop();
    await client?.quit();
    await redis?.stop();
  });

  const shippingAddress = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201" };
  const checkOut = () => shop.as(anna)("checkout.create", { cartId, shippingAddress, paymentMethodId: "pm_card_visa" });
  const add = (sku: string) => shop.as(anna)("carts.addItem", { cartId, productId: "prod", sku, quantity: 1 });
  const lose = () => client.flushall();

  beforeEach(async () => {
    shop.reset();
    ({ cartId } = await shop.as(anna)("carts.create", {}));
    await add("tent");
  });

  test("a checkout that failed before its order is resumed with what was agreed to", async () => {
    shop.fails.beforePlacing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    await lose();
    shop.fails.beforePlacing = false;
    const { orderId, totalAmount } = await checkOut();
    expect(totalAmount).toBe(289);
    expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([orderId]);
    await expect(add("mug")).rejects.toMatchObject({ type: "CART_CHECKED_OUT" });
  });

  test("and so are its coupons and the discount that was shown", async () => {
    shop.promotions.codes.set("TEN", 10);
    shop.promotionsChanged();
    await shop.as(anna)("carts.addCoupon", { cartId, code: "TEN" });
    shop.fails.beforePlacing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    await lose();
    shop.fails.beforePlacing = false;
    shop.promotions.codes.set("TEN", 5);
    await expect(checkOut()).rejects.toMatchObject({ data: { discount: { shown: 28.9, current: 14.45 } } });
    shop.promotions.codes.set("TEN", 10);
    expect(await checkOut()).toMatchObject({ totalAmount: 260.1, discounts: [{ code: "TEN", amount: 28.9 }] });
  });

  test("a bought cart gives the same order, and no other one when it was filled again", async () => {
    const { orderId } = await checkOut();
    await lose();
    expect((await checkOut()).orderId).toBe(orderId);
    await lose();
    await add("mug");
    await expect(checkOut()).rejects.toMatchObject({ type: "CART_CHECKED_OUT", data: { orderId } });
    expect(shop.orders.size).toBe(1);
  });

  test("a cart whose orders were all cancelled becomes the next one", async () => {
    for (const _ of [1, 2]) await shop.cancel((await checkOut()).orderId);
    await lose();
    await expect(checkOut()).rejects.toMatchObject({ type: "CART_EMPTY" });
    await add("mug");
    const { orderId, totalAmount } = await checkOut();
    expect(totalAmount).toBe(14.5);
    expect(await shop.storedOrders(`cart:${cartId}:3`)).toEqual([orderId]);
  });
});
