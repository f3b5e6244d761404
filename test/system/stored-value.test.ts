import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADDRESS, Client, type Goods, newCustomer, newGoods, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

const WAIT = { prefer: "wait=10" };
const START_MS = 60_000;

describe.each(MODES)("paying with gift cards and store credit from %s", (mode) => {
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop(mode);
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    goods = await newGoods(staff, 100, 10);
  }, START_MS);

  afterAll(() => shop?.stop(), START_MS);

  const issue = async (amount: number, currency = "USD") =>
    (await staff.post("/gift-cards", { amount, currency })).body as { giftCardId: string; code: string };
  const balanceOf = async ({ code }: { code: string }) =>
    (await new Client(shop).get(`/gift-cards/${code}`)).body.balance;
  const grant = (client: Client, amount: number) =>
    staff.post(`/customers/${client.customerId}/store-credit`, { amount, currency: "USD", reason: "sorry" });

  /** A cart with pieces of 10, and what checks it out. */
  async function cartOf(client: Client, quantity: number) {
    const cart = await client.post("/carts", {});
    const headers: Record<string, string> = cart.body.cartToken ? { "x-cart-token": cart.body.cartToken } : {};
    const item = { productId: goods.productId, sku: goods.sku, quantity };
    await client.post(`/carts/${cart.body.cartId}/items`, item, headers);
    const body = { cartId: cart.body.cartId, shippingAddress: ADDRESS, paymentMethodId: "pm_card_visa" };
    return (extra: object) =>
      client.post("/checkout", { ...body, ...extra }, { ...headers, ...WAIT, "idempotency-key": randomUUID() });
  }

  test("a card, store credit and a method pay an order together; a cancellation gives each of them its part back", async () => {
    const card = await issue(12);
    await grant(buyer, 5);
    const checkOut = await cartOf(buyer, 3);
    const bought = await checkOut({ giftCards: [card.code], storeCredit: true });
    const tenders = [
      { type: "giftCard", giftCardId: card.giftCardId, last4: card.code.slice(-4), amount: 12 },
      { type: "storeCredit", amount: 5 },
    ];
    expect(bought).toMatchObject({ status: 201, body: { status: "paid", totalAmount: 30, tenders } });
    const { orderId } = bought.body;
    expect((await checkOut({ giftCards: [card.code], storeCredit: true })).body).toMatchObject({ orderId, tenders });
    expect(await checkOut({})).toMatchObject({ status: 409, body: { code: "CART_CHECKED_OUT", orderId } });
    const { body: order } = await buyer.get(`/orders/${orderId}?expand=payment`);
    expect(order).toMatchObject({
      tenders,
      payment: { status: "captured", capturedAmount: 30, tenders: [{ capturedAmount: 12 }, { capturedAmount: 5 }] },
    });
    expect(await balanceOf(card)).toBe(0);
    await buyer.post(`/orders/${orderId}/cancel`, { reason: "changed my mind" });
    await eventually(async () => expect(await balanceOf(card)).toBe(12));
    const credit = await buyer.get(`/customers/${buyer.customerId}/store-credit`);
    expect(credit.body).toMatchObject({ balances: [{ balance: 5, reserved: 0, currency: "USD" }] });
    const { body } = await staff.get(`/gift-cards/${card.giftCardId}/entries`);
    expect(body.entries.map(({ kind }: { kind: string }) => kind)).toEqual(["refunded", "spent", "reserved", "issued"]);
  });

  test("a guest pays whole with two cards, and the method is not charged; staff refund a part of it", async () => {
    const [one, two] = [await issue(4), await issue(50)];
    const checkOut = await cartOf(new Client(shop), 1);
    const guest = {
      email: "guest@example.com",
      giftCards: [one.code, two.code],
      paymentMethodId: "pm_card_chargeDeclined",
    };
    expect(await checkOut({ ...guest, storeCredit: true })).toMatchObject({
      status: 422,
      body: { code: "VALIDATION_FAILED", errors: [{ path: "/storeCredit" }] },
    });
    const bought = await checkOut(guest);
    expect(bought).toMatchObject({ status: 201, body: { status: "paid", tenders: [{ amount: 4 }, { amount: 6 }] } });
    const { orderId, orderToken } = bought.body;
    const order = await new Client(shop).get(`/orders/${orderId}?expand=payment`, { "x-order-token": orderToken });
    expect(order.body.payment).toMatchObject({ status: "captured", paymentMethod: null });
    const { paymentId } = order.body.payment;
    const refund = await staff.post(`/payments/${paymentId}/refund`, { amount: 7, reason: "returned" });
    expect(refund).toMatchObject({ status: 200, body: { refundedAmount: 7 } });
    expect([await balanceOf(one), await balanceOf(two)]).toEqual([1, 50]);
  });

  test("a code that cannot be used is answered with its path, and the cart can be checked out without it", async () => {
    const [card, euros, empty] = [await issue(5), await issue(5, "EUR"), await issue(5)];
    await staff.post(`/gift-cards/${empty.giftCardId}/disable`);
    const checkOut = await cartOf(buyer, 1);
    const giftCards = [card.code, "NO-SUCH-CODE", euros.code, empty.code, card.code.toLowerCase()];
    const refused = await checkOut({ giftCards });
    expect(refused).toMatchObject({ status: 422, body: { code: "GIFT_CARD_INVALID" } });
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual(
      [1, 2, 3, 4].map((index) => `/giftCards/${index}`),
    );
    expect(await balanceOf(card)).toBe(5);
    expect(await checkOut({ giftCards: [card.code] })).toMatchObject({ status: 201, body: { status: "paid" } });
  });

  test("of two carts that name the same card at once, one order gets it", async () => {
    const card = await issue(10);
    const others = await Promise.all([newCustomer(shop), newCustomer(shop)]);
    const carts = await Promise.all(others.map((client) => cartOf(client, 1)));
    const answers = await Promise.all(carts.map((checkOut) => checkOut({ giftCards: [card.code] })));
    const paid = answers.filter(({ body }) => body.status === "paid");
    const lost = answers.filter(({ body }) => body.code === "GIFT_CARD_INVALID" || body.status === "cancelled");
    expect([paid.length, lost.length]).toEqual([1, 1]);
    for (const { body } of lost.filter(({ body }) => body.status === "cancelled"))
      expect(body.reason).toBe("payment_declined:gift_card_insufficient");
    expect(await balanceOf(card)).toBe(0);
  });

  test("cards and credit are given by staff, once for each key, and seen by those who may", async () => {
    const send = () =>
      staff.post("/gift-cards", { amount: 9.99, currency: "USD" }, { "idempotency-key": `card-${mode}` });
    const card = await send();
    expect(card).toMatchObject({ status: 201, body: { code: expect.stringMatching(/^(\w{4}-){4}\w{4}$/) } });
    expect((await send()).body).toEqual(card.body);
    expect((await staff.get("/gift-cards?limit=1")).body.giftCards).toEqual([
      expect.objectContaining({ giftCardId: card.body.giftCardId, status: "active", amount: 9.99, balance: 9.99 }),
    ]);
    expect((await new Client(shop).get(`/gift-cards/${card.body.code}`)).body).toEqual({
      balance: 9.99,
      currency: "USD",
    });
    for (const amount of [0, 1.005]) {
      expect(await staff.post("/gift-cards", { amount, currency: "USD" })).toMatchObject({ status: 422 });
    }
    expect(await buyer.post("/gift-cards", { amount: 1, currency: "USD" })).toMatchObject({ status: 403 });
    expect(await grant(buyer, 1)).toMatchObject({ status: 201, body: { currency: "USD", reserved: 0 } });
    const stranger = await newCustomer(shop);
    expect(await stranger.get(`/customers/${buyer.customerId}/store-credit`)).toMatchObject({ status: 404 });
    expect(await buyer.get(`/gift-cards/${card.body.giftCardId}/entries`)).toMatchObject({ status: 403 });
  });
});
