import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Redis } from "ioredis";
import { CartStore } from "#services/commerce/carts/carts.store.ts";
import { cartLimits } from "#services/commerce/carts/contract.ts";
import { type Cart, freeze } from "#services/commerce/carts/domain/cart.ts";
import { promotionLimits } from "#services/product/promotions/contract.ts";
import { eventually } from "#test/support/eventually.ts";
import { redisServer } from "#test/support/servers.ts";
import { anna, bert, guest, startCarts } from "./carts-fixture.ts";

let redis: Awaited<ReturnType<typeof redisServer>>;
beforeAll(async () => {
  redis = await redisServer({ own: true });
});
afterAll(() => redis.stop());

describe.each([
  ["Postgres", () => undefined],
  ["Redis", () => redis.url],
])("carts on %s", (store, url) => {
  let shop: Awaited<ReturnType<typeof startCarts>>;
  beforeAll(async () => {
    shop = await startCarts(url());
  });
  afterAll(() => shop.stop());

  const mug = (cartId: string, quantity = 1) => ({ cartId, productId: "prod_mug", quantity });

  test("every answer shows the totals", async () => {
    const call = shop.as(anna);
    const cart = await call("carts.create", {});
    expect(cart).toEqual({ cartId: cart.cartId, currency: "USD", items: [], totals: { subtotal: 0, total: 0 } });
    const { cartId } = cart;
    const added = await call("carts.addItem", mug(cartId, 2));
    expect(added).toMatchObject({
      items: [{ productId: "prod_mug", sku: "mug", title: "The mug", quantity: 2, price: 14.5, lineTotal: 29 }],
      totals: { subtotal: 29, total: 29 },
    });
    const itemId = added.items[0]?.itemId ?? "";
    const more = await call("carts.addItem", { cartId, productId: "prod_tent", sku: "tent-2", quantity: 1 });
    expect(more.totals.total).toBe(318);
    expect((await call("carts.changeItem", { cartId, itemId, quantity: 1 })).totals.total).toBe(303.5);
    expect((await call("carts.removeItem", { cartId, itemId })).items.map(({ sku }) => sku)).toEqual(["tent-2"]);
    expect(await call("carts.get", { cartId })).toMatchObject({ cartId, totals: { total: 289 } });
  });

  test("rejects an unknown product, an ambiguous one and one without a price", async () => {
    const call = shop.as(anna);
    const { cartId } = await call("carts.create", {});
    const add = (productId: string, sku?: string) =>
      call("carts.addItem", { cartId, productId, quantity: 1, ...(sku ? { sku } : {}) });
    await expect(add("prod_nothing")).rejects.toMatchObject({ type: "UNKNOWN_PRODUCT" });
    await expect(add("prod_tent")).rejects.toMatchObject({
      type: "VALIDATION_FAILED",
      data: { errors: [{ path: "/sku" }] },
    });
    await expect(add("prod_tent", "tent-unpriced")).rejects.toMatchObject({ type: "UNKNOWN_PRODUCT" });
    await expect(call("carts.addCoupon", { cartId, code: "FREE" })).rejects.toMatchObject({ type: "COUPON_INVALID" });
    await expect(call("carts.create", { currency: "XXX" })).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  });

  test("only the owner or the holder of the token finds a cart", async () => {
    const { cartId: own } = await shop.as(anna)("carts.create", {});
    const { cartId, cartToken } = await shop.as(guest)("carts.create", {});
    expect(cartToken).toBeDefined();
    expect((await shop.as(guest, { cartToken })("carts.addItem", mug(cartId))).items).toHaveLength(1);
    expect((await shop.as(anna, { cartToken })("carts.get", { cartId })).items).toHaveLength(1);
    for (const [auth, token, id] of [
      [bert, undefined, own],
      [bert, cartToken, own],
      [guest, undefined, cartId],
      [guest, "AAAAAAAAAAAAAAAAAAAAAA", cartId],
      [anna, undefined, cartId],
      [anna, undefined, "cart_unknown"],
    ] as const) {
      const call = shop.as(auth, { cartToken: token });
      await expect(call("carts.get", { cartId: id })).rejects.toMatchObject({ type: "NOT_FOUND" });
      await expect(call("carts.addItem", mug(id))).rejects.toMatchObject({ type: "NOT_FOUND" });
      await expect(call("carts.addCoupon", { cartId: id, code: "x" })).rejects.toMatchObject({ type: "NOT_FOUND" });
    }
    for (const action of ["carts.freeze", "carts.reopen"] as const) {
      for (const [auth, id] of [
        [bert, own],
        [guest, own],
        [anna, cartId], // she merges it into her own cart first
      ] as const) {
        const call = shop.as(auth, { cartToken });
        await expect(call(action, { cartId: id, attempt: 1 })).rejects.toMatchObject({ type: "NOT_FOUND" });
      }
      await expect(shop.as(guest)(action, { cartId, attempt: 1 })).rejects.toMatchObject({ type: "NOT_FOUND" });
    }
    expect((await shop.as(guest, { cartToken })("carts.freeze", { cartId, attempt: 1 })).items).toHaveLength(1);
  });

  test("reading shows and stores today's prices, and the last prices while pricing is not available", async () => {
    const call = shop.as(anna);
    const { cartId } = await call("carts.create", {});
    await call("carts.addItem", mug(cartId));
    shop.prices.set("mug", 1500);
    expect((await call("carts.get", { cartId })).items[0]?.price).toBe(15);
    shop.prices.set("mug", 1450);
    shop.unavailable.pricing = true;
    expect((await call("carts.get", { cartId })).items[0]?.price).toBe(15);
    await expect(call("carts.addItem", mug(cartId))).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    expect((await call("carts.freeze", { cartId, attempt: 1 })).items[0]?.priceMinor).toBe(1500);
    shop.unavailable.pricing = false;
  });

  test("a cart of which nothing has changed is only read", async () => {
    const call = shop.as(anna);
    const { cartId } = await call("carts.create", {});
    await call("carts.addItem", mug(cartId));
    const other = new CartStore(shop.openStore());
    const version = async () => (await other.read(cartId)).version;
    const place = { country: "US", state: "NY" };
    try {
      for (const taxed of [false, true]) {
        shop.taxed.last = taxed;
        await call("carts.get", { cartId, ...place });
        const before = await version();
        await call("carts.get", { cartId, ...place });
        await call("carts.get", { cartId, state: "NY", country: "US" });
        await call("carts.get", { cartId });
        expect([taxed, await version()]).toEqual([taxed, before]);
      }
    } finally {
      shop.taxed.last = false;
      await other.close();
    }
  });

  test.each([
    ["a customer's cart", anna, anna],
    ["a guest's cart", guest, guest],
    ["a guest's cart that a customer has opened", guest, anna],
  ])(
    "taxes of %s are asked for only where the shop has rates, for the place named last, and left out while nobody answers",
    async (_, owner, reader) => {
      shop.taxed.asked.length = 0;
      const { cartId, cartToken } = await shop.as(owner)("carts.create", {});
      const call = shop.as(reader, { cartToken });
      const added = await call("carts.addItem", mug(cartId));
      const { subtotal } = added.totals;
      expect(added.totals).toEqual({ subtotal, total: subtotal });
      expect(shop.taxed.asked).toEqual([]);
      shop.taxed.last = true;
      const taxLines = [{ name: "GST", rate: 10, amount: subtotal / 10, included: false }];
      const totals = { subtotal, tax: subtotal / 10, taxLines, total: Math.round(subtotal * 110) / 100 };
      expect((await call("carts.get", { cartId })).totals).toEqual(totals);
      expect((await call("carts.get", { cartId, country: "CA", zipCode: "H2X" })).totals).toEqual(totals);
      const itemId = added.items[0]?.itemId ?? "";
      const twice = await call("carts.changeItem", { cartId, itemId, quantity: 2 });
      expect(twice.totals).toMatchObject({ subtotal: 2 * subtotal, tax: subtotal / 5 });
      // A guest's cart is nobody's, so nobody's certificate counts, as in its prices nobody's group does.
      const whose = owner.kind === "customer" ? { customerId: owner.customerId } : {};
      const quebec = { address: { country: "CA", zipCode: "H2X" }, ...whose };
      expect(shop.taxed.asked).toEqual([{ address: {}, ...whose }, quebec, quebec]);
      shop.unavailable.pricing = true;
      expect((await call("carts.get", { cartId })).totals).toEqual({ subtotal: 2 * subtotal, total: 2 * subtotal });
      shop.unavailable.pricing = false;
      shop.taxed.last = false;
      expect((await call("carts.get", { cartId })).totals).toEqual({ subtotal: 2 * subtotal, total: 2 * subtotal });
      expect(shop.taxed.asked).toHaveLength(3);
    },
  );

  describe("with promotions", () => {
    beforeEach(() => {
      shop.promotions.reset();
      shop.promotionsChanged();
    });
    afterAll(() => {
      shop.promotions.reset();
      shop.promotionsChanged();
    });
    const withMugs = async (quantity = 2) => {
      const call = shop.as(anna);
      const { cartId } = await call("carts.create", {});
      const { items } = await call("carts.addItem", mug(cartId, quantity));
      return { call, cartId, itemId: items[0]?.itemId ?? "" };
    };

    test("every answer shows what they take off, and a checkout gets what was shown", async () => {
      shop.promotions.percentOff = 10;
      const { call, cartId, itemId } = await withMugs();
      const sale = (amount: number) => [{ promotionId: "promo_all", name: "Sale", amount }];
      expect(await call("carts.get", { cartId })).toMatchObject({
        items: [{ lineTotal: 29, discount: 2.9 }],
        discounts: sale(2.9),
        totals: { subtotal: 29, discount: 2.9, total: 26.1 },
      });
      expect(await call("carts.changeItem", { cartId, itemId, quantity: 4 })).toMatchObject({
        discounts: sale(5.8),
        totals: { discount: 5.8, total: 52.2 },
      });
      const lines = [{ sku: "mug", quantity: 4, priceMinor: 1450 }];
      expect(shop.promotions.asked.at(-1)).toEqual({ currency: "USD", customerId: "cust_anna", coupons: [], lines });
      expect(await call("carts.freeze", { cartId, attempt: 1 })).toMatchObject({
        discounts: [{ promotionId: "promo_all", amountMinor: 580, shares: [580] }],
      });
      const asked = shop.promotions.asked.length;
      expect(await call("carts.get", { cartId })).toMatchObject({ discounts: sale(5.8), totals: { total: 52.2 } });
      expect(shop.promotions.asked).toHaveLength(asked);
    });

    test("taxes are those of what is left", async () => {
      shop.promotions.percentOff = 50;
      shop.taxed.last = true;
      const { call, cartId } = await withMugs();
      expect((await call("carts.get", { cartId })).totals).toMatchObject({ discount: 14.5, tax: 1.45, total: 15.95 });
      shop.taxed.last = false;
    });

    test("a shop without any is not asked again for a while, and at once after a change", async () => {
      const { call, cartId } = await withMugs();
      await call("carts.get", { cartId });
      const asked = shop.promotions.asked.length;
      await call("carts.get", { cartId });
      expect((await call("carts.addItem", mug(cartId))).totals).toEqual({ subtotal: 43.5, total: 43.5 });
      expect(shop.promotions.asked).toHaveLength(asked);
      shop.promotions.percentOff = 10;
      shop.promotionsChanged();
      await eventually(async () => expect((await call("carts.get", { cartId })).totals.discount).toBe(4.35));
    });

    test("a coupon is kept when it can give something, now or later, and refused with the reason otherwise", async () => {
      const { call, cartId } = await withMugs();
      shop.promotions.codes.set("TEN", 10);
      shop.promotions.reasons.set("LATER", "below_subtotal").set("GONE", "used_up");
      const add = (code: string) => call("carts.addCoupon", { cartId, code });
      expect(await add(" ten ")).toMatchObject({
        coupons: ["ten"],
        discounts: [{ promotionId: "promo_ten", code: "ten", amount: 2.9 }],
      });
      expect((await add("TEN")).coupons).toEqual(["ten"]);
      expect(await add("later")).toMatchObject({
        coupons: ["ten", "later"],
        unusedPromotions: [{ code: "later", reason: "below_subtotal" }],
        totals: { discount: 2.9 },
      });
      for (const [code, reason] of [
        ["gone", "used_up"],
        ["nothing", "unknown_code"],
      ] as const) {
        const refused = { type: "COUPON_INVALID", code: 422, data: { coupon: code, reason } };
        await expect(add(code)).rejects.toMatchObject(refused);
      }
      const removed = await call("carts.removeCoupon", { cartId, code: "TEN" });
      expect(removed).toMatchObject({ coupons: ["later"], totals: { subtotal: 29, total: 29 } });
      expect(await call("carts.removeCoupon", { cartId, code: "TEN" })).toEqual(removed);
    });

    test("a cart has a bounded number of coupons, also after a merge", async () => {
      const { call, cartId } = await withMugs();
      const { cartId: guestId, cartToken = "" } = await shop.as(guest)("carts.create", {});
      const holder = shop.as(guest, { cartToken });
      const codes = Array.from({ length: promotionLimits.COUPONS_PER_CART + 1 }, (_, i) => `CODE${i}`);
      for (const code of codes) shop.promotions.codes.set(code, 1);
      for (const code of codes.slice(0, 9)) await call("carts.addCoupon", { cartId, code });
      for (const code of codes.slice(8)) await holder("carts.addCoupon", { cartId: guestId, code });
      const merged = await shop.as(anna, { cartToken })("carts.merge", { cartId: guestId });
      expect(merged.coupons).toEqual(codes.slice(0, 10));
      const one = call("carts.addCoupon", { cartId, code: codes[10] ?? "" });
      await expect(one).rejects.toMatchObject({ type: "LIMIT_REACHED" });
    });

    test("while they are not available a cart is shown without discounts, and no coupon is added", async () => {
      shop.promotions.percentOff = 10;
      shop.promotions.codes.set("TEN", 10);
      const { call, cartId } = await withMugs();
      await call("carts.addCoupon", { cartId, code: "TEN" });
      shop.promotions.down.discounts = true;
      const shown = await call("carts.get", { cartId });
      expect(shown).toMatchObject({ coupons: ["TEN"], totals: { subtotal: 29, total: 29 } });
      expect(shown).not.toHaveProperty("unusedPromotions");
      const added = call("carts.addCoupon", { cartId, code: "OTHER" });
      await expect(added).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
      shop.promotions.down.discounts = false;
      expect((await call("carts.get", { cartId })).totals).toEqual({ subtotal: 29, discount: 5.51, total: 23.49 });
    });
  });

  test("concurrent additions are all kept, and a repeated request adds once", async () => {
    const call = shop.as(anna);
    const { cartId } = await call("carts.create", {});
    await Promise.all(Array.from({ length: 5 }, () => call("carts.addItem", mug(cartId))));
    expect((await call("carts.get", { cartId })).items).toMatchObject([{ quantity: 5 }]);
    const again = shop.as(anna, { idempotencyKey: `key-${store}` });
    await Promise.all([again("carts.addItem", mug(cartId)), again("carts.addItem", mug(cartId))]);
    await again("carts.addItem", mug(cartId));
    expect((await call("carts.get", { cartId })).items).toMatchObject([{ quantity: 6 }]);
  });

  test("after login the guest's cart is merged into the customer's cart once", async () => {
    const call = shop.as(bert);
    const open = async (...skus: [string, number][]) => {
      const { cartId, cartToken } = await shop.as(guest)("carts.create", {});
      const fill = shop.as(guest, { cartToken });
      for (const [sku, quantity] of skus) await fill("carts.addItem", { cartId, productId: "prod", sku, quantity });
      return { cartId, cartToken };
    };
    const first = await open(["mug", 2]);
    const merged = await shop.as(bert, first)("carts.merge", { cartId: first.cartId });
    expect(merged.cartId).not.toBe(first.cartId);
    expect(merged.items).toMatchObject([{ sku: "mug", quantity: 2 }]);
    expect(await shop.as(bert, first)("carts.merge", { cartId: first.cartId })).toEqual(merged);
    expect((await shop.as(guest, first)("carts.get", { cartId: first.cartId })).items).toEqual([]);
    const second = await open(["mug", 1], ["tent-2", 1]);
    expect(await shop.as(bert, second)("carts.merge", { cartId: second.cartId })).toMatchObject({
      cartId: merged.cartId,
      items: [
        { sku: "mug", quantity: 3 },
        { sku: "tent-2", quantity: 1 },
      ],
    });
    await expect(call("carts.merge", { cartId: second.cartId })).rejects.toMatchObject({ type: "NOT_FOUND" });
    await expect(shop.as(guest, second)("carts.merge", { cartId: second.cartId })).rejects.toMatchObject({
      type: "UNAUTHENTICATED",
    });
    expect((await call("carts.merge", { cartId: merged.cartId })).cartId).toBe(merged.cartId);
  });

  /** Anna's cart with a mug, frozen by its first checkout. */
  const frozenCart = async () => {
    const call = shop.as(anna);
    const { cartId } = await call("carts.create", {});
    const { items } = await call("carts.addItem", mug(cartId));
    await call("carts.freeze", { cartId, attempt: 1 });
    const itemId = items[0]?.itemId ?? "";
    const edits = [
      () => call("carts.addItem", mug(cartId)),
      () => call("carts.changeItem", { cartId, itemId, quantity: 7 }),
      () => call("carts.removeItem", { cartId, itemId }),
    ];
    const become = (orderId: string, status: "paid" | "cancelled") =>
      shop.fates.set(`cart:${cartId}`, { order: { orderId, status }, abandoned: false });
    return { cartId, call, edits, become };
  };

  test("a cart that has become an order cannot change, and nothing is merged into it", async () => {
    const { cartId, call, edits, become } = await frozenCart();
    become("ord_1", "paid");
    shop.prices.set("mug", 1);
    expect(await call("carts.get", { cartId })).toMatchObject({ orderId: "ord_1", totals: { total: 14.5 } });
    shop.prices.set("mug", 1450);
    for (const edit of edits)
      await expect(edit()).rejects.toMatchObject({ type: "CART_CHECKED_OUT", data: { orderId: "ord_1" } });
    const { cartId: guestId, cartToken } = await shop.as(guest)("carts.create", {});
    await shop.as(guest, { cartToken })("carts.addItem", mug(guestId));
    expect((await shop.as(anna, { cartToken })("carts.merge", { cartId: guestId })).cartId).not.toBe(cartId);
  });

  test("a guest's cart is not merged while it is checked out and when it was bought", async () => {
    const { cartId, cartToken } = await shop.as(guest)("carts.create", {});
    await shop.as(guest, { cartToken })("carts.addItem", mug(cartId));
    await shop.as(guest, { cartToken })("carts.freeze", { cartId, attempt: 1 });
    const merge = () => shop.as(anna, { cartToken })("carts.merge", { cartId });
    await expect(merge()).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS" });
    shop.fates.set(`cart:${cartId}`, { order: { orderId: "ord_1", status: "paid" }, abandoned: false });
    await expect(merge()).rejects.toMatchObject({ type: "CART_CHECKED_OUT" });
    shop.fates.set(`cart:${cartId}`, { order: { orderId: "ord_1", status: "cancelled" }, abandoned: false });
    expect((await merge()).items.map(({ sku }) => sku)).toContain("mug");
  });

  test("a cart whose order was cancelled is open for changes, and shows today's prices", async () => {
    const { cartId, call, edits, become } = await frozenCart();
    become("ord_1", "cancelled");
    shop.prices.set("mug", 1500);
    const shown = await call("carts.get", { cartId });
    shop.prices.set("mug", 1450);
    expect(shown).toMatchObject({ totals: { total: 15 } });
    expect(shown).not.toHaveProperty("orderId");
    for (const edit of edits) await edit();
    expect((await call("carts.get", { cartId })).items).toEqual([]);
    await call("carts.addItem", mug(cartId, 3));
    expect((await call("carts.freeze", { cartId, attempt: 2 })).items).toMatchObject([{ quantity: 3 }]);
    await expect(call("carts.freeze", { cartId, attempt: 1 })).rejects.toMatchObject({ type: "CONFLICT" });
  });

  test("while a checkout runs the cart can be read and not changed; what changes nothing is answered", async () => {
    const { cartId, call, edits } = await frozenCart();
    expect(await call("carts.get", { cartId })).toMatchObject({ items: [{ quantity: 1 }] });
    for (const edit of edits) await expect(edit()).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS", code: 409 });
    expect((await call("carts.removeItem", { cartId, itemId: "ci_none" })).items).toHaveLength(1);
    expect((await call("carts.freeze", { cartId, attempt: 1 })).items).toMatchObject([{ quantity: 1 }]);
  });

  test("while orders are not available a cart in checkout can be read, and is never changed", async () => {
    const { cartId, call, edits } = await frozenCart();
    shop.unavailable.orders = true;
    try {
      expect((await call("carts.get", { cartId })).items).toMatchObject([{ quantity: 1 }]);
      for (const edit of edits) await expect(edit()).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    } finally {
      shop.unavailable.orders = false;
    }
  });

  test("a checkout that has crashed is given up after a while, and only then", async () => {
    const { cartId, call, edits } = await frozenCart();
    later(cartLimits.CHECKOUT_SECONDS - 5);
    await expect(edits[0]?.()).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS" });
    expect(shop.fates.has(`cart:${cartId}`)).toBe(false);
    later(10);
    expect((await call("carts.addItem", mug(cartId))).items).toMatchObject([{ quantity: 2 }]);
    expect(shop.fates.get(`cart:${cartId}`)).toEqual({ order: null, abandoned: true });
  });

  test("a refused checkout opens the cart, unless another request of it has made an order", async () => {
    const { cartId, call, edits } = await frozenCart();
    await call("carts.reopen", { cartId, attempt: 1 });
    expect(shop.fates.get(`cart:${cartId}`)).toEqual({ order: null, abandoned: true });
    expect((await call("carts.addItem", mug(cartId))).items).toMatchObject([{ quantity: 2 }]);
    await call("carts.freeze", { cartId, attempt: 2 });
    await call("carts.reopen", { cartId, attempt: 1 }); // a late request of the first checkout
    await expect(edits[0]?.()).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS" });
    shop.fates.set(`cart:${cartId}:2`, { order: { orderId: "ord_2", status: "paid" }, abandoned: false });
    await call("carts.reopen", { cartId, attempt: 2 });
    expect(await call("carts.get", { cartId })).toMatchObject({ orderId: "ord_2" });
  });

  test("a change is made to the cart as it is, also when another node has changed it last", async () => {
    const call = shop.as(anna);
    const { cartId } = await call("carts.create", {});
    const other = new CartStore(shop.openStore());
    const title = (cart: Cart) => ({ ...cart, items: cart.items.map((item) => ({ ...item, title: "renamed" })) });
    const { items } = await call("carts.addItem", mug(cartId));
    await other.edit(cartId, title);
    expect((await call("carts.addItem", mug(cartId))).items).toMatchObject([{ quantity: 2 }]);
    await other.edit(cartId, (cart) => ({ ...cart, items: [] }));
    const itemId = items[0]?.itemId ?? "";
    await expect(call("carts.changeItem", { cartId, itemId, quantity: 3 })).rejects.toMatchObject({
      type: "NOT_FOUND",
    });
    await other.edit(cartId, (cart) => freeze(cart, 1, Date.now()));
    await expect(call("carts.addItem", mug(cartId))).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS" });
    const { cartId: moved } = await call("carts.create", {});
    await other.edit(moved, (cart) => ({ ...cart, currency: "EUR" }));
    await expect(call("carts.addItem", mug(moved))).rejects.toMatchObject({ type: "CONFLICT" }); // its price is in dollars
    expect(await call("carts.get", { cartId: moved })).toMatchObject({ currency: "EUR", items: [] });
    await other.close();
  });

  test("a checkout takes the next number by itself, if the store has had the cart since it was made", async () => {
    const call = shop.as(anna);
    const { cartId } = await call("carts.create", {});
    await call("carts.addItem", mug(cartId));
    const durable = store === "Postgres";
    expect(await call("carts.freeze", { cartId })).toMatchObject({ attempt: 1, resumed: false, durable });
    expect(await call("carts.freeze", { cartId })).toMatchObject({ attempt: 1, resumed: true });
    await call("carts.reopen", { cartId, attempt: 1 });
    await expect(call("carts.freeze", { cartId, attempt: 1 })).rejects.toMatchObject({ type: "CONFLICT" });
    expect(await call("carts.freeze", { cartId })).toMatchObject({ attempt: 2, resumed: false });

    const { cartId: guestId, cartToken } = await shop.as(guest)("carts.create", {});
    const asGuest = shop.as(guest, { cartToken });
    await asGuest("carts.addItem", mug(guestId));
    await shop.as(anna, { cartToken })("carts.merge", { cartId: guestId }); // which deletes it from the store
    await asGuest("carts.addItem", mug(guestId));
    expect(await asGuest("carts.freeze", { cartId: guestId })).toMatchObject({ attempt: null, resumed: false });
    expect((await asGuest("carts.addItem", mug(guestId))).items).toMatchObject([{ quantity: 2 }]); // it is not frozen
  });

  test("a cart that the store has lost is filled again by a checkout that knows its contents", async () => {
    const item = { itemId: "ci_1", productId: "prod_mug", sku: "mug", title: "The mug", quantity: 2, priceMinor: 1450 };
    const lost = { currency: "USD", items: [item] };
    const { cartId, cartToken } = await shop.as(guest)("carts.create", {});
    await shop.as(guest, { cartToken })("carts.addItem", mug(cartId));
    await shop.as(anna, { cartToken })("carts.merge", { cartId }); // which deletes it from the store
    const call = shop.as(guest, { cartToken });
    expect(await call("carts.freeze", { cartId, attempt: 1, lost })).toMatchObject({ cartId, ...lost, resumed: false });
    await expect(call("carts.addItem", mug(cartId))).rejects.toMatchObject({ type: "CHECKOUT_IN_PROGRESS" });
    const { cartId: empty } = await shop.as(anna)("carts.create", {}); // is not lost: the customer has not filled it
    expect((await shop.as(anna)("carts.freeze", { cartId: empty, attempt: 1, lost })).items).toEqual([]);
    expect((await shop.as(anna)("carts.addItem", mug(empty))).items).toHaveLength(1);
  });
});

/** Sets the clock of this process ahead, and no timer. */
function later(seconds: number): void {
  const now = Date.now() + seconds * 1_000;
  jest.useFakeTimers({
    now,
    doNotFake: [
      ...(["hrtime", "nextTick", "performance", "queueMicrotask", "setImmediate", "clearImmediate"] as const),
      ...(["setInterval", "clearInterval", "setTimeout", "clearTimeout"] as const),
    ],
  });
}
afterEach(() => void jest.useRealTimers());

test("carts that Redis has lost are empty for their owners, and still not found by others", async () => {
  const shop = await startCarts(redis.url);
  const { cartId } = await shop.as(anna)("carts.create", {});
  await shop.as(anna)("carts.addItem", { cartId, productId: "prod_mug", quantity: 1 });
  const client = new Redis(redis.url);
  await client.flushall();
  await client.quit();
  expect((await shop.as(anna)("carts.get", { cartId })).items).toEqual([]);
  expect((await shop.as(anna)("carts.addItem", { cartId, productId: "prod_mug", quantity: 1 })).items).toHaveLength(1);
  await expect(shop.as(bert)("carts.get", { cartId })).rejects.toMatchObject({ type: "NOT_FOUND" });
  await shop.stop();
});

test("while Redis is down carts fail within two seconds, and afterwards they are empty under the same ids", async () => {
  const shop = await startCarts(redis.url);
  const { cartId } = await shop.as(anna)("carts.create", {});
  await shop.as(anna)("carts.addItem", { cartId, productId: "prod_mug", quantity: 1 });
  await redis.kill();
  const began = performance.now();
  await expect(shop.as(anna)("carts.get", { cartId })).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
  expect(performance.now() - began).toBeLessThan(2_000);
  await redis.start();
  const back = await eventually(() => shop.as(anna)("carts.get", { cartId }));
  expect(back).toMatchObject({ cartId, items: [] });
  expect(await shop.as(anna)("carts.freeze", { cartId, attempt: 1 })).toMatchObject({ items: [] });
  expect((await shop.as(anna)("carts.addItem", { cartId, productId: "prod_mug", quantity: 1 })).items).toHaveLength(1);
  await shop.stop();
});
