import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { ann, ben, clerk, type Orders, purchase, startOrders } from "./orders-fixture.ts";

describe("buying", () => {
  let shop: Orders;

  beforeAll(async () => {
    shop = await startOrders();
  });
  afterAll(() => shop.stop());

  test("answers with the order, and stores it with its event in the same transaction", async () => {
    const order = await shop.buy();
    expect(order).toEqual({
      orderId: expect.stringMatching(/^ord_/),
      status: "pending_payment",
      totalAmount: 25,
      currency: "USD",
      createdAt: expect.stringMatching(/Z$/),
      estimatedDelivery: expect.stringMatching(/Z$/),
      paymentStatus: "pending",
    });
    expect(Date.parse(order.estimatedDelivery)).toBeGreaterThan(Date.parse(order.createdAt));
    const [created] = await shop.published(order.orderId);
    expect(created).toMatchObject({
      type: "OrderCreated",
      causation_id: "req_1",
      data: {
        orderId: order.orderId,
        customerId: "cust_ann",
        items: [{ productId: "prod_mug", sku: "mug-red", title: "The mug-red", quantity: 2, price: 12.5 }],
        totalAmount: 25,
        currency: "USD",
        status: "pending_payment",
        paymentMethodId: "pm_card_visa",
      },
    });
  });

  test("shows an order to its customer and to staff only; nobody else finds it", async () => {
    const { orderId } = await shop.buy({ paymentMethodId: "pm_by_hand" });
    const order = await shop.asAnn("orders.get", { orderId });
    expect(order).toMatchObject({
      orderId,
      customerId: "cust_ann",
      status: "pending_payment",
      paymentStatus: "pending",
      shippingStatus: "not_shipped",
      items: [{ productId: "prod_mug", sku: "mug-red", title: "The mug-red", quantity: 2, price: 12.5 }],
      totalAmount: 25,
      shippingAddress: { street: "1 Market Street", city: "Portland", country: "US" }, // the shop's own, as none was named
    });
    expect(order).not.toHaveProperty("reason");
    expect(await shop.call(clerk)("orders.get", { orderId })).toEqual(order);
    for (const read of ["orders.get", "orders.timeline", "orders.cancel"] as const) {
      await expect(shop.call(ben)(read, { orderId })).rejects.toMatchObject({ type: "NOT_FOUND" });
      await expect(shop.call({ kind: "anonymous" })(read, { orderId })).rejects.toMatchObject({
        type: "UNAUTHENTICATED",
      });
      await expect(shop.asAnn(read, { orderId: "ord_none" })).rejects.toMatchObject({ type: "NOT_FOUND" });
    }
    const reader = shop.call({ kind: "staff", staffId: "staff_2", scopes: ["catalog:read"] });
    await expect(reader("orders.get", { orderId })).rejects.toMatchObject({ type: "FORBIDDEN" });
  });

  test("rejects an invalid purchase and creates nothing", async () => {
    const before = await shop.count();
    const item = { productId: "prod_mug", quantity: 1, price: 12.5 };
    const refused = async (changes: object, type: string, path?: string) => {
      const problem = {
        type,
        ...(path ? { data: { errors: expect.arrayContaining([expect.objectContaining({ path })]) } } : {}),
      };
      await expect(shop.buy(changes)).rejects.toMatchObject(problem);
    };
    await refused({ customerId: "cust_ben" }, "FORBIDDEN");
    await refused({ couponCode: "SAVE10" }, "COUPON_INVALID");
    await refused({ items: [item, { ...item, productId: "prod_none" }] }, "UNKNOWN_PRODUCT", "/items/1/productId");
    await refused({ items: [{ ...item, sku: "mug-blue" }] }, "UNKNOWN_PRODUCT", "/items/0/sku");
    await refused({ items: [{ ...item, productId: "prod_tent" }] }, "VALIDATION_FAILED", "/items/0/sku");
    await refused({ items: [{ ...item, price: 12.505 }] }, "VALIDATION_FAILED", "/items/0/price");
    await refused({ currency: "EUR" }, "VALIDATION_FAILED", "/currency");
    await refused({ currency: "XXQ" }, "VALIDATION_FAILED", "/currency");
    await refused({ items: [] }, "VALIDATION_FAILED", "/items");
    await refused({ items: [{ ...item, quantity: 0 }] }, "VALIDATION_FAILED", "/items/0/quantity");
    await refused({ items: [{ ...item, quantity: 1.5 }] }, "VALIDATION_FAILED", "/items/0/quantity");
    await refused({ items: Array(251).fill(item) }, "VALIDATION_FAILED", "/items");
    await refused({ discount: 1 }, "VALIDATION_FAILED", "/discount");
    await refused(
      { items: [{ productId: "prod_rock", quantity: 100_000, price: 999_999_999_999.99 }] },
      "VALIDATION_FAILED",
    );
    await refused({ items: [{ productId: "prod_rock", quantity: 2, price: 999_999_999_999 }] }, "PRICE_CHANGED");
    expect(await shop.count()).toBe(before);
  });

  test("rejects a changed price with both prices", async () => {
    const before = await shop.count();
    await expect(shop.buy({ items: [{ productId: "prod_mug", quantity: 1, price: 10 }] })).rejects.toMatchObject({
      type: "PRICE_CHANGED",
      code: 409,
      data: { prices: [{ sku: "mug-red", shown: 10, current: 12.5, currency: "USD" }] },
    });
    expect(await shop.count()).toBe(before);
  });

  describe("with promotions", () => {
    beforeEach(() => shop.promotionsChanged());
    afterEach(() => shop.promotions.reset());
    afterAll(() => shop.promotionsChanged());
    const mugs = (...quantities: number[]) => ({
      items: quantities.map((quantity) => ({ productId: "prod_mug", quantity, price: 12.5 })),
    });

    test("stores the discounts with the order, in its event and for its invoice", async () => {
      shop.promotions.percentOff = 10;
      shop.promotions.codes.set("HALF", 50);
      const receipt = await shop.buy({ ...mugs(1, 2), couponCode: "half" });
      const discounts = [
        { promotionId: "promo_all", name: "Sale", amount: 3.75 },
        { promotionId: "promo_half", name: "HALF", code: "half", amount: 16.87 },
      ];
      expect(receipt).toMatchObject({ subtotal: 37.5, discount: 20.62, totalAmount: 16.88, discounts });
      const { orderId } = receipt;
      expect(await shop.asAnn("orders.get", { orderId })).toMatchObject({
        items: [
          { price: 12.5, quantity: 1, discount: 6.87 },
          { price: 12.5, quantity: 2, discount: 13.75 },
        ],
        ...{ discount: 20.62, totalAmount: 16.88, discounts },
      });
      const created = (await shop.published(orderId)).find(({ type }) => type === "OrderCreated");
      expect(created?.data).toMatchObject({ totalAmount: 16.88, discounts });
      expect(created?.data).not.toHaveProperty("items.0.discount");
      const { orders } = await shop.call({ kind: "service", service: "billing" })("orders.forInvoices", {
        orderIds: [orderId],
      });
      expect(orders).toMatchObject([
        {
          lines: [{ discountMinor: 687 }, { discountMinor: 1_375 }],
          discounts: [{ name: "Sale" }, { code: "half", amountMinor: 1_687 }],
        },
      ]);
      expect(shop.promotions.reserved.get(orderId)).toMatchObject({
        customerId: "cust_ann",
        usages: [
          { promotionId: "promo_all", amountMinor: 375 },
          { code: "half", amountMinor: 1_687 },
        ],
      });
    });

    test("asks a shop without any no more for a while", async () => {
      await shop.buy();
      const { length } = shop.promotions.asked;
      await shop.buy();
      expect(shop.promotions.asked).toHaveLength(length);
    });

    test("refuses a coupon that gives nothing, with the reason", async () => {
      shop.promotions.reasons.set("LATER", "below_subtotal");
      const refused = { type: "COUPON_INVALID", code: 422, data: { coupon: "later", reason: "below_subtotal" } };
      await expect(shop.buy({ couponCode: "later" })).rejects.toMatchObject(refused);
    });

    test("orders without a promotion that others have used up in the last moment", async () => {
      shop.promotions.percentOff = 10;
      shop.promotions.codes.set("HALF", 50);
      shop.promotions.refused.set("promo_all", "used_up");
      expect(await shop.buy({ couponCode: "HALF" })).toMatchObject({
        totalAmount: 12.5,
        discounts: [{ code: "HALF" }],
      });
      expect(shop.promotions.reserved.size).toBe(1);
    });

    test("gives back what it has reserved when the order is not stored", async () => {
      shop.promotions.percentOff = 10;
      const answers = await Promise.all([1, 2, 3].map(() => shop.call(ann, "discounted")("orders.create", purchase())));
      const [stored, ...others] = new Set(answers.map(({ orderId }) => orderId));
      expect(others).toEqual([]);
      const unneeded = [...shop.promotions.reserved.keys()].filter((orderId) => orderId !== stored);
      await eventually(async () => expect(shop.promotions.givenBack.toSorted()).toEqual(unneeded.toSorted()));
    });

    test("orders without discounts while promotions are not available, and not with a coupon", async () => {
      shop.promotions.down.discounts = true;
      expect(await shop.buy()).toMatchObject({ totalAmount: 25 });
      await expect(shop.buy({ couponCode: "HALF" })).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    });

    test("orders nothing when its uses cannot be reserved", async () => {
      const before = await shop.count();
      shop.promotions.percentOff = 10;
      shop.promotions.down.reserve = true;
      await expect(shop.buy()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
      expect(await shop.count()).toBe(before);
    });

    test("answers with the order of a source, also when that has used its coupon, and tells coupons apart", async () => {
      shop.promotions.codes.set("ONCE", 50);
      const place = (coupons: string[]) =>
        shop.call({ kind: "service", service: "checkout" })("orders.place", {
          ...purchase({ customerId: "cust_ben", coupons }),
          ...{ source: "cart:coupon", currency: "USD", shownDiscount: 6.25 },
          items: [{ productId: "prod_mug", sku: "mug-red", title: "Mug", quantity: 1, price: 12.5 }],
        });
      const { orderId } = await place(["once"]);
      shop.promotions.reasons.set("ONCE", "code_used");
      expect(await place([" ONCE"])).toMatchObject({ orderId, totalAmount: 6.25 });
      await expect(place([])).rejects.toMatchObject({ type: "SOURCE_ORDERED", data: { orderId } });
    });
  });

  test("rejects a quantity above the stock, summed over all lines", async () => {
    const tent = { productId: "prod_tent", sku: "tent-2", quantity: 2, price: 199.99 };
    await expect(shop.buy({ items: [tent, tent] })).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
      data: { items: [{ sku: "tent-2", requested: 4, available: 3 }] },
    });
  });

  test("accepts an order while inventory is not available, because the reservation decides", async () => {
    shop.control.inventoryIsDown = true;
    try {
      expect(await shop.buy()).toMatchObject({ status: "pending_payment" });
    } finally {
      shop.control.inventoryIsDown = false;
    }
  });

  test("accepts 250 lines of one product", async () => {
    const { orderId, totalAmount } = await shop.buy({
      items: Array(250).fill({ productId: "prod_mug", quantity: 1, price: 12.5 }),
    });
    expect(totalAmount).toBe(3_125);
    expect((await shop.asAnn("orders.get", { orderId })).items).toHaveLength(250);
  });

  test("creates one order for one idempotency key, concurrently and later", async () => {
    const before = (await shop.count()) ?? 0;
    const attempt = () => shop.call(ann, "key-1")("orders.create", purchase());
    const answers = await Promise.allSettled(Array.from({ length: 8 }, attempt));
    const orderIds = new Set(
      answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value.orderId] : [])),
    );
    const refusals = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason.type] : []));
    expect(orderIds.size).toBe(1);
    expect(refusals.every((type) => type === "IDEMPOTENCY_IN_PROGRESS")).toBe(true);
    expect(orderIds).toEqual(new Set([(await attempt()).orderId]));
    expect(await shop.count()).toBe(before + 1);
    await expect(
      shop.call(ann, "key-1")("orders.create", purchase({ paymentMethodId: "pm_card_other" })),
    ).rejects.toMatchObject({ type: "IDEMPOTENCY_KEY_REUSED" });
  });

  test("creates one order for one source, however often and concurrently", async () => {
    const checkout = () =>
      shop.call({ kind: "service", service: "checkout" })("orders.place", {
        ...purchase({ customerId: "cust_ben" }),
        source: "cart:cart_1",
        currency: "USD",
        items: [{ productId: "prod_mug", sku: "mug-red", title: "Mug", quantity: 1, price: 12.5 }],
      });
    const answers = await Promise.all(Array.from({ length: 5 }, checkout));
    expect(new Set(answers.map(({ orderId }) => orderId)).size).toBe(1);
    expect(answers[0]).toMatchObject({ totalAmount: 12.5 });
    await shop.settled(answers[0]?.orderId ?? "");
    expect(await checkout()).toMatchObject({ orderId: answers[0]?.orderId, status: "paid" });
    expect(
      (await shop.published(answers[0]?.orderId ?? "")).filter(({ type }) => type === "OrderCreated"),
    ).toHaveLength(1);
  });

  test("checks the purchase of a source, unless the source is an order already", async () => {
    const checkout = shop.call({ kind: "service", service: "checkout" });
    const tent = { productId: "prod_tent", sku: "tent-2", title: "Tent", quantity: 1, price: 199.99 };
    const place = (changes: object, repeated = false) =>
      checkout("orders.place", {
        ...purchase({ customerId: "cust_ben", paymentMethodId: "pm_by_hand" }),
        ...{ source: "cart:cart_2", currency: "USD", items: [{ ...tent, ...changes }], repeated },
      });
    for (const repeated of [false, true]) {
      await expect(place({ price: 150 }, repeated)).rejects.toMatchObject({
        type: "PRICE_CHANGED",
        code: 409,
        data: { prices: [{ sku: "tent-2", shown: 150, current: 199.99, currency: "USD" }] },
      });
      await expect(place({ sku: "tent-3", price: 1 }, repeated)).rejects.toMatchObject({
        type: "PRICE_CHANGED",
        data: { prices: [{ sku: "tent-3", shown: 1, current: null, currency: "USD" }] },
      });
      await expect(place({ quantity: 4 }, repeated)).rejects.toMatchObject({
        type: "OUT_OF_STOCK",
        code: 409,
        data: { items: [{ sku: "tent-2", requested: 4, available: 3 }] },
      });
    }
    const { orderId } = await place({});
    const callsBefore = shop.control.availableCalls;
    expect(await place({}, true)).toMatchObject({ orderId });
    expect(shop.control.availableCalls).toBe(callsBefore); // a repeated source is looked up before any check
    expect(await place({})).toMatchObject({ orderId });
    for (const change of [{ price: 150 }, { quantity: 4 }, { quantity: 2 }]) {
      for (const repeated of [false, true]) {
        const refused = { type: "SOURCE_ORDERED", code: 409, data: { orderId } };
        await expect(place(change, repeated)).rejects.toMatchObject(refused);
      }
    }
  });

  describe("from a source that may be abandoned", () => {
    const checkout = () => shop.call({ kind: "service", service: "checkout" });
    const place = (source: string, changes: object = {}) =>
      checkout()("orders.place", {
        ...purchase({ customerId: "cust_ben", paymentMethodId: "pm_by_hand" }),
        ...{ source, currency: "USD" },
        items: [{ productId: "prod_mug", sku: "mug-red", title: "Mug", quantity: 1, price: 12.5 }],
        ...changes,
      });
    const abandon = (source: string) => checkout()("orders.abandonSource", { source });

    test("there is no order after it was abandoned, and it is not abandoned once there is one", async () => {
      const before = await shop.count();
      expect(await abandon("cart:a")).toEqual({ order: null, abandoned: true });
      await expect(place("cart:a")).rejects.toMatchObject({ type: "SOURCE_ABANDONED", code: 409 });
      await expect(place("cart:a", { repeated: true })).rejects.toMatchObject({ type: "SOURCE_ABANDONED" });
      expect(await shop.count()).toBe(before);
      const { orderId } = await place("cart:b");
      const fate = { order: { orderId, status: "pending_payment" }, abandoned: false };
      expect(await abandon("cart:b")).toEqual(fate);
      expect(await checkout()("orders.ofSource", { source: "cart:b" })).toEqual(fate);
      expect(await checkout()("orders.ofSource", { source: "cart:c" })).toEqual({ order: null, abandoned: false });
    });

    test("of requests to place and to abandon it at the same time, either all or none find an order", async () => {
      for (let round = 0; round < 40; round++) {
        const source = `cart:race-${round}`;
        const [placed, abandoned] = await Promise.all([
          Promise.allSettled([place(source), place(source), place(source)]),
          Promise.all([abandon(source), abandon(source)]),
        ]);
        const orders = new Set(placed.flatMap((one) => (one.status === "fulfilled" ? [one.value.orderId] : [])));
        const refusals = placed.flatMap((one) => (one.status === "rejected" ? [one.reason.type] : []));
        expect(orders.size).toBeLessThanOrEqual(1);
        expect(refusals).toEqual(orders.size === 1 ? [] : Array(3).fill("SOURCE_ABANDONED"));
        const fate = await checkout()("orders.ofSource", { source });
        expect([fate.order?.orderId]).toEqual(orders.size === 1 ? [...orders] : [undefined]);
        expect(fate.abandoned).toBe(orders.size === 0);
        expect(abandoned.map(({ order }) => order?.orderId)).toEqual(Array(2).fill([...orders][0]));
      }
    });

    test("a transaction that places it makes a request to abandon it wait, and the other way round", async () => {
      const { db } = shop;
      const abandoning = await db.transaction(TEST_CAUSE, async (tx) => {
        await tx.query("SELECT may_be_ordered($1)", ["cart:w"]);
        const waiting = abandon("cart:w").then(() => "abandoned");
        expect(await Promise.race([waiting, sleep(100, "waits")])).toBe("waits");
        return { waiting };
      });
      expect(await abandoning.waiting).toBe("abandoned");
      const placing = await db.transaction(TEST_CAUSE, async (tx) => {
        await tx.query("SELECT abandon_source($1)", ["cart:x"]);
        const waiting = place("cart:x").catch((error) => error.type);
        expect(await Promise.race([waiting, sleep(100, "waits")])).toBe("waits");
        return { waiting };
      });
      // The statement that places the order began before the source was abandoned, and still sees it.
      expect(await placing.waiting).toBe("SOURCE_ABANDONED");
    });
  });

  describe("as a guest", () => {
    const placed = async () => {
      const { orderId, orderToken = "" } = await shop.call({ kind: "service", service: "checkout" })("orders.place", {
        ...purchase({ customerId: "guest_1", paymentMethodId: "pm_by_hand" }),
        ...{ source: `cart:${Math.random()}`, currency: "USD", email: "guest@example.com" },
        items: [{ productId: "prod_mug", sku: "mug-red", title: "Mug", quantity: 1, price: 12.5 }],
      });
      return { orderId, orderToken };
    };

    test("shows, follows and cancels an order with its token, as a customer would", async () => {
      const { orderId, orderToken } = await placed();
      const guest = shop.holding(orderToken);
      expect(await guest("orders.get", { orderId })).toMatchObject({ orderId, email: "guest@example.com" });
      expect((await guest("orders.timeline", { orderId })).steps).toHaveLength(1);
      expect(await guest("orders.cancel", { orderId })).toEqual({ orderId, status: "cancelled" });
      expect(await guest("orders.get", { orderId })).toMatchObject({ reason: "requested_by_customer" });
      expect(await shop.holding(orderToken, ben)("orders.get", { orderId })).toMatchObject({ orderId }); // has signed in
      const check = shop.call({ kind: "service", service: "payments" });
      expect(await check("orders.checkToken", { orderId, token: orderToken })).toEqual({ valid: true });
      expect(await check("orders.checkToken", { orderId, token: `${orderToken}A` })).toEqual({ valid: false });
    });

    test("finds no order without the order's own token", async () => {
      const { orderId, orderToken } = await placed();
      const { orderToken: other } = await placed();
      const { orderId: anns } = await shop.buy({ paymentMethodId: "pm_by_hand" });
      for (const read of ["orders.get", "orders.timeline", "orders.cancel"] as const) {
        for (const wrong of [other, "", orderToken.slice(1), "A".repeat(22)]) {
          await expect(shop.holding(wrong)(read, { orderId })).rejects.toMatchObject({ type: "NOT_FOUND" });
          await expect(shop.holding(wrong, ben)(read, { orderId })).rejects.toMatchObject({ type: "NOT_FOUND" });
        }
        await expect(shop.holding(orderToken)(read, { orderId: anns })).rejects.toMatchObject({ type: "NOT_FOUND" });
        await expect(shop.call({ kind: "anonymous" })(read, { orderId })).rejects.toMatchObject({
          type: "UNAUTHENTICATED",
        });
      }
      expect(await shop.call(clerk)("orders.get", { orderId })).toMatchObject({ status: "pending_payment" });
    });
  });

  test("lists orders, the newest first", async () => {
    const carl = shop.call({ kind: "customer", customerId: "cust_carl" });
    const ordered: string[] = [];
    for (let n = 0; n < 3; n++) {
      const order = await carl(
        "orders.create",
        purchase({ customerId: "cust_carl", paymentMethodId: "pm_by_hand" }) as never,
      );
      ordered.unshift(order.orderId);
    }
    const list = await carl("orders.ofCustomer", { customerId: "cust_carl", page: 1, limit: 2 });
    expect(list.pagination).toEqual({ page: 1, limit: 2, total: 3 });
    expect(list.orders.map(({ orderId }) => orderId)).toEqual(ordered.slice(0, 2));
    expect(list.orders[0]).toEqual(await carl("orders.get", { orderId: ordered[0] ?? "" }));
    expect((await carl("orders.ofCustomer", { customerId: "cust_carl", page: 2, limit: 2 })).orders).toHaveLength(1);
    await expect(shop.asAnn("orders.ofCustomer", { customerId: "cust_carl" })).rejects.toMatchObject({
      type: "NOT_FOUND",
    });

    await expect(carl("orders.list", {})).rejects.toMatchObject({ type: "FORBIDDEN" });
    const pending = await shop.call(clerk)("orders.list", { customerId: "cust_carl", status: "pending_payment" });
    expect(pending.orders.map(({ orderId }) => orderId)).toEqual(ordered);
    expect((await shop.call(clerk)("orders.list", { customerId: "cust_carl", status: "paid" })).pagination.total).toBe(
      0,
    );
    expect((await shop.call(clerk)("orders.list", {})).pagination.total).toBe(await shop.count());
    const known = await shop.call(clerk)("orders.statusOf", { orderIds: [ordered[0] ?? "", "ord_none"] });
    expect(known).toEqual({ orders: [{ orderId: ordered[0], status: "pending_payment" }] });
  });
});
