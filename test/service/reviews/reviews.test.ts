import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { newId } from "#lib/contract/ids.ts";
import { orders } from "#services/commerce/orders/contract.ts";
import reviewsService from "#services/product/reviews/reviews.service.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, GUEST, SERVICE, staff } from "#test/support/identities.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { emitAs, stubService, stubServiceWithEvents } from "#test/support/stub-service.ts";
import { verify } from "#tools/verify/verify.ts";

const MUG = "It has survived ten years of camps, and keeps coffee warm";
const namespace = freshNamespace();
let broker: ServiceBroker;
const heard: { name: string; payload: unknown }[] = [];

beforeAll(async () => {
  const listener = {
    name: "listener",
    events: {
      "reviews.ratingsChanged": () => void heard.push({ name: "ratingsChanged", payload: {} }),
      "edge.invalidate": (ctx: { params: unknown }) => void heard.push({ name: "invalidate", payload: ctx.params }),
    },
  };
  broker = await startBroker({
    namespace,
    services: [
      reviewsService,
      stubServiceWithEvents(orders),
      stubService("catalog", {
        resolve: ({ items }) => ({
          items: items.map(({ productId }) => ({
            productId,
            problem: productId.startsWith("prod_") ? ("SKU_REQUIRED" as const) : ("UNKNOWN_PRODUCT" as const),
          })),
        }),
      }),
      listener,
    ],
  });
}, 30_000);
afterAll(() => broker?.stop());

const moderator = () => callAs(broker, staff("reviews:*"));
const guest = () => callAs(broker, GUEST);
const somebody = () => {
  const customerId = newId("customer");
  return { customerId, call: callAs(broker, customer(customerId)) };
};
let texts = 0;
const write = (author: ReturnType<typeof somebody>, productId: string, change: object = {}) =>
  author.call("reviews.create", { productId, rating: 5, title: "A mug", text: `${MUG} ${texts++}`, ...change });
const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error: { type: string }) => error.type,
  );
const ratingOf = async (productId: string) => {
  const { ratings } = await callAs(broker, SERVICE)("reviews.ratings", { productIds: [productId] });
  return ratings[0] && [ratings[0].average, ratings[0].count];
};
const listed = async (productId: string, more: object = {}) =>
  (await guest()("reviews.ofProduct", { productId, ...more })).reviews.map(({ reviewId }) => reviewId);

describe("a review", () => {
  test("that breaks no rule is shown at once, counts, and nobody else may change it", async () => {
    const [author, other, productId] = [somebody(), somebody(), newId("product")];
    heard.length = 0;
    const made = await write(author, productId, { rating: 4, author: "Ada L." });
    expect(made).toMatchObject({ status: "approved", verifiedPurchase: false });
    expect(heard.map(({ name }) => name)).toEqual(["ratingsChanged", "invalidate"]);
    expect(await refused(write(author, productId))).toBe("ALREADY_EXISTS");
    expect(await refused(write(author, "nothing"))).toBe("NOT_FOUND");
    expect(await guest()("reviews.ofProduct", { productId })).toMatchObject({
      rating: { average: 4, count: 1 },
      reviews: [{ rating: 4, author: "Ada L.", votes: 0 }],
      pagination: { total: 1 },
    });
    const { reviewId } = made;
    for (const { call } of [other])
      for (const attempt of [call("reviews.update", { reviewId, rating: 1 }), call("reviews.delete", { reviewId })])
        expect(await refused(attempt)).toBe("NOT_FOUND");
    expect(await refused(guest()("reviews.vote", { reviewId, helpful: true }))).toBe("UNAUTHENTICATED");
    expect(await refused(author.call("reviews.list", {}))).toBe("FORBIDDEN");
    expect(await refused(other.call("reviews.ofCustomer", { customerId: author.customerId }))).toBe("NOT_FOUND");

    expect(await author.call("reviews.update", { reviewId, rating: 2, author: null })).toMatchObject({ revision: 2 });
    expect(await ratingOf(productId)).toEqual([2, 1]);
    await author.call("reviews.delete", { reviewId });
    expect(await ratingOf(productId)).toBeUndefined();
    expect(await refused(author.call("reviews.delete", { reviewId }))).toBe("NOT_FOUND");
  });

  test("that breaks a rule waits for staff, who decide about what they have read", async () => {
    const [author, productId] = [somebody(), newId("product")];
    const text = `${MUG} but is cheaper at other-shop.com`;
    const { reviewId, status } = await write(author, productId, { text });
    expect(status).toBe("pending");
    expect(await listed(productId)).toEqual([]);
    const { reviews: queue } = await moderator()("reviews.list", { limit: 100 });
    expect(queue.find((one) => one.reviewId === reviewId)).toMatchObject({ brokenRules: ["links"], revision: 1 });

    await author.call("reviews.update", { reviewId, title: "Another title" });
    const decide = moderator();
    expect(await refused(decide("reviews.approve", { reviewId, revision: 1 }))).toBe("CONFLICT");
    await decide("reviews.approve", { reviewId, revision: 2 });
    expect(await listed(productId)).toEqual([reviewId]);
    expect(await decide("reviews.reject", { reviewId, reason: "An advertisement." })).toMatchObject({
      status: "rejected",
    });
    await decide("reviews.reject", { reviewId, reason: "An advertisement." });
    expect(await ratingOf(productId)).toBeUndefined();
    // It was rejected, so a text that breaks no rule waits, too, however often it is edited.
    for (let edit = 0; edit < 2; edit++)
      expect(await author.call("reviews.update", { reviewId, text: `${MUG} at home ${edit}` })).toMatchObject({
        status: "pending",
        reason: "An advertisement.",
      });
    await author.call("reviews.delete", { reviewId });
    const anew = await write(author, productId);
    expect(anew.status).toBe("pending");
    await decide("reviews.approve", { reviewId: anew.reviewId });
    expect(await author.call("reviews.update", { reviewId: anew.reviewId, text: `${MUG} at home 1` })).toMatchObject({
      status: "approved",
    });
    const copied = await write(somebody(), newId("product"), { text: `${MUG.toUpperCase()}, at home: 1!` });
    expect(copied.status).toBe("pending");
  });

  test("has one vote of each customer, also at the same time, and lists are in the order of what these say", async () => {
    const [productId, crowd] = [newId("product"), Array.from({ length: 6 }, somebody)];
    const made = await Promise.all(crowd.slice(0, 3).map((author, at) => write(author, productId, { rating: at + 1 })));
    const [first = "", second = "", third = ""] = made.map(({ reviewId }) => reviewId);
    const voting = (reviewId: string, helpful: boolean, voters: typeof crowd) =>
      Promise.all(voters.map(({ call }) => call("reviews.vote", { reviewId, helpful })));
    await Promise.all([voting(second, true, crowd.slice(2)), voting(second, true, crowd.slice(2))]);
    await voting(third, true, crowd.slice(3));
    await voting(third, false, crowd.slice(5));
    const [own] = crowd;
    expect(await refused(own?.call("reviews.vote", { reviewId: first, helpful: true }) ?? Promise.resolve())).toBe(
      "OWN_REVIEW",
    );
    expect(await crowd[5]?.call("reviews.vote", { reviewId: third, helpful: false })).toMatchObject({
      helpfulVotes: 2,
      votes: 3,
    });
    expect(await listed(productId)).toEqual([second, third, first]);
    expect(await listed(productId, { sort: "rating" })).toEqual([first, second, third]);
    for (const sort of ["-helpful", "-createdAt", "-rating"] as const) {
      const whole = await listed(productId, { sort });
      const read: string[] = [];
      let cursor: string | undefined;
      do {
        const part = await guest()("reviews.ofProduct", { productId, sort, limit: 1, ...(cursor ? { cursor } : {}) });
        read.push(...part.reviews.map(({ reviewId }) => reviewId));
        cursor = part.pagination.next;
      } while (cursor);
      expect(read).toEqual(whole);
    }
    await moderator()("reviews.answer", { reviewId: first, text: "Thank you." });
    const { reviews: answered } = await guest()("reviews.ofProduct", { productId, sort: "rating" });
    expect(answered[0]).toMatchObject({ answer: { text: "Thank you." } });
    await moderator()("reviews.removeAnswer", { reviewId: first });
  });

  test("is counted exactly when many are written, changed and decided at once", async () => {
    const [productId, crowd] = [newId("product"), Array.from({ length: 12 }, somebody)];
    await Promise.all(
      crowd.map(async (author, at) => {
        const { reviewId } = await write(author, productId, { rating: 1 + (at % 5) });
        await Promise.allSettled([
          author.call("reviews.update", { reviewId, rating: 5 - (at % 5) }),
          at % 3 === 0 ? moderator()("reviews.reject", { reviewId, reason: "no" }) : undefined,
          at % 4 === 0 ? author.call("reviews.delete", { reviewId }) : undefined,
        ]);
      }),
    );
    expect(await wrongInvariants()).toEqual([]);
  });
});

describe("a purchase", () => {
  const line = (productId: string) => ({ productId, sku: productId, title: "A mug", quantity: 1, price: 5 });
  const events = (customerId: string, orderId: string, productId: string) => ({
    created: () =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCreated, {
          ...{ orderId, customerId, items: [line(productId)], totalAmount: 5, currency: "USD" },
          ...{ status: "pending_payment", paymentMethodId: "pm_card_visa" },
        }),
      ),
    paid: () =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderStatusChanged, {
          ...{ orderId, customerId, reason: "payment_captured" },
          ...{ previousStatus: "confirmed", newStatus: "paid" },
        }),
      ),
    cancelled: () =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCancelled, {
          orderId,
          customerId,
          reason: "late",
          refundAmount: 5,
          currency: "USD",
        }),
      ),
  });
  const isVerified = async (productId: string) =>
    (await guest()("reviews.ofProduct", { productId })).reviews[0]?.verifiedPurchase;

  test("makes a review verified, before or after it, in any order of events, until the order is cancelled", async () => {
    const [author, productId] = [somebody(), newId("product")];
    await write(author, productId);
    const first = events(author.customerId, newId("order"), productId);
    await first.paid();
    await first.paid();
    expect(await isVerified(productId)).toBe(false);
    await first.created();
    await eventually(async () => expect(await isVerified(productId)).toBe(true));
    await first.cancelled();
    await eventually(async () => expect(await isVerified(productId)).toBe(false));

    const [later, guestId] = [somebody(), "guest_01h455vb4pex5vsknk084sn02q"];
    const second = events(later.customerId, newId("order"), productId);
    await second.created();
    await second.paid();
    await events(guestId, newId("order"), productId).created();
    await events(later.customerId, "ord_last", productId).created();
    await eventually(async () => {
      const [row] = await databaseOf(broker, "reviews").query("SELECT 1 FROM purchase WHERE order_id = 'ord_last'");
      expect(row).toBeDefined();
    });
    expect(await write(later, productId)).toMatchObject({ verifiedPurchase: true });
    expect(
      await databaseOf(broker, "reviews").query("SELECT 1 FROM purchase WHERE customer_id = $1", [guestId]),
    ).toEqual([]);
  });

  test("is forgotten with its customer when they ask for erasure, and their review stays without an author", async () => {
    const [author, other, productId] = [somebody(), somebody(), newId("product")];
    const bought = events(author.customerId, newId("order"), productId);
    await bought.created();
    await bought.paid();
    await write(author, productId, { author: "Ada L." });
    const { reviewId } = await write(other, newId("product"));
    await author.call("reviews.vote", { reviewId, helpful: true });
    await eventually(async () => expect(await isVerified(productId)).toBe(true));
    const { customerId } = author;
    expect(await refused(author.call("reviews.anonymise", { customerId }))).toBe("FORBIDDEN");
    expect(await moderator()("reviews.anonymise", { customerId })).toEqual({ reviews: 1, votes: 1 });
    expect(await moderator()("reviews.anonymise", { customerId })).toEqual({ reviews: 0, votes: 0 });
    const { reviews: left } = await guest()("reviews.ofProduct", { productId });
    expect(left).toEqual([expect.objectContaining({ verifiedPurchase: true, votes: 0 })]);
    expect(left[0]).not.toHaveProperty("author");
    for (const table of ["review", "review_vote", "purchase"])
      expect(
        await databaseOf(broker, "reviews").query(`SELECT 1 FROM ${table} WHERE customer_id = $1`, [customerId]),
      ).toEqual([]);
    expect((await author.call("reviews.ofCustomer", { customerId })).reviews).toEqual([]);
    expect(await wrongInvariants()).toEqual([]);
  });
});

test("npm run verify finds ratings and votes that are not what reviews say", async () => {
  expect(await wrongInvariants()).toEqual([]);
  const db = databaseOf(broker, "reviews");
  await db.query("UPDATE product_rating SET stars = stars + 1 WHERE stars < 5 * reviews");
  await db.query("UPDATE review SET helpful_votes = 0, helpfulness = 0 WHERE helpful_votes > 0");
  expect(await wrongInvariants()).toEqual(["reviews.ratings", "reviews.votes"]);
});

async function wrongInvariants(): Promise<string[]> {
  const findings = await verify({ server: postgresUrl(), namespace, graceSeconds: 0, listeners: new Map() });
  const own = findings.filter(({ invariant }) => invariant.startsWith("reviews."));
  expect(own).toHaveLength(2);
  return own.filter(({ outcome }) => outcome !== "holds").map(({ invariant }) => invariant);
}
