import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADDRESS, Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually, readUntil } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

const START_MS = 60_000;
const GERMAN = { street: "Unter den Linden 1", city: "Berlin", state: "", zipCode: "10117", country: "DE" };
/** Of a data centre in the United States, and of a VPN in Denmark. */
const [DATA_CENTRE, VPN] = ["52.95.110.1", "45.129.56.200"];

describe.each(MODES)("suspicious orders in %s", (mode) => {
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop(mode, { TRUST_PROXY: "on" });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    goods = await newGoods(staff, 100);
  }, START_MS);

  afterAll(() => shop?.stop(), START_MS);

  const buy = (from: string, changes: object = {}) =>
    buyer.post("/orders", { ...orderOf(buyer, goods), ...changes }, { prefer: "wait=10", "x-forwarded-for": from });
  /** Billed abroad, and ordered from a data centre by a new customer: enough for a review. */
  const held = async () => {
    const placed = await buy(DATA_CENTRE, { billingAddress: GERMAN });
    expect(placed).toMatchObject({ status: 201, body: { status: "pending_payment", underReview: true } });
    await eventually(async () => {
      const { body } = await staff.get("/fraud/reviews?limit=100");
      expect(body.reviews.map(({ orderId }: { orderId: string }) => orderId)).toContain(placed.body.orderId);
    });
    return placed.body.orderId as string;
  };
  const becomes = (orderId: string, expected: object) =>
    eventually(async () => expect((await buyer.get(`/orders/${orderId}`)).body).toMatchObject(expected));
  const payment = async (orderId: string) =>
    (await buyer.get(`/orders/${orderId}?expand=payment`)).body.payment ?? null;
  const stepsOf = async (client: Client, orderId: string) =>
    (await client.get(`/orders/${orderId}/timeline`)).body.steps;

  test("an ordinary order is paid, and its score says why", async () => {
    const placed = await buy("203.0.113.7");
    expect(placed.body).toMatchObject({ status: "paid" });
    expect(placed.body).not.toHaveProperty("underReview");
    const { body } = await staff.get(`/fraud/assessments/${placed.body.orderId}`);
    expect(body).toEqual({
      score: 8,
      decision: "accept",
      reasons: [expect.objectContaining({ rule: "new-customer" })],
    });
  });

  test("an order under review is held and not charged, and is paid when staff approve it", async () => {
    const orderId = await held();
    const { body: assessment } = await staff.get(`/fraud/assessments/${orderId}`);
    expect(assessment).toMatchObject({ decision: "review" });
    const rules = assessment.reasons.map(({ rule }: { rule: string }) => rule);
    expect(rules).toEqual(expect.arrayContaining(["new-customer", "billed-elsewhere", "hosting-network"]));
    await eventually(async () => {
      expect((await stepsOf(buyer, orderId)).map(({ step }: { step: string }) => step)).toContain("InventoryReserved");
    });
    expect(await payment(orderId)).toBeNull();
    const byHand = { orderId, customerId: buyer.customerId, amount: goods.price, paymentMethodId: "pm_card_visa" };
    const early = await buyer.post("/payments/authorize", byHand);
    expect(early).toMatchObject({ status: 409, body: { code: "ORDER_UNDER_REVIEW" } });

    const approved = await staff.post(`/fraud/reviews/${orderId}/approve`, {});
    expect(approved).toMatchObject({ status: 200, body: { orderId, status: "approved" } });
    await becomes(orderId, { status: "paid", paymentStatus: "paid" });
    expect((await buyer.get(`/orders/${orderId}`)).body).not.toHaveProperty("underReview");
    expect((await staff.post(`/fraud/reviews/${orderId}/approve`, {})).status).toBe(200);
    const late = await staff.post(`/fraud/reviews/${orderId}/reject`, {});
    expect(late).toMatchObject({ status: 409, body: { code: "REVIEW_ENDED", reviewStatus: "approved" } });
    const { body } = await staff.get("/fraud/reviews?status=approved");
    expect(body.reviews[0]).toMatchObject({ orderId, decidedBy: expect.stringMatching(/^staff:/) });

    const [created] = await stepsOf(staff, orderId);
    expect(created.detail.risk).toEqual({ score: assessment.score, reasons: assessment.reasons });
    const shown = JSON.stringify(await stepsOf(buyer, orderId));
    expect(shown).toContain("ReviewApproved");
    expect(shown).not.toMatch(/score|staff/);
  });

  test("an order that staff reject is cancelled, and its stock is free again", async () => {
    const before = (await buyer.get(`/inventory/${goods.sku}`)).body.available;
    const orderId = await held();
    expect((await staff.post(`/fraud/reviews/${orderId}/reject`, {})).body).toEqual({ orderId, status: "rejected" });
    await becomes(orderId, { status: "cancelled", reason: "not_accepted" });
    expect((await staff.get(`/orders/${orderId}`)).body.reason).toBe("fraud_rejected");
    expect(await payment(orderId)).toBeNull();
    await readUntil(
      () => buyer.get(`/inventory/${goods.sku}`),
      ({ body }) => body.available === before,
    );
    const steps = await stepsOf(buyer, orderId);
    expect(steps.map(({ step }: { step: string }) => step)).toContain("OrderNotAccepted");
    expect(JSON.stringify(steps)).not.toMatch(/fraud|Review|risk/i);
  });

  test("a customer who cancels an order under review ends the review", async () => {
    const orderId = await held();
    expect((await buyer.post(`/orders/${orderId}/cancel`, {})).status).toBe(200);
    await eventually(async () => {
      const { body } = await staff.get("/fraud/reviews?status=closed");
      expect(body.reviews.map((review: { orderId: string }) => review.orderId)).toContain(orderId);
    });
    const late = await staff.post(`/fraud/reviews/${orderId}/approve`, {});
    expect(late).toMatchObject({ status: 409, body: { code: "REVIEW_ENDED" } });
    expect(await payment(orderId)).toBeNull();
  });

  test("an order that is most likely fraud is cancelled at once, and never charged", async () => {
    const cart = (await new Client(shop).post("/carts", {})).body;
    const token = { "x-cart-token": cart.cartToken };
    const guest = new Client(shop);
    await guest.post(`/carts/${cart.cartId}/items`, { productId: goods.productId, sku: goods.sku, quantity: 1 }, token);
    const bought = { cartId: cart.cartId, email: "x@mailinator.com", paymentMethodId: "pm_card_visa" };
    const placed = await guest.post(
      "/checkout",
      { ...bought, shippingAddress: ADDRESS, billingAddress: GERMAN },
      { ...token, "x-forwarded-for": VPN ?? "", prefer: "wait=10" },
    );
    expect(placed).toMatchObject({ status: 201, body: { status: "cancelled", reason: "not_accepted" } });
    expect(placed.body).not.toHaveProperty("underReview");
    const { orderId } = placed.body;
    const { body } = await staff.get(`/fraud/assessments/${orderId}`);
    expect(body).toMatchObject({ decision: "refuse" });
    const points = body.reasons.reduce((sum: number, reason: { points: number }) => sum + reason.points, 0);
    expect(body.score).toBe(Math.min(100, points));
    await eventually(async () => {
      const steps = (await stepsOf(staff, orderId)).map(({ step }: { step: string }) => step);
      expect(steps).toEqual(expect.arrayContaining(["RiskRefused", "InventoryReleased"]));
    });
    expect((await staff.get(`/orders/${orderId}?expand=payment`)).body.payment ?? null).toBeNull();
    const open = (await staff.get("/fraud/reviews?limit=100")).body.reviews;
    expect(open.map((review: { orderId: string }) => review.orderId)).not.toContain(orderId);
  });

  test("only staff with the right see assessments and decide", async () => {
    const orderId = await held();
    for (const client of [buyer, new Client(shop)]) {
      const refused = client === buyer ? 403 : 401;
      expect((await client.get(`/fraud/assessments/${orderId}`)).status).toBe(refused);
      expect((await client.get("/fraud/reviews")).status).toBe(refused);
      expect((await client.post(`/fraud/reviews/${orderId}/approve`, {})).status).toBe(refused);
    }
    expect((await staff.get("/fraud/assessments/ord_unknown")).status).toBe(404);
    expect((await staff.post("/fraud/reviews/ord_unknown/approve", {})).status).toBe(404);
  });
});
