import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sweep as expireReservations } from "#services/product/sellers/jobs/expire-reservations.ts";
import { forgetBarred } from "#services/product/sellers/pieces.store.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, GUEST, SERVICE } from "#test/support/identities.ts";
import { CLERK, id, type Sellers, startSellers } from "./sellers-fixture.ts";

let sellers: Sellers;
let oak: Awaited<ReturnType<Sellers["approved"]>>;
let elm: Awaited<ReturnType<Sellers["approved"]>>;
beforeAll(async () => {
  sellers = await startSellers();
  [oak, elm] = [await sellers.approved("Oak"), await sellers.approved("Elm")];
}, 60_000);
afterAll(() => sellers?.stop());

const offersOf = async () => (await sellers.call(GUEST, "sellers.productOffers", { productId: "prod_mug" })).offers;
const line = (seller: { sellerId: string }, sku: string, quantity = 1) => ({
  sellerId: seller.sellerId,
  sku,
  quantity,
});
const stock = (seller: { sellerId: string }, sku: string) => sellers.stockOf(seller.sellerId, sku);
/** Waits until an event has changed an offer. */
const stockIs = (seller: { sellerId: string }, sku: string, expected: object) =>
  eventually(async () => expect(await stock(seller, sku)).toEqual(expected));

describe("an offer", () => {
  test("is of an approved seller, and of a variant that exists", async () => {
    const applied = await sellers.apply();
    await expect(sellers.offer(applied, "MUG")).rejects.toMatchObject({ type: "SELLER_NOT_APPROVED" });
    await expect(sellers.offer(oak, "GHOST")).rejects.toMatchObject({ type: "UNKNOWN_PRODUCT" });
    await expect(sellers.offer(oak, "MUG", { price: 1.005 })).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  });

  test("is shown beside the shop's own price, the best one first, and hidden at once by a suspension", async () => {
    await sellers.offer(oak, "MUG", { price: 14 });
    await sellers.offer(elm, "MUG", { price: 13 });
    await sellers.offer(elm, "MUG-BLUE", { price: 16, stock: 0 });
    const names = async () => (await offersOf()).map(({ sku, sellerName = "shop", price }) => [sku, sellerName, price]);
    const [shop, shopBlue] = [
      ["MUG", "shop", 15],
      ["MUG-BLUE", "shop", 15],
    ];
    expect(await names()).toEqual([["MUG", "Elm", 13], ["MUG", "Oak", 14], shop, shopBlue]);
    await sellers.call(CLERK, "sellers.suspend", { sellerId: elm.sellerId, reason: "complaints" });
    expect(await names()).toEqual([["MUG", "Oak", 14], shop, shopBlue]);
    const asked = {
      items: [line(elm, "MUG"), line(oak, "MUG")].map(({ quantity: _, ...key }) => key),
      currency: "USD",
    };
    expect((await sellers.call(SERVICE, "sellers.offersOf", asked)).offers).toEqual([
      { sellerId: oak.sellerId, sku: "MUG", sellerName: "Oak", priceMinor: 1_400, handlingDays: 2, available: 5 },
    ]);
    expect((await sellers.reserve(id("ord"), [line(elm, "MUG")])).refused).toMatchObject([{ available: 0 }]);
    await sellers.call(CLERK, "sellers.reinstate", { sellerId: elm.sellerId });
    expect(await names()).toContainEqual(["MUG", "Elm", 13]);
    await sellers.call(elm.owner, "sellers.endOffer", { sellerId: elm.sellerId, sku: "MUG" });
    expect(await names()).not.toContainEqual(["MUG", "Elm", 13]);
    await expect(
      sellers.call(elm.owner, "sellers.endOffer", { sellerId: elm.sellerId, sku: "MUG" }),
    ).rejects.toMatchObject({ type: "NOT_FOUND" });
    expect((await sellers.call(elm.owner, "sellers.offers", { sellerId: elm.sellerId })).offers).toHaveLength(1);
  });
});

describe("pieces of an order", () => {
  test("are taken all or none, once, and given back", async () => {
    await sellers.offer(oak, "CUP", { stock: 3 });
    await sellers.offer(elm, "CUP", { stock: 1 });
    const [order, other] = [id("ord"), id("ord")];
    expect(await sellers.reserve(other, [line(oak, "CUP", 2), line(elm, "CUP", 2)])).toEqual({
      refused: [{ sellerId: elm.sellerId, sku: "CUP", requested: 2, available: 1 }],
    });
    expect(await stock(oak, "CUP")).toEqual({ stock: 3, reserved: 0 });
    for (const _ of [1, 2])
      expect(await sellers.reserve(order, [line(oak, "CUP"), line(oak, "CUP"), line(elm, "CUP")])).toEqual({
        refused: [],
      });
    expect(await stock(oak, "CUP")).toEqual({ stock: 1, reserved: 2 });
    for (const _ of [1, 2]) await sellers.call(SERVICE, "sellers.giveBack", { orderId: order });
    expect(await stock(oak, "CUP")).toEqual({ stock: 3, reserved: 0 });
    await expect(sellers.reserve(order, [line(oak, "CUP")])).rejects.toMatchObject({ type: "CONFLICT" });
  });

  test("are never sold twice: 100 buyers of the last 7", async () => {
    await sellers.offer(oak, "LAST", { stock: 7 });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => sellers.reserve(id("ord"), [line(oak, "LAST")])),
    );
    expect(answers.filter(({ refused }) => refused.length === 0)).toHaveLength(7);
    expect(await stock(oak, "LAST")).toEqual({ stock: 0, reserved: 7 });
  }, 30_000);

  test("follow their order: paid ones are sold, those of a cancelled one are back, also after it was paid", async () => {
    await sellers.offer(oak, "BOWL", { stock: 10 });
    const [paid, cancelled] = [id("ord"), id("ord")];
    for (const orderId of [paid, cancelled]) {
      await sellers.reserve(orderId, [line(oak, "BOWL", 3)]);
      await sellers.ordered(orderId, 30, [{ sku: "BOWL", sellerId: oak.sellerId, quantity: 3, price: 10 }]);
    }
    await sellers.paid(paid);
    await sellers.cancelled(cancelled);
    await stockIs(oak, "BOWL", { stock: 7, reserved: 0 });
    await sellers.cancelled(paid);
    await stockIs(oak, "BOWL", { stock: 10, reserved: 0 });
  });

  test("are not taken any more for an order that was cancelled before", async () => {
    await sellers.offer(oak, "POT");
    const orderId = id("ord");
    await sellers.cancelled(orderId);
    await eventually(() =>
      expect(sellers.reserve(orderId, [line(oak, "POT")])).rejects.toMatchObject({ type: "CONFLICT" }),
    );
  });

  test("bar their order for a month only, unless it has had some", async () => {
    await sellers.offer(oak, "URN");
    const [barred, released] = [id("ord"), id("ord")];
    await sellers.reserve(released, [line(oak, "URN")]);
    for (const orderId of [barred, released]) await sellers.call(SERVICE, "sellers.giveBack", { orderId });
    await sellers.db.query("UPDATE sold_order SET changed_at = now() - interval '31 days'");
    await forgetBarred(sellers.db);
    await expect(sellers.reserve(released, [line(oak, "URN")])).rejects.toMatchObject({ type: "CONFLICT" });
    expect(await sellers.reserve(barred, [line(oak, "URN")])).toEqual({ refused: [] });
  });

  test("of an offer that has ended meanwhile do not make it come back", async () => {
    await sellers.offer(oak, "JUG");
    const orderId = id("ord");
    await sellers.reserve(orderId, [line(oak, "JUG", 2)]);
    await sellers.call(oak.owner, "sellers.endOffer", { sellerId: oak.sellerId, sku: "JUG" });
    await sellers.call(SERVICE, "sellers.giveBack", { orderId });
    expect(await stock(oak, "JUG")).toEqual({ stock: 0, reserved: 0 });
  });

  test("come back after their time, unless their order exists", async () => {
    await sellers.offer(oak, "PAN");
    const [lost, stored] = [id("ord"), id("ord")];
    for (const orderId of [lost, stored]) await sellers.reserve(orderId, [line(oak, "PAN")]);
    sellers.statuses.set(stored, "pending_payment");
    await expireReservations(sellers.ctx);
    expect(await stock(oak, "PAN")).toEqual({ stock: 3, reserved: 2 });
    await sellers.db.query("UPDATE sold_order SET expires_at = now() WHERE order_id = ANY ($1)", [[lost, stored]]);
    await expireReservations(sellers.ctx);
    expect(await stock(oak, "PAN")).toEqual({ stock: 4, reserved: 1 });
    await expect(sellers.reserve(lost, [line(oak, "PAN")])).rejects.toMatchObject({ type: "CONFLICT" });
  });
});

test("a customer rates a seller of a paid order, once", async () => {
  const orderId = id("ord");
  const rate = (positive: boolean, customerId = "cust_ann") =>
    sellers.call(customer(customerId), "sellers.rate", { sellerId: oak.sellerId, orderId, positive });
  await expect(rate(true)).rejects.toMatchObject({ type: "NOT_FOUND" });
  await sellers.offer(oak, "MUG", { price: 14 });
  await sellers.reserve(orderId, [line(oak, "MUG")]);
  await sellers.ordered(orderId, 14, [{ sku: "MUG", sellerId: oak.sellerId, price: 14 }]);
  await sellers.paid(orderId);
  await eventually(() => rate(true));
  await rate(false);
  await expect(rate(true, "cust_other")).rejects.toMatchObject({ type: "NOT_FOUND" });
  const offer = (await offersOf()).find(({ sellerId }) => sellerId === oak.sellerId);
  expect(offer?.rating).toEqual({ positiveShare: 0.818, count: 1 });
});
