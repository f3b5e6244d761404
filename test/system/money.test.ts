import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

const WAIT = { prefer: "wait=10" };

describe.each(["confirmation", "handoff"])("money of orders that are captured on %s", (captureOn) => {
  let shop: Shop;
  let staff: Client;
  let buyer: Client;

  beforeAll(async () => {
    shop = await startShop("this process", { CAPTURE_ON: captureOn });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
  });
  afterAll(() => shop?.stop());

  async function bought(goods: Goods, quantity: number) {
    const placed = await buyer.post("/orders", orderOf(buyer, goods, quantity), WAIT);
    const status = captureOn === "handoff" ? "confirmed" : "paid";
    expect(placed).toMatchObject({ status: 201, body: { status } });
    const { orderId } = placed.body;
    const { body } = await buyer.get(`/orders/${orderId}?expand=payment`);
    return { orderId, paymentId: body.payment.paymentId as string };
  }

  const stateOf = async (orderId: string) => {
    const { status, paymentStatus, shippingStatus } = (await buyer.get(`/orders/${orderId}`)).body;
    return { status, paymentStatus, shippingStatus };
  };
  const stockOf = async ({ sku }: Goods) => {
    const { onHand, reserved } = (await staff.get(`/inventory/${sku}`)).body.warehouses[0];
    return { onHand, reserved };
  };

  test("a hand-off ships the order, captures what was not captured, and takes the pieces", async () => {
    const goods = await newGoods(staff, 5);
    const { orderId } = await bought(goods, 2);
    expect(await buyer.post(`/orders/${orderId}/hand-off`)).toMatchObject({ status: 403 });
    const first = await staff.post(`/orders/${orderId}/hand-off`);
    expect(first).toMatchObject({ status: 200, body: { orderId, status: "shipped" } });
    expect((await staff.post(`/orders/${orderId}/hand-off`)).body).toEqual(first.body);
    await eventually(async () => {
      expect(await stateOf(orderId)).toEqual({ status: "shipped", paymentStatus: "paid", shippingStatus: "shipped" });
      expect(await stockOf(goods)).toEqual({ onHand: 3, reserved: 0 });
    });
    expect(await buyer.post(`/orders/${orderId}/cancel`)).toMatchObject({ status: 409 });
  });

  test("goods of an order that is not authorised, or is cancelled, do not leave", async () => {
    const goods = await newGoods(staff, 5);
    const waiting = await buyer.post("/orders", orderOf(buyer, goods, 1, "pm_card_authenticationRequired"), WAIT);
    expect(await staff.post(`/orders/${waiting.body.orderId}/hand-off`)).toMatchObject({
      status: 409,
      body: { code: "ORDER_NOT_SHIPPABLE" },
    });
    const { orderId } = await bought(goods, 1);
    await buyer.post(`/orders/${orderId}/cancel`);
    expect(await staff.post(`/orders/${orderId}/hand-off`)).toMatchObject({ status: 409 });
    expect(await staff.post("/orders/ord_nowhere/hand-off")).toMatchObject({ status: 404 });
  });

  test("a bundle takes the stock of its components, and digital goods take none", async () => {
    const [mug, spoon] = [await newGoods(staff, 5), await newGoods(staff, 9)];
    const product = async (slug: string, facts: object, variant: object = {}): Promise<Goods> => {
      const variants = [{ sku: slug.toUpperCase(), price: { amount: 20 }, ...variant }];
      const { status, body } = await staff.post("/products", { slug, title: slug, ...facts, variants });
      expect([status, body.code]).toEqual([201, undefined]);
      return { productId: body.productId, sku: slug.toUpperCase(), price: 20 };
    };
    const components = [
      { sku: mug.sku, quantity: 1 },
      { sku: spoon.sku, quantity: 4 },
    ];
    const set = await product(`set-${captureOn}`, { kind: "bundle" }, { components });
    const recipe = await product(`recipe-${captureOn}`, { kind: "digital" });
    const available = async (goods: Goods) => (await staff.get(`/inventory/${goods.sku}`)).body.available;
    await eventually(async () => expect([await available(set), await available(recipe)]).toEqual([2, 1_000_000_000]));
    expect((await buyer.get(`/products/${set.productId}`)).body).toMatchObject({
      kind: "bundle",
      availability: "in_stock",
      variants: [{ components, available: 2 }],
    });
    expect(await buyer.post("/orders", orderOf(buyer, set, 3), WAIT)).toMatchObject({ status: 409 });

    const { orderId } = await bought(set, 2);
    await staff.post(`/orders/${orderId}/hand-off`);
    await eventually(async () => {
      expect(await stockOf(mug)).toEqual({ onHand: 3, reserved: 0 });
      expect(await stockOf(spoon)).toEqual({ onHand: 1, reserved: 0 });
    });
    expect(await available(set)).toBe(0);
    const digital = await bought(recipe, 7);
    expect(await buyer.post(`/orders/${digital.orderId}/cancel`)).toMatchObject({ status: 200 });

    await staff.put(`/products/${set.productId}`, { kind: "physical", variants: [{ sku: set.sku }] });
    await eventually(async () => expect((await staff.get(`/inventory/${set.sku}`)).status).toBe(404));
    const nested = { kind: "bundle", variants: [{ sku: "NESTED", components: [{ sku: "NOWHERE", quantity: 1 }] }] };
    expect(await staff.post("/products", { slug: `nested-${captureOn}`, title: "x", ...nested })).toMatchObject({
      status: 422,
      body: { errors: [{ path: "/variants/0/components/0/sku" }] },
    });
  });

  test("a full refund restocks an order that is not shipped, and not one that is", async () => {
    const goods = await newGoods(staff, 5);
    const shipped = await bought(goods, 2);
    await staff.post(`/orders/${shipped.orderId}/hand-off`);
    const unshipped = await bought(goods, 1);
    if (captureOn === "handoff") await staff.post(`/payments/${unshipped.paymentId}/capture`, { amount: 20 });
    await eventually(async () => expect(await stockOf(goods)).toEqual({ onHand: 2, reserved: 0 }));
    for (const [{ paymentId }, amount] of [
      [unshipped, 5],
      [unshipped, 15],
      [shipped, 40],
    ] as const) {
      const refund = await staff.post(`/payments/${paymentId}/refund`, { amount, reason: "unhappy" });
      expect(refund).toMatchObject({ status: 200, body: { status: "refunded", refundedAmount: amount } });
    }
    await eventually(async () => {
      for (const { orderId } of [shipped, unshipped]) {
        expect(await stateOf(orderId)).toMatchObject({ status: "refunded", paymentStatus: "refunded" });
      }
      expect(await stockOf(goods)).toEqual({ onHand: 3, reserved: 0 });
    });
  });

  test("twenty refunds at once give back what was captured and no more", async () => {
    const goods = await newGoods(staff, 5);
    const { orderId, paymentId } = await bought(goods, 1);
    if (captureOn === "handoff") await staff.post(`/payments/${paymentId}/capture`, { amount: 20 });
    const refunds = await Promise.all(
      Array.from({ length: 20 }, () => staff.post(`/payments/${paymentId}/refund`, { amount: 3, reason: "race" })),
    );
    const given = refunds.filter(({ status }) => status === 200);
    const refused = refunds.filter(({ status, body }) => status === 422 && body.code === "AMOUNT_TOO_HIGH");
    const later = refunds.filter(({ status }) => status === 503); // waits too long for its turn, and is asked again
    expect(given.length + refused.length + later.length).toBe(20);
    await eventually(async () => {
      const { body } = await staff.get(`/payments/${paymentId}`);
      expect(body).toMatchObject({ capturedAmount: 20, refundedAmount: 3 * 6 });
    });
    expect(given.length).toBeLessThanOrEqual(6);
    expect((await stateOf(orderId)).paymentStatus).toBe("partially_refunded");
  });

  test("staff void an authorised payment, which cancels the order and gives the pieces back", async () => {
    const goods = await newGoods(staff, 5);
    const { orderId, paymentId } = await bought(goods, 1);
    const answer = await staff.post(`/payments/${paymentId}/void`);
    if (captureOn === "confirmation") {
      expect(answer).toMatchObject({ status: 409, body: { code: "INVALID_PAYMENT_STATE" } });
      return;
    }
    expect(answer).toMatchObject({ status: 200, body: { paymentId, status: "voided" } });
    expect((await staff.post(`/payments/${paymentId}/void`)).body).toEqual(answer.body);
    await eventually(async () => {
      expect(await stateOf(orderId)).toMatchObject({ status: "cancelled", paymentStatus: "voided" });
      expect(await stockOf(goods)).toEqual({ onHand: 5, reserved: 0 });
    });
  });

  test.each([
    ["JPY", 1_500, 500],
    ["BHD", 12.345, 2.345],
  ])("an order in %s is exact to its minor unit", async (currency, price, part) => {
    const goods = await newGoods(staff, 5);
    await staff.put(`/prices/${goods.sku}`, { amount: price, currency });
    const placed = await buyer.post("/orders", { ...orderOf(buyer, { ...goods, price }), currency }, WAIT);
    expect(placed).toMatchObject({ status: 201, body: { totalAmount: price, currency } });
    const { body } = await buyer.get(`/orders/${placed.body.orderId}?expand=payment`);
    const { paymentId } = body.payment;
    if (captureOn === "handoff") await staff.post(`/payments/${paymentId}/capture`, { amount: price });
    const tooExact = await staff.post(`/payments/${paymentId}/refund`, { amount: part + 0.0001, reason: "part" });
    expect(tooExact).toMatchObject({ status: 422 });
    await staff.post(`/payments/${paymentId}/refund`, { amount: part, reason: "part" });
    expect((await staff.get(`/payments/${paymentId}`)).body).toMatchObject({
      capturedAmount: price,
      refundedAmount: part,
    });
  });
});
