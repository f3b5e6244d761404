import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { anna, bert, startCheckout } from "./checkout-fixture.ts";

describe("checkout", () => {
  let shop: Awaited<ReturnType<typeof startCheckout>>;
  let cartId: string;
  beforeAll(async () => {
    shop = await startCheckout();
  });
  afterAll(() => shop.stop());

  const address = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201" };
  const order = () => ({ cartId, shippingAddress: address, paymentMethodId: "pm_card_visa" });
  const checkOut = (key?: string) => shop.as(anna, key)("checkout.create", order());
  const add = (sku: string, quantity: number) =>
    shop.as(anna)("carts.addItem", { cartId, productId: "prod", sku, quantity });

  beforeEach(async () => {
    shop.prices.set("mug", 1450).set("tent", 28900);
    shop.stock.set("mug", 10).set("tent", 10);
    ({ cartId } = await shop.as(anna)("carts.create", {}));
    await add("mug", 2);
    await add("tent", 1);
  });
  afterEach(() => {
    Object.assign(shop.dies, { beforePlacing: false, afterPlacing: false, closing: false });
    shop.orders.clear();
  });

  test("orders what is in the cart, at the prices shown, and closes it", async () => {
    const answer = await checkOut();
    expect(answer).toMatchObject({ status: "pending_payment", totalAmount: 318, currency: "USD" });
    expect([...shop.orders.values()].map(({ placed }) => placed)).toMatchObject([
      {
        customerId: "cust_anna",
        source: `cart:${cartId}`,
        shippingAddress: address,
        paymentMethodId: "pm_card_visa",
        currency: "USD",
      },
    ]);
    expect(await shop.as(anna)("carts.get", { cartId })).toMatchObject({ orderId: answer.orderId });
  });

  test("the same cart is the same order, however often, by whatever key, and at once", async () => {
    const answers = await Promise.all([checkOut(), checkOut(), checkOut()]);
    shop.stock.set("tent", 0);
    shop.prices.set("mug", 1);
    answers.push(await checkOut("key-1"), await checkOut("key-1"), await checkOut("key-2"));
    expect(new Set(answers.map(({ orderId }) => orderId)).size).toBe(1);
    expect(shop.orders.size).toBe(1);
  });

  test("a changed price is shown beside the one agreed to, and nothing is ordered", async () => {
    shop.prices.set("mug", 1500);
    await expect(checkOut()).rejects.toMatchObject({
      type: "PRICE_CHANGED",
      data: { prices: [{ sku: "mug", shown: 14.5, current: 15, currency: "USD" }] },
    });
    expect(shop.orders.size).toBe(0);
    await shop.as(anna)("carts.get", { cartId }); // the shopper sees the new price
    expect((await checkOut()).totalAmount).toBe(319);
  });

  test("missing stock is named, and nothing is ordered", async () => {
    shop.stock.set("mug", 1);
    await expect(checkOut()).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
      data: { items: [{ sku: "mug", requested: 2, available: 1 }] },
    });
    expect(shop.orders.size).toBe(0);
  });

  test("an empty cart, and a cart of somebody else, are no order", async () => {
    await expect(shop.as(bert)("checkout.create", order())).rejects.toMatchObject({ type: "NOT_FOUND" });
    await expect(shop.as({ kind: "anonymous" })("checkout.create", order())).rejects.toMatchObject({
      type: "UNAUTHENTICATED",
    });
    ({ cartId } = await shop.as(anna)("carts.create", {}));
    await expect(checkOut()).rejects.toMatchObject({ type: "CART_EMPTY" });
  });

  test.each(["beforePlacing", "afterPlacing", "closing"] as const)(
    "dying %s leaves one order, found by the next try",
    async (where) => {
      shop.dies[where] = true;
      await checkOut(`key-${where}`).catch((error: unknown) =>
        expect(error).toMatchObject({ type: "SERVICE_UNAVAILABLE" }),
      );
      shop.dies[where] = false;
      if (where !== "beforePlacing") shop.stock.set("tent", 0); // the order itself may have taken the last one
      const { orderId } = await checkOut(`key-${where}`);
      expect([...shop.orders.values()].map(({ answer }) => answer.orderId)).toEqual([orderId]);
      expect((await checkOut()).orderId).toBe(orderId);
      expect(await shop.as(anna)("carts.get", { cartId })).toMatchObject({ orderId });
    },
  );

  test("a cart that was changed after an attempt came to nothing is agreed to anew", async () => {
    shop.dies.beforePlacing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    shop.dies.beforePlacing = false;
    await add("mug", 1);
    expect((await checkOut()).totalAmount).toBe(332.5);
  });
});
