import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";
import { verify } from "#tools/verify/verify.ts";

const WAIT = { prefer: "wait=10" };
const shippingAddress = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201", country: "US" };

describe.each(MODES)("discounts in %s", (mode) => {
  const namespace = freshNamespace();
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop(mode, { NAMESPACE: namespace });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    goods = await newGoods(staff, 1_000, 20);
  }, 60_000);
  afterAll(() => shop?.stop());

  const promotion = async (change: object) => {
    const made = await staff.post("/promotions", { name: "Sale", stacking: "stackable", ...change });
    expect(made.status).toBe(201);
    return made.body.promotionId as string;
  };

  test("an automatic promotion is shown in the cart, ordered, paid, invoiced and given back", async () => {
    const { body: cart } = await buyer.post("/carts", {});
    const path = `/carts/${cart.cartId}`;
    await buyer.post(`${path}/items`, { productId: goods.productId, quantity: 2 });
    const promotionId = await promotion({
      conditions: [{ type: "minSubtotal", amount: 40 }],
      effect: { type: "percentOff", percent: 10, appliesTo: "order" },
      currency: "USD",
    });
    const { body: shown } = await eventually(async () => {
      const answer = await buyer.get(path);
      expect(answer.body.totals).toEqual({ subtotal: 40, discount: 4, total: 36 });
      return answer;
    });
    expect(shown.discounts).toEqual([{ promotionId, name: "Sale", amount: 4 }]);
    expect(shown.items[0]).toMatchObject({ lineTotal: 40, discount: 4 });

    const order = { cartId: cart.cartId, shippingAddress, paymentMethodId: "pm_card_visa" };
    const { status, body: receipt } = await buyer.post("/checkout", order, WAIT);
    expect([status, receipt]).toMatchObject([
      201,
      { status: "paid", subtotal: 40, discount: 4, totalAmount: 36, discounts: [{ promotionId, amount: 4 }] },
    ]);
    const { orderId } = receipt;
    const { body: seen } = await buyer.get(`/orders/${orderId}?expand=payment`);
    expect(seen).toMatchObject({ items: [{ price: 20, discount: 4 }], payment: { capturedAmount: 36 } });
    const { body: invoice } = await eventually(async () => {
      const answer = await buyer.get(`/orders/${orderId}/invoice`);
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(invoice).toMatchObject({
      lines: [{ unitPrice: 20, quantity: 2, discount: 4, total: 36 }],
      discounts: [{ name: "Sale", amount: 4 }],
      total: 36,
    });

    await buyer.post(`/orders/${orderId}/cancel`, {});
    await eventually(async () => {
      const { body } = await buyer.get(`/orders/${orderId}/credit-notes`);
      expect(body.creditNotes).toMatchObject([{ total: 36 }]);
      expect((await staff.get(`/promotions/${promotionId}`)).body.uses).toBe(0);
    });
    await staff.delete(`/promotions/${promotionId}`);
  });

  /** A cart with the goods and perhaps a coupon. */
  const cartOf = async (who: Client, quantity: number, code?: string) => {
    const { body: cart } = await who.post("/carts", {});
    await who.post(`/carts/${cart.cartId}/items`, { productId: goods.productId, quantity });
    const { body } =
      code === undefined
        ? await who.get(`/carts/${cart.cartId}`)
        : await who.post(`/carts/${cart.cartId}/coupons`, { code });
    return body;
  };
  const checkOut = (who: Client, cartId: string, paymentMethodId = "pm_card_visa") =>
    who.post("/checkout", { cartId, shippingAddress, paymentMethodId }, WAIT);

  test("a code of one use is of one order, until that is cancelled", async () => {
    const effect = { type: "percentOff", percent: 25, appliesTo: "order" };
    const promotionId = await promotion({ name: "For you", onlyWithCode: true, effect });
    const { body } = await staff.post(`/promotions/${promotionId}/codes`, { count: 1 });
    const [code] = body.codes;
    const other = await newCustomer(shop);
    const [mine, theirs] = [await cartOf(buyer, 1, code), await cartOf(other, 1, code)];
    expect([mine.totals.total, theirs.totals.total]).toEqual([15, 15]);
    const { body: bought } = await checkOut(buyer, mine.cartId);
    expect(bought).toMatchObject({ status: "paid", totalAmount: 15, discounts: [{ code, amount: 5 }] });
    const refused = await checkOut(other, theirs.cartId);
    expect(refused).toMatchObject({ status: 409, body: { code: "PRICE_CHANGED", discount: { shown: 5, current: 0 } } });
    const { body: shown } = await other.get(`/carts/${theirs.cartId}`);
    expect(shown).toMatchObject({ totals: { total: 20 }, unusedPromotions: [{ code, reason: "code_used" }] });
    expect(await checkOut(buyer, mine.cartId)).toMatchObject({ status: 201, body: { orderId: bought.orderId } });

    await buyer.post(`/orders/${bought.orderId}/cancel`, {});
    await eventually(async () => {
      expect((await other.get(`/carts/${theirs.cartId}`)).body.totals.total).toBe(15);
    });
    const { body: declined } = await checkOut(other, theirs.cartId, "pm_card_chargeDeclined");
    expect(declined.status).toBe("cancelled");
    await eventually(async () => {
      const { body: order } = await checkOut(other, theirs.cartId);
      expect(order).toMatchObject({ status: "paid", totalAmount: 15 });
    });
  });

  test("the slot of a deal is claimed, gives its price to one order, and is free again when that is cancelled", async () => {
    const lamp = await newGoods(staff, 10, 20);
    const from = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
    const times = { startsAt: from(-1), endsAt: from(60) };
    const deal = await staff.post("/deals", { sku: lamp.sku, price: 12, currency: "USD", slots: 1, ...times });
    expect(deal.status).toBe(201);
    const claims = `/deals/${deal.body.dealId}/claims`;
    const first = await buyer.post(claims, {});
    expect([first.status, first.body]).toMatchObject([201, { status: "granted" }]);
    const second = await (await newCustomer(shop)).post(claims, {});
    expect([second.status, second.body]).toMatchObject([201, { status: "queued", position: 1 }]);

    const { body: cart } = await buyer.post("/carts", {});
    const { body: shown } = await buyer.post(`/carts/${cart.cartId}/items`, { productId: lamp.productId, quantity: 2 });
    expect(shown.totals).toEqual({ subtotal: 40, discount: 8, total: 32 }); // one piece is claimed
    const order = { cartId: cart.cartId, shippingAddress, paymentMethodId: "pm_card_visa" };
    const { status, body: receipt } = await buyer.post("/checkout", order, WAIT);
    expect([status, receipt]).toMatchObject([201, { status: "paid", totalAmount: 32 }]);
    await eventually(async () => {
      const { body: invoice } = await buyer.get(`/orders/${receipt.orderId}/invoice`);
      expect(invoice.discounts).toEqual([{ name: "Lightning deal", amount: 8 }]); // a claim is no coupon
      expect((await buyer.get(`${claims}/${first.body.claimId}`)).body.status).toBe("sold");
    });
    await buyer.post(`/orders/${receipt.orderId}/cancel`, {});
    await eventually(async () =>
      expect((await staff.get(`${claims}/${second.body.claimId}`)).body.status).toBe("granted"),
    );
  });

  test("an order that a coupon gives for nothing is paid", async () => {
    const amount = { effect: { type: "amountOff", amount: 20 }, currency: "USD" };
    await promotion({ name: "On us", coupon: "ON-US", usagePerCustomer: 1, ...amount });
    const order = { ...orderOf(buyer, goods), couponCode: "on-us" };
    expect(await buyer.post("/orders", order, WAIT)).toMatchObject({
      status: 201,
      body: { status: "paid", subtotal: 20, discount: 20, totalAmount: 0 },
    });
    expect(await buyer.post("/orders", order)).toMatchObject({
      status: 422,
      body: { code: "COUPON_INVALID", reason: "used_by_customer" },
    });
  });

  test("taxes are those of what is left after discounts, on the invoice as well, and the books agree", async () => {
    await staff.post("/tax/rates", { country: "US", state: "OR", name: "Sales tax", rate: 10 });
    await staff.put("/tax/settings", { pricesInclude: { US: false }, pricesIncludeElsewhere: true });
    await promotion({ name: "Half", coupon: "HALF", effect: { type: "percentOff", percent: 50, appliesTo: "order" } });
    await eventually(async () => {
      const { totals } = await cartOf(buyer, 3, "half");
      expect(totals).toMatchObject({ subtotal: 60, discount: 30 });
    });
    const { cartId } = await cartOf(buyer, 3, "half");
    const { body: shown } = await buyer.get(`/carts/${cartId}?country=US&state=OR`);
    expect(shown.totals).toMatchObject({ subtotal: 60, discount: 30, tax: 3, total: 33 });
    const { body: receipt } = await checkOut(buyer, cartId);
    expect(receipt).toMatchObject({ status: "paid", subtotal: 60, discount: 30, tax: 3, totalAmount: 33 });
    const { body: invoice } = await eventually(async () => {
      const answer = await buyer.get(`/orders/${receipt.orderId}/invoice`);
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(invoice).toMatchObject({ lines: [{ discount: 30, total: 30 }], net: 30, tax: [{ amount: 3 }], total: 33 });
    await eventually(async () => {
      const findings = await verify({ server: postgresUrl(), namespace, graceSeconds: 1, listeners: new Map() });
      expect(findings.filter(({ outcome }) => outcome !== "holds")).toEqual([]);
    });
  });
});
