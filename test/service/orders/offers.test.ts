import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { offerKey } from "#services/product/sellers/contract.ts";
import { eventually } from "#test/support/eventually.ts";
import { SERVICE } from "#test/support/identities.ts";
import { address, ben, clerk, type Orders, startOrders } from "./orders-fixture.ts";

const WOOD = "seller_wood";
const OFFER = { sku: "mug-red", sellerId: WOOD };
const own = { productId: "prod_mug", quantity: 1, price: 12.5 };
const offered = { productId: "prod_mug", sellerId: WOOD, quantity: 2, price: 10 };

describe("orders of what sellers offer", () => {
  let shop: Orders;

  beforeAll(async () => {
    shop = await startOrders();
  });
  afterAll(() => shop.stop());
  beforeEach(async () => {
    await shop.promotionsChanged();
    shop.sellers.offers.set(offerKey(OFFER), { priceMinor: 1_000, available: 3 });
  });
  afterEach(() => {
    shop.promotions.reset();
    shop.sellers.reset();
  });

  test("have lines of the shop and of a seller of the same sku, each at its own price, and parts", async () => {
    shop.promotions.percentOff = 10;
    const { orderId } = await shop.buy({ items: [own, offered] });
    expect([...shop.sellers.reserved]).toEqual([[orderId, [{ ...OFFER, quantity: 2 }]]]);
    const [created] = await shop.published(orderId);
    expect(created?.data.items).toEqual([
      { productId: "prod_mug", sku: "mug-red", title: "The mug-red", quantity: 1, price: 12.5 },
      { productId: "prod_mug", ...OFFER, title: "The mug-red", quantity: 2, price: 10, discount: 2 },
    ]);
    const order = await shop.asAnn("orders.get", { orderId });
    expect(order.parts).toMatchObject([
      { sellerId: null, items: [{ price: 12.5 }], subtotal: 12.5 },
      { sellerId: WOOD, items: [{ ...OFFER, price: 10, discount: 2 }], subtotal: 20 },
    ]);
    expect(await shop.asAnn("orders.get", { orderId: (await shop.buy({ items: [own] })).orderId })).not.toHaveProperty(
      "parts",
    );
  });

  test("are shown in parts to those who act for the seller, and to staff", async () => {
    const { orderId } = await shop.buy({ items: [own, offered] });
    await shop.settled(orderId);
    shop.sellers.acting.set(WOOD, "cust_ben");
    const { orders, pagination } = await shop.call(ben)("orders.ofSeller", { sellerId: WOOD, limit: 1 });
    expect(pagination.total).toBeGreaterThan(1);
    expect(orders).toEqual([
      {
        ...{ orderId, status: "paid", currency: "USD", subtotal: 20 },
        items: [{ productId: "prod_mug", ...OFFER, title: "The mug-red", quantity: 2, price: 10 }],
        ...{ createdAt: expect.any(String), updatedAt: expect.any(String) },
        shippingAddress: { ...address, country: "US" },
      },
    ]);
    await shop.asAnn("orders.cancel", { orderId });
    const [cancelled] = (await shop.call(clerk)("orders.ofSeller", { sellerId: WOOD })).orders;
    expect(cancelled).toMatchObject({ orderId, status: "cancelled" });
    expect(cancelled).not.toHaveProperty("shippingAddress");
    await expect(shop.asAnn("orders.ofSeller", { sellerId: WOOD })).rejects.toMatchObject({ type: "NOT_FOUND" });
  });

  test("are checked against the offer, and not against the shop's own price and stock", async () => {
    const { availableCalls } = shop.control;
    expect(await shop.buy({ items: [offered] })).toMatchObject({ totalAmount: 20 });
    expect(shop.control.availableCalls).toBe(availableCalls);
    await expect(shop.buy({ items: [{ ...offered, price: 12.5 }] })).rejects.toMatchObject({
      type: "PRICE_CHANGED",
      data: { prices: [{ ...OFFER, shown: 12.5, current: 10 }] },
    });
    await expect(shop.buy({ items: [offered, offered] })).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
      data: { items: [{ ...OFFER, requested: 4, available: 3 }] },
    });
    expect(shop.sellers.reserved.size).toBe(1);
  });

  test("are not stored when others take the last pieces, and use up no promotion", async () => {
    const before = await shop.count();
    Object.assign(shop.sellers, { isSoldOut: true });
    shop.promotions.percentOff = 10;
    await expect(shop.buy({ items: [own, offered] })).rejects.toMatchObject({
      type: "OUT_OF_STOCK",
      data: { items: [{ ...OFFER, requested: 2, available: 0 }] },
    });
    expect(await shop.count()).toBe(before);
    await eventually(() => expect(shop.promotions.givenBack).toEqual([...shop.promotions.reserved.keys()]));
    expect(shop.promotions.givenBack).toHaveLength(1);
  });

  test("give the pieces back that a request took for what is an order already", async () => {
    const placed = {
      ...{ source: "cart:offers", customerId: "cust_ann", currency: "USD", shippingAddress: address },
      ...{ items: [{ ...offered, sku: "mug-red", title: "Mug" }], paymentMethodId: "pm_card_visa" },
    };
    const { orderId } = await shop.call(SERVICE)("orders.place", placed);
    expect(await shop.call(SERVICE)("orders.place", placed)).toMatchObject({ orderId });
    const unneeded = [...shop.sellers.reserved.keys()].filter((reserved) => reserved !== orderId);
    expect(unneeded).toHaveLength(1);
    await eventually(() => expect(shop.sellers.givenBack).toEqual(unneeded));
    const ofTheShop = placed.items.map(({ sellerId: _, ...line }) => line);
    await expect(shop.call(SERVICE)("orders.place", { ...placed, items: ofTheShop })).rejects.toMatchObject({
      type: "SOURCE_ORDERED",
    });
  });

  test("wait for the sellers service; those of the shop's own goods do not ask it", async () => {
    Object.assign(shop.sellers, { isDown: true });
    await expect(shop.buy({ items: [own, offered] })).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    const { asked } = shop.sellers;
    expect(await shop.buy({ items: [own] })).toMatchObject({ totalAmount: 12.5 });
    expect(shop.sellers.asked).toBe(asked);
  });
});
