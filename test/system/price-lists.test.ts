import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADDRESS, Client, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

const WAIT = { prefer: "wait=10" };
const START_MS = 60_000;
const GERMAN = { ...ADDRESS, city: "Berlin", state: "", zipCode: "10115", country: "DE" };

describe.each(MODES)("price lists in %s", (mode) => {
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let lists = 0;

  beforeAll(async () => {
    shop = await startShop(mode);
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
  }, START_MS);

  afterAll(() => shop?.stop(), START_MS);

  /** Adds a list with prices of one sku. */
  async function newList(sku: string, terms: object, prices: { amount: number; minQuantity?: number }[]) {
    lists += 1;
    const code = `LIST-${lists}`;
    const made = await staff.post("/price-lists", { code, currency: "USD", priority: 1, ...terms });
    expect(made).toMatchObject({ status: 201, body: { code } });
    for (const price of prices)
      expect(await staff.put(`/price-lists/${code}/prices/${sku}`, price)).toMatchObject({ status: 200, body: price });
    return code;
  }

  async function cartWith(goods: { productId: string; sku: string }, quantity: number, region?: string) {
    const made = await buyer.post("/carts", region ? { region } : {});
    const path = `/carts/${made.body.cartId}`;
    const { body } = await buyer.post(`${path}/items`, { productId: goods.productId, sku: goods.sku, quantity });
    return { path, cartId: made.body.cartId as string, cart: body };
  }

  const checkOut = (cartId: string, shippingAddress: object) =>
    buyer.post("/checkout", { cartId, shippingAddress, paymentMethodId: "pm_card_visa" }, WAIT);

  test("a cart has the price of its quantity, and the order is paid at it", async () => {
    const goods = await newGoods(staff, 50, 20);
    await newList(goods.sku, {}, [
      { amount: 18, minQuantity: 3 },
      { amount: 15, minQuantity: 10 },
    ]);
    const { path, cartId, cart } = await cartWith(goods, 2);
    expect(cart).toMatchObject({ items: [{ quantity: 2, price: 20, lineTotal: 40 }], totals: { total: 40 } });
    const { itemId } = cart.items[0];
    const more = await buyer.post(`${path}/items`, { productId: goods.productId, sku: goods.sku, quantity: 2 });
    expect(more.body).toMatchObject({ items: [{ itemId, quantity: 4, price: 18 }], totals: { total: 72 } });
    const many = await buyer.patch(`${path}/items/${itemId}`, { quantity: 10 });
    expect(many.body).toMatchObject({ items: [{ price: 15, lineTotal: 150 }], totals: { total: 150 } });
    expect((await buyer.get(path)).body).toEqual(many.body);
    const order = await checkOut(cartId, ADDRESS);
    expect(order).toMatchObject({ status: 201, body: { status: "paid", totalAmount: 150 } });
    const direct = (price: number) => buyer.post("/orders", orderOf(buyer, { ...goods, price }, 12), WAIT);
    expect(await direct(20)).toMatchObject({
      status: 409,
      body: { code: "PRICE_CHANGED", prices: [{ sku: goods.sku, shown: 20, current: 15, currency: "USD" }] },
    });
    expect(await direct(15)).toMatchObject({ status: 201, body: { status: "paid", totalAmount: 180 } });
  });

  test("a cart that is sent to another country is shown at the prices there, and then bought", async () => {
    const goods = await newGoods(staff, 10, 20);
    await newList(goods.sku, { region: "DE" }, [{ amount: 17 }]);
    const { path, cartId, cart } = await cartWith(goods, 2);
    expect(cart.totals.total).toBe(40);
    expect(await checkOut(cartId, GERMAN)).toMatchObject({
      status: 409,
      body: {
        code: "PRICE_CHANGED",
        prices: [{ sku: goods.sku, shown: 20, current: 17, currency: "USD", itemId: cart.items[0].itemId }],
      },
    });
    expect((await buyer.get(path)).body).toMatchObject({ region: "DE", items: [{ price: 17 }], totals: { total: 34 } });
    expect(await checkOut(cartId, GERMAN)).toMatchObject({ status: 201, body: { totalAmount: 34, status: "paid" } });
    const german = await cartWith(goods, 1, "DE");
    expect(german.cart).toMatchObject({ region: "DE", totals: { total: 17 } });
    expect(await checkOut(german.cartId, ADDRESS)).toMatchObject({
      status: 409,
      body: { prices: [{ shown: 17, current: 20 }] },
    });
    expect(await buyer.post("/carts", { region: "XX" })).toMatchObject({ status: 422 });
  });

  test("a list counts for the next order as soon as it was added, changed or deleted", async () => {
    const goods = await newGoods(staff, 10, 20);
    const buy = (price: number) => buyer.post("/orders", orderOf(buyer, { ...goods, price }));
    const code = await newList(goods.sku, {}, [{ amount: 9 }]);
    expect((await buy(9)).status).toBe(201);
    expect((await buy(20)).status).toBe(409);
    await staff.put(`/price-lists/${code}`, { priority: 1, endsAt: "2025-01-01" });
    expect((await buy(20)).status).toBe(201);
    await staff.put(`/price-lists/${code}`, { priority: 1 });
    expect((await buy(9)).status).toBe(201);
    expect((await staff.delete(`/price-lists/${code}`)).status).toBe(204);
    expect((await buy(20)).status).toBe(201);
  });

  test("products show the price of a list for everybody, and not that of a group", async () => {
    const goods = await newGoods(staff, 10, 20);
    await newList(goods.sku, { customerGroup: "trade", priority: 9 }, [{ amount: 5 }]);
    const guest = new Client(shop);
    const shown = async () => (await guest.get(`/products/${goods.productId}`)).body.price.amount;
    await eventually(async () => expect(await shown()).toBe(20));
    await newList(goods.sku, { region: "US", priority: 5 }, [{ amount: 6 }]);
    await newList(goods.sku, {}, [{ amount: 12 }]);
    await eventually(async () => expect(await shown()).toBe(12));
  });

  test("a quote says what holds where, and what a group pays only to staff", async () => {
    const goods = await newGoods(staff, 10, 20);
    const guest = new Client(shop);
    const code = await newList(goods.sku, { customerGroup: "trade" }, [{ amount: 14, minQuantity: 2 }]);
    const quote = (who: Client, more: object) =>
      who.post("/quotes", { items: [{ sku: goods.sku, quantity: 3 }], currency: "USD", ...more });
    const line = { sku: goods.sku, quantity: 3, listPrice: 20, discounts: [], tax: [] };
    expect(await quote(staff, { customerGroup: "trade" })).toMatchObject({
      status: 200,
      body: {
        lines: [{ ...line, unitPrice: 14, source: `list:${code}`, total: 42 }],
        ...{ subtotal: 42, discount: 0, tax: 0, total: 42, currency: "USD" },
      },
    });
    expect((await quote(guest, {})).body.lines).toEqual([{ ...line, unitPrice: 20, source: "base", total: 60 }]);
    expect((await quote(guest, { customerGroup: "trade" })).status).toBe(403);
    await newList(goods.sku, { region: "DE" }, [{ amount: 18 }]);
    expect((await quote(guest, { address: { country: "DE" } })).body.total).toBe(54);
    expect((await quote(guest, { address: { country: "DE" }, region: "US" })).body.total).toBe(60);
    expect((await quote(guest, { region: "Germany" })).status).toBe(422);
    const history = await guest.get(`/prices/${goods.sku}/history?currency=USD`);
    expect(history.body).toMatchObject({ changes: [{ amount: 20 }], lowestIn30Days: 20, reducedAt: null });
  });

  test("an order in a currency without prices is placed at converted ones", async () => {
    const goods = await newGoods(staff, 10, 20);
    const buy = (price: number) =>
      buyer.post("/orders", { ...orderOf(buyer, { ...goods, price }), currency: "SEK" }, WAIT);
    expect(await buy(200)).toMatchObject({ status: 422 });
    expect(await staff.put("/exchange-rates/USD/SEK", { rate: 10.5 })).toMatchObject({
      status: 200,
      body: { rate: 10.5 },
    });
    expect(await buy(200)).toMatchObject({ status: 409, body: { prices: [{ current: 210 }] } });
    expect(await buy(210)).toMatchObject({ status: 201, body: { totalAmount: 210, currency: "SEK", status: "paid" } });
  });
});
