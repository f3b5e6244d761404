import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { GUEST } from "#test/support/identities.ts";
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

  test("orders the contents of the cart at the prices shown, and the cart shows its order", async () => {
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

  test("makes four calls to other services, two of them at once", async () => {
    await checkOut(); // orders learn that there are no promotions
    ({ cartId } = await shop.as(anna)("carts.create", {}));
    await add("mug", 2);
    shop.calls.length = 0;
    await checkOut();
    expect(shop.calls).toEqual([
      "checkout.create",
      "carts.freeze",
      "orders.place",
      "pricing.prices",
      "inventory.available",
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

  describe("with an idempotency key", () => {
    const key = () => `key of ${cartId}`;

    test("gives the same answer again after the order has ended, and buys nothing again", async () => {
      const answer = await checkOut(key());
      await shop.cancel(answer.orderId);
      expect(await checkOut(key())).toEqual(answer); // the cart is still as it was
      await add("mug", 1);
      expect(await checkOut(key())).toEqual(answer);
      expect([...shop.orders.values()].map(({ answer: { orderId } }) => orderId)).toEqual([answer.orderId]);
      await add("mug", 1); // nothing has frozen the cart for long
      expect((await checkOut()).orderId).not.toBe(answer.orderId);
    });

    test("refuses the key of another purchase, and orders nothing", async () => {
      const first = key();
      await checkOut(first);
      ({ cartId } = await shop.as(anna)("carts.create", {}));
      await expect(checkOut(first)).rejects.toMatchObject({ type: "IDEMPOTENCY_KEY_REUSED" });
      await add("mug", 2);
      await expect(checkOut(first)).rejects.toMatchObject({ type: "IDEMPOTENCY_KEY_REUSED" });
      expect(shop.orders.size).toBe(1);
      await add("mug", 1);
      expect((await checkOut(key())).totalAmount).toBe(43.5);
    });

    test("gives requests that are sent at once the same answer", async () => {
      const answers = await Promise.all([checkOut(key()), checkOut(key()), checkOut(key())]);
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      await shop.cancel(answers[0]?.orderId ?? "");
      expect(await checkOut(key())).toEqual(answers[0]);
      expect(shop.orders.size).toBe(1);
    });

    test("stores the answer to a request that finds the order already there", async () => {
      const { orderId } = await checkOut();
      const found = await checkOut(key());
      expect(found.orderId).toBe(orderId);
      await shop.cancel(orderId);
      expect(await checkOut(key())).toEqual(found);
      expect(shop.orders.size).toBe(1);
    });
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

  describe("with promotions", () => {
    beforeEach(() => shop.promotionsChanged());
    afterAll(() => {
      shop.reset();
      shop.promotionsChanged();
    });
    const show = () => shop.as(anna)("carts.get", { cartId });

    test("orders with the discounts that the cart showed", async () => {
      shop.promotions.codes.set("TEN", 10);
      shop.promotions.percentOff = 5;
      await shop.as(anna)("carts.addCoupon", { cartId, code: "ten" });
      expect((await show()).totals).toEqual({ subtotal: 318, discount: 46.1, total: 271.9 });
      const receipt = await checkOut();
      expect(receipt).toMatchObject({
        totalAmount: 271.9,
        discount: 46.1,
        discounts: [
          { promotionId: "promo_all", name: "Sale", amount: 15.9 },
          { promotionId: "promo_ten", code: "ten", amount: 30.2 },
        ],
      });
      expect([...shop.promotions.reserved.keys()]).toEqual([receipt.orderId]);
      expect(await checkOut()).toEqual(receipt);
      expect(await show()).toMatchObject({ orderId: receipt.orderId, totals: { total: 271.9 } });
    });

    test("refuses a lower discount than the cart showed with both, and takes a higher one", async () => {
      shop.promotions.percentOff = 10;
      await show();
      shop.promotions.percentOff = 5;
      await expect(checkOut()).rejects.toMatchObject({
        type: "PRICE_CHANGED",
        code: 409,
        data: { prices: [], discount: { shown: 31.8, current: 15.9, currency: "USD" } },
      });
      expect((await show()).totals.discount).toBe(15.9);
      shop.promotions.percentOff = 20;
      expect(await checkOut()).toMatchObject({ discount: 63.6 });
    });

    test("refuses a coupon that others have used meanwhile, and lets the customer remove it", async () => {
      shop.promotions.codes.set("ONCE", 10);
      await shop.as(anna)("carts.addCoupon", { cartId, code: "once" });
      shop.promotions.refused.set("promo_once", "code_used");
      const refused = { type: "COUPON_INVALID", code: 422, data: { coupon: "once", reason: "code_used" } };
      await expect(checkOut()).rejects.toMatchObject(refused);
      expect((await shop.as(anna)("carts.removeCoupon", { cartId, code: "ONCE" })).totals.total).toBe(318);
      expect(await checkOut()).toMatchObject({ totalAmount: 318 });
    });

    test("orders without a coupon that gives nothing", async () => {
      shop.promotions.reasons.set("LATER", "below_subtotal");
      await shop.as(anna)("carts.addCoupon", { cartId, code: "later" });
      expect(await checkOut()).toMatchObject({ totalAmount: 318 });
      expect(shop.promotions.reserved.size).toBe(0);
    });

    test("of a cart with a discount waits while promotions are not available; another one is bought without", async () => {
      shop.promotions.percentOff = 10;
      await show();
      shop.promotions.down.discounts = true;
      await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
      shop.promotions.down.discounts = false;
      expect(await checkOut()).toMatchObject({ discount: 31.8 });

      shop.promotions.down.discounts = true;
      ({ cartId } = await shop.as(anna)("carts.create", {}));
      await add("mug", 2);
      expect(await checkOut()).toMatchObject({ totalAmount: 29 });
    });
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
    await expect(shop.as(GUEST)("checkout.create", order())).rejects.toMatchObject({ type: "UNAUTHENTICATED" });
    ({ cartId } = await shop.as(anna)("carts.create", {}));
    await expect(checkOut()).rejects.toMatchObject({ type: "CART_EMPTY" });
  });

  test.each(["beforePlacing", "afterPlacing"] as const)(
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

  test("refuses a change of the cart while it is unknown whether there is an order", async () => {
    shop.fails.beforePlacing = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    await expect(add("mug", 1)).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS" });
    shop.fails.beforePlacing = false;
    expect((await checkOut()).totalAmount).toBe(318);
    await expect(add("mug", 1)).rejects.toMatchObject({ type: "CART_CHECKED_OUT" });
  });

  test("lets the customer change the cart after a refusal, and orders the new contents", async () => {
    shop.stock.set("mug", 1);
    await expect(checkOut(`key of ${cartId}`)).rejects.toMatchObject({ type: "OUT_OF_STOCK" });
    shop.stock.set("mug", 10);
    await add("mug", 1);
    expect((await checkOut(`key of ${cartId}`)).totalAmount).toBe(332.5);
    expect(await shop.storedOrders(`cart:${cartId}:2`)).toHaveLength(1);
  });

  test("does not place the order of a refused checkout later, when the cart may have changed", async () => {
    shop.stock.set("mug", 1);
    await expect(checkOut()).rejects.toMatchObject({ type: "OUT_OF_STOCK" });
    shop.stock.set("mug", 10);
    await add("mug", 1);
    await expect(shop.placeAgain(`cart:${cartId}`)).rejects.toMatchObject({ type: "SOURCE_ABANDONED" });
    expect(await shop.storedOrders(`cart:${cartId}`)).toEqual([]);
  });

  test("checks out again a cart that could not be opened after a refusal", async () => {
    shop.stock.set("mug", 1);
    shop.fails.reopening = true;
    await expect(checkOut()).rejects.toMatchObject({ type: "OUT_OF_STOCK" });
    await expect(add("mug", 1)).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS" });
    shop.fails.reopening = false;
    shop.stock.set("mug", 10);
    expect((await checkOut()).totalAmount).toBe(318);
  });

  describe("of a cart that was bought", () => {
    const elsewhere = { ...address, city: "Salem" };

    test("answers the same request with the order as it is now", async () => {
      const { orderId } = await checkOut();
      expect(await checkOut()).toMatchObject({ orderId, status: "pending_payment" });
      expect(shop.orders.size).toBe(1);
    });

    test.each([
      ["another address", { shippingAddress: elsewhere }],
      ["another payment method", { paymentMethodId: "pm_card_mastercard" }],
    ])("refuses %s, and names the order", async (_, change) => {
      const { orderId } = await checkOut();
      await expect(shop.as(anna)("checkout.create", { ...order(), ...change })).rejects.toMatchObject({
        type: "CART_CHECKED_OUT",
        code: 409,
        data: { orderId },
      });
      expect(shop.orders.size).toBe(1);
    });

    test("gives concurrent checkouts to two addresses one order, and refuses the other one", async () => {
      const checkOutTo = (city: string) =>
        shop.as(anna)("checkout.create", { ...order(), shippingAddress: { ...address, city } });
      const answers = await Promise.allSettled(["Salem", "Bend", "Salem", "Bend", "Salem", "Bend"].map(checkOutTo));
      const placed = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value.orderId] : []));
      const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason.type] : []));
      expect(new Set(placed)).toEqual(new Set(await shop.storedOrders(`cart:${cartId}`)));
      expect([placed.length, ...refused]).toEqual([3, ...Array(3).fill("CART_CHECKED_OUT")]);
    });

    test("is a new order after the first one was cancelled, also with new contents and another card", async () => {
      const declined = await shop.as(anna)("checkout.create", {
        ...order(),
        paymentMethodId: "pm_card_chargeDeclined",
      });
      await shop.cancel(declined.orderId);
      await add("mug", 1);
      const answers = await Promise.all([checkOut(), checkOut(), checkOut()]);
      const [orderId] = await shop.storedOrders(`cart:${cartId}:2`);
      expect(new Set(answers.map((answer) => answer.orderId))).toEqual(new Set([orderId]));
      expect(orderId).not.toBe(declined.orderId);
      expect(answers[0]).toMatchObject({ status: "pending_payment", totalAmount: 332.5 });
      expect(await shop.as(anna)("carts.get", { cartId })).toMatchObject({ orderId });
      await expect(add("mug", 1)).rejects.toMatchObject({ type: "CART_CHECKED_OUT", data: { orderId } });
    });

    test("is a new order after each cancelled one, with the same request too", async () => {
      const orderIds = new Set<string>();
      for (let n = 1; n <= 3; n++) {
        const { orderId } = await checkOut();
        await shop.cancel(orderId);
        orderIds.add(orderId);
      }
      expect(orderIds.size).toBe(3);
      expect(await shop.storedOrders(`cart:${cartId}:3`)).toHaveLength(1);
    });
  });

  test("gives an attempt that nobody has ended another number, when it was abandoned without a trace", async () => {
    // A checkout has frozen the cart and crashed, and a change of the cart has given it up.
    await shop.as(anna)("carts.freeze", { cartId, attempt: 1 });
    await shop.as(anna)("carts.reopen", { cartId, attempt: 1 });
    const { orderId } = await checkOut();
    expect(await shop.storedOrders(`cart:${cartId}:2`)).toEqual([orderId]);
  });

  describe("of a guest", () => {
    let cartToken: string | undefined;
    const guest = () => shop.as(GUEST, undefined, { cartToken });
    const withEmail = (email = "guest@example.com") => ({ ...order(), email });

    beforeEach(async () => {
      ({ cartId, cartToken } = await shop.as(GUEST)("carts.create", {}));
      await guest()("carts.addItem", { cartId, productId: "prod", sku: "mug", quantity: 1 });
    });

    test("answers with a token that opens this order and no other one, the same each time", async () => {
      const { orderId, orderToken } = await guest()("checkout.create", withEmail());
      expect(orderToken).toMatch(/^[\w-]{22}$/);
      expect(await guest()("checkout.create", withEmail())).toMatchObject({ orderId, orderToken });
      const { orderId: other } = await (async () => {
        ({ cartId } = await shop.as(anna)("carts.create", {}));
        await add("mug", 1);
        return checkOut();
      })();
      const holder = shop.as(GUEST, undefined, { orderToken });
      const seen = await holder("orders.get", { orderId });
      expect(seen).toMatchObject({ orderId, email: "guest@example.com", shippingMethod: "standard" });
      expect(seen.customerId).toMatch(/^guest_/);
      await expect(holder("orders.get", { orderId: other })).rejects.toMatchObject({ type: "NOT_FOUND" });
    });

    test("needs an email and the cart's token, and gets one order for one email", async () => {
      await expect(guest()("checkout.create", order())).rejects.toMatchObject({
        type: "VALIDATION_FAILED",
        data: { errors: [{ path: "/email", message: "is required for guests" }] },
      });
      await expect(
        shop.as(GUEST, undefined, { cartToken: "A".repeat(22) })("checkout.create", withEmail()),
      ).rejects.toMatchObject({ type: "NOT_FOUND" });
      const { orderId } = await guest()("checkout.create", withEmail());
      await expect(guest()("checkout.create", withEmail("other@example.com"))).rejects.toMatchObject({
        type: "CART_CHECKED_OUT",
        data: { orderId },
      });
    });

    test("is not for customers: neither an email nor the cart of a guest", async () => {
      await expect(shop.as(anna, undefined, { cartToken })("checkout.create", withEmail())).rejects.toMatchObject({
        type: "VALIDATION_FAILED",
        data: { errors: [{ path: "/email" }] },
      });
      await expect(shop.as(anna, undefined, { cartToken })("checkout.create", order())).rejects.toMatchObject({
        type: "NOT_FOUND",
      });
    });
  });

  test("takes only shipping methods that exist, and names them", async () => {
    const send = (shippingMethod: string) => shop.as(anna)("checkout.create", { ...order(), shippingMethod } as never);
    await expect(send("drone")).rejects.toMatchObject({
      type: "VALIDATION_FAILED",
      code: 422,
      data: { errors: [{ path: "/shippingMethod", message: expect.stringContaining("standard") }] },
    });
    expect(shop.orders.size).toBe(0);
    expect((await send("standard")).orderId).toBe((await checkOut()).orderId); // the default
  });
});
