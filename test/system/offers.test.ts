import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADDRESS, type Client, type Goods, newCustomer, newGoods, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";
import { verify } from "#tools/verify/verify.ts";

const WAIT = { prefer: "wait=10" };
const PDF = { "content-type": "application/pdf" };

describe.each(MODES)("offers of sellers in %s", (mode) => {
  const namespace = freshNamespace();
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let owner: Client;
  let goods: Goods;
  let sellerId: string;

  beforeAll(async () => {
    shop = await startShop(mode, { NAMESPACE: namespace });
    staff = await staffMember(shop);
    [buyer, owner] = [await newCustomer(shop), await newCustomer(shop)];
    goods = await newGoods(staff, 10, 20);
    const profile = { name: "Nordic Wood", email: "hello@nordic-wood.example", country: "DK" };
    sellerId = (await owner.post("/sellers", profile)).body.sellerId;
    for (const type of ["identity", "registration"])
      await owner.post(`/sellers/${sellerId}/documents?type=${type}`, "%PDF-1.4\n%%EOF\n", PDF);
    await owner.post(`/sellers/${sellerId}/submit`);
    await eventually(async () => {
      expect((await owner.get(`/sellers/${sellerId}`)).body.status).toBe("approved");
    });
    await staff.put("/commission-rules", { percent: 10 });
  }, 60_000);
  afterAll(() => shop?.stop());

  const offer = async (price: number, stock: number) => {
    const terms = { price, currency: "USD", stock, handlingDays: 2 };
    expect((await owner.put(`/sellers/${sellerId}/offers/${goods.sku}`, terms)).status).toBe(200);
  };
  const stock = async () => (await owner.get(`/sellers/${sellerId}/offers`)).body.offers[0].stock;
  const ownStock = async () => (await buyer.get(`/inventory/${goods.sku}`)).body.available;
  const booked = async () => (await staff.get(`/ledger/entries?sellerId=${sellerId}`)).body.entries;

  test("an offer beside the shop's own goods is bought, paid, credited to its seller, and taken back", async () => {
    await offer(18, 3);
    const { cartId } = (await buyer.post("/carts", {})).body;
    await buyer.post(`/carts/${cartId}/items`, { productId: goods.productId, quantity: 1 });
    const added = await buyer.post(`/carts/${cartId}/items`, { productId: goods.productId, quantity: 2, sellerId });
    expect(added).toMatchObject({
      status: 201,
      body: { items: [{ price: 20 }, { sellerId, price: 18, lineTotal: 36 }], totals: { total: 56 } },
    });
    const { body: receipt } = await buyer.post(
      "/checkout",
      { cartId, shippingAddress: ADDRESS, paymentMethodId: "pm_card_visa" },
      WAIT,
    );
    expect(receipt).toMatchObject({ status: "paid", totalAmount: 56 });
    const { orderId } = receipt;
    expect((await buyer.get(`/orders/${orderId}`)).body.parts).toMatchObject([
      { sellerId: null, items: [{ price: 20 }], subtotal: 20 },
      { sellerId, items: [{ sellerId, price: 18, quantity: 2 }], subtotal: 36 },
    ]);
    const sold = { orderId, status: "paid", subtotal: 36, shippingAddress: ADDRESS };
    const { body: own } = await owner.get(`/sellers/${sellerId}/orders`);
    expect(own).toMatchObject({ orders: [sold], pagination: { total: 1 } });
    expect(own.orders[0].items).toHaveLength(1);
    expect((await buyer.get(`/sellers/${sellerId}/orders`)).status).toBe(404);
    await eventually(async () => {
      expect([await stock(), await ownStock()]).toEqual([1, 9]);
      expect(await booked()).toMatchObject([{ orderId, sellerId }]);
    });
    expect((await owner.get(`/sellers/${sellerId}/balance?currency=USD`)).body).toMatchObject({ pending: 32.4 });

    await buyer.post(`/orders/${orderId}/cancel`, {});
    await eventually(async () => {
      expect([await stock(), await ownStock()]).toEqual([3, 10]);
      expect(await booked()).toHaveLength(2);
    });
    expect((await owner.get(`/sellers/${sellerId}/balance?currency=USD`)).body).toMatchObject({ pending: 0 });
  });

  test("an order of offers alone is paid, and takes no more than there is", async () => {
    await offer(15, 1);
    const order = {
      ...{ customerId: buyer.customerId, shippingAddress: ADDRESS, paymentMethodId: "pm_card_visa" },
      items: [{ productId: goods.productId, sellerId, quantity: 1, price: 15 }],
    };
    const answers = await Promise.all([1, 2, 3].map(() => buyer.post("/orders", order, WAIT)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 201)?.body).toMatchObject({ status: "paid", totalAmount: 15 });
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: "OUT_OF_STOCK" });
    expect([await stock(), await ownStock()]).toEqual([0, 10]);
  });

  test("an offer of a seller who was suspended keeps its price in the cart, and cannot be bought", async () => {
    await offer(16, 5);
    const { cartId } = (await buyer.post("/carts", {})).body;
    const item = { productId: goods.productId, quantity: 1, sellerId };
    const { itemId } = (await buyer.post(`/carts/${cartId}/items`, item)).body.items[0];
    await staff.post(`/sellers/${sellerId}/suspend`, { reason: "It does not answer." });
    expect((await buyer.get(`/carts/${cartId}`)).body.items).toMatchObject([{ itemId, sellerId, price: 16 }]);
    const bought = { cartId, shippingAddress: ADDRESS, paymentMethodId: "pm_card_visa" };
    expect(await buyer.post("/checkout", bought)).toMatchObject({
      status: 409,
      body: { code: "PRICE_CHANGED", prices: [{ itemId, sellerId, shown: 16, current: null }] },
    });
    const refused = await buyer.post(`/carts/${cartId}/items`, item);
    expect(refused).toMatchObject({ status: 422, body: { code: "UNKNOWN_PRODUCT" } });
    await staff.post(`/sellers/${sellerId}/reinstate`);
    expect(await buyer.post("/checkout", bought, WAIT)).toMatchObject({ status: 201, body: { status: "paid" } });
  });

  test("what was bought and sold agrees in all services", async () => {
    await eventually(async () => {
      const findings = await verify({ server: postgresUrl(), namespace, graceSeconds: 1, listeners: new Map() });
      expect(findings.filter(({ outcome }) => outcome !== "holds")).toEqual([]);
    });
  });
});
