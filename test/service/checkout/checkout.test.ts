import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
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
    shop.reset();
    ({ cartId } = await shop.as(anna)("carts.create", {}));
    await add("mug", 2);
    await add("tent", 1);
  });

  test("orders the contents of the cart at the prices shown, and closes the cart", async () => {
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

  test("makes five calls to other services, two of them at once", async () => {
    shop.calls.length = 0;
    await checkOut();
    expect(shop.calls).toEqual([
      "checkout.create",
      "carts.forCheckout",
      "orders.place",
      "pricing.prices",
      "inventory.available",
      "carts.close",
    ]);
  });

  test("makes one order of a cart, however often, with any key, and at the same time", async () => {
    const answers = await Promise.all([checkOut(), checkOut(), checkOut()]);
    shop.stock.set("tent", 0);
    shop.prices.set("mug", 1);
    answers.push(await checkOut("key-1"), await checkOut("key-1"), await checkOut("key-2"));
    expect(new Set(answers.map(({ orderId }) => orderId)).size).toBe(1);
    expect(shop.orders.size).toBe(1);
    expect(await shop.storedOrders(`cart:${cartId}`)).toHaveLength(1);
  });

  test("shows a changed price beside the price that was shown, and orders nothing", async () => {
    const itemId = (await shop.as(anna)("carts.get", { cartId })).items.find(({ sku }) => sku === "mug")?.itemId;
    shop.prices.set("mug", 1500);
    await expect(checkOut()).rejects.toMatchObject({
      type: "PRICE_CHANGED",
      code: 409,
      data: { prices: [{ itemId, sku: "mug", shown: 14.5, current: 15, currency: "USD" }] },
    });
    expect(shop.orders.size).toBe(0);
    expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([]);
    await shop.as(anna)("carts.get", { cartId }); // the customer sees the new price
    expect((await checkOut()).totalAmount).toBe(319);
  });

  test("reports a product without a price as changed to none", async () => {
    shop.prices.delete("mug");
    await expect(checkOut()).rejects.toMatchObject({
      type: "PRICE_CHANGED",
      data: { prices: [{ sku: "mug", shown: 14.5, current: null, currency: "USD" }] },
    });
    expect(shop.orders.size).toBe(0);
  });

  test("names missing stock, and orders nothing", async () => {
    shop.stock.set("mug", 1);
    await expect(checkOut()).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
      code: 409,
      data: { items: [{ sku: "mug", requested: 2, available: 1 }] },
    });
    expect(shop.orders.size).toBe(0);
    expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([]);
  });

  test("accepts the order while inventory is not available, because the reservation decides", async () => {
    shop.unavailable.inventory = true;
    expect(await checkOut()).toMatchObject({ status: "pending_payment", totalAmount: 318 });
  });

  test("orders nothing without prices, and is resumed when they are back", async () => {
    shop.unavailable.pricing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([]);
    shop.unavailable.pricing = false;
    expect(await checkOut()).toMatchObject({ totalAmount: 318 });
  });

  test("checks an attempt again that was not accepted yet", async () => {
    shop.unavailable.pricing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    shop.unavailable.pricing = false;
    shop.prices.set("mug", 1500);
    await expect(checkOut()).rejects.toMatchObject({ type: "PRICE_CHANGED" });
    expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([]);
  });

  test("refuses an empty cart, and a cart of somebody else", async () => {
    await expect(shop.as(bert)("checkout.create", order())).rejects.toMatchObject({ type: "NOT_FOUND" });
    await expect(shop.as({ kind: "anonymous" })("checkout.create", order())).rejects.toMatchObject({
      type: "UNAUTHENTICATED",
    });
    ({ cartId } = await shop.as(anna)("carts.create", {}));
    await expect(checkOut()).rejects.toMatchObject({ type: "CART_EMPTY" });
  });

  test.each(["beforePlacing", "afterPlacing", "closing"] as const)(
    "leaves one order after a failure %s, and the next attempt finds it",
    async (where) => {
      shop.fails[where] = true;
      await checkOut(`key-${where}`).catch((error: unknown) =>
        expect(error).toMatchObject({ type: "SERVICE_UNAVAILABLE" }),
      );
      shop.fails[where] = false;
      if (where !== "beforePlacing") shop.stock.set("tent", 0); // the order itself may have taken the last one
      const { orderId } = await checkOut(`key-${where}`);
      expect([...shop.orders.values()].map(({ answer }) => answer.orderId)).toEqual([orderId]);
      expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([orderId]);
      expect((await checkOut()).orderId).toBe(orderId);
      expect(await shop.as(anna)("carts.get", { cartId })).toMatchObject({ orderId });
    },
  );

  test("finds the order of a lost answer without prices, without stock and with a changed price", async () => {
    shop.fails.afterPlacing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    Object.assign(shop.unavailable, { pricing: true, inventory: true });
    shop.prices.set("mug", 1);
    shop.fails.afterPlacing = false;
    const { orderId } = await checkOut();
    expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([orderId]);
  });

  test("orders the new contents of a cart that was changed after a failed attempt", async () => {
    shop.fails.beforePlacing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    shop.fails.beforePlacing = false;
    await add("mug", 1);
    expect((await checkOut()).totalAmount).toBe(332.5);
  });
});
