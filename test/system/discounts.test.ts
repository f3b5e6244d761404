import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, type Goods, newCustomer, newGoods, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

const WAIT = { prefer: "wait=10" };
const shippingAddress = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201", country: "US" };

describe.each(MODES)("discounts in %s", (mode) => {
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop(mode);
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
});
