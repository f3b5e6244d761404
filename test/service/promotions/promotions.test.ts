import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { newId } from "#lib/contract/ids.ts";
import { customers } from "#services/identity/customers/contract.ts";
import { catalog } from "#services/product/catalog/contract.ts";
import { promotionLimits } from "#services/product/promotions/contract.ts";
import { sweep } from "#services/product/promotions/jobs/expire-reservations.ts";
import { callAs } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { GUEST } from "#test/support/identities.ts";
import { emitAs } from "#test/support/stub-service.ts";
import { type Promotions, startPromotions, TEN_OFF, TWO_MUGS, wrongCounters } from "./promotions-fixture.ts";

let shop: Promotions;

beforeAll(async () => {
  shop = await startPromotions();
});
afterAll(() => shop?.stop());
afterEach(async () => {
  expect(await wrongCounters(shop)).toEqual([]);
  await shop.endAll();
});

const codeOf = (error: { type?: string }) => error.type;
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => "accepted",
    (error: { type?: string; data?: { errors?: { path: string }[] } }) =>
      [codeOf(error), ...(error.data?.errors ?? []).map(({ path }) => path)].join(" "),
  );

describe("staff", () => {
  test("add, read, change, list and end promotions", async () => {
    const terms = {
      name: "Mugs for members",
      coupon: " Mugs10 ",
      conditions: [
        { type: "minSubtotal", amount: 20 },
        { type: "skus", skus: ["MUG"] },
        { type: "customerGroup", group: "members" },
      ],
      effect: {
        type: "tiered",
        tiers: [
          { minSubtotal: 10.5, percent: 12.5 },
          { minQuantity: 3, percent: 20 },
        ],
      },
      stacking: "exclusive",
      startsAt: "2026-01-01",
      endsAt: "2036-01-01",
      priority: 3,
      usageLimit: 5,
      usagePerCustomer: 1,
      budget: 99.5,
    } satisfies Parameters<Promotions["add"]>[0];
    const added = await shop.add(terms);
    const { promotionId } = added;
    expect(added).toMatchObject({
      ...terms,
      ...{ coupon: "Mugs10", onlyWithCode: true, currency: "USD", status: "active", uses: 0, spent: 0 },
      ...{ startsAt: "2026-01-01T00:00:00.000Z", endsAt: "2036-01-01T00:00:00.000Z" },
    });
    expect(await shop.asStaff("promotions.get", { promotionId })).toEqual(added);
    const later = { ...terms, promotionId, name: "Later", startsAt: "2035-12-31", coupon: "LATER" };
    expect(await shop.asStaff("promotions.set", later)).toMatchObject({
      name: "Later",
      status: "scheduled",
      coupon: "LATER",
    });
    const { promotions } = await shop.asStaff("promotions.list", { status: "scheduled" });
    expect(promotions.map((one) => one.promotionId)).toEqual([promotionId]);
    await shop.asStaff("promotions.end", { promotionId });
    expect(await shop.asStaff("promotions.get", { promotionId })).toMatchObject({ status: "ended" });
    expect(await refusal(shop.asStaff("promotions.end", { promotionId }))).toBe("PROMOTION_ENDED");
    expect(await refusal(shop.asStaff("promotions.set", later))).toBe("PROMOTION_ENDED");
  });

  test("are refused what does not fit together, and everybody else is refused", async () => {
    const refused = (terms: Parameters<Promotions["add"]>[0]) => refusal(shop.add(terms));
    await shop.add({ coupon: "TAKEN" });
    expect(await refused({ coupon: "taken" })).toBe("ALREADY_EXISTS");
    await shop.endAll();
    expect(await shop.add({ coupon: "Taken" })).toMatchObject({ coupon: "Taken" }); // what has ended needs no code
    expect(await refused({ startsAt: "2030-01-02", endsAt: "2030-01-01" })).toBe("VALIDATION_FAILED /endsAt");
    expect(await refused({ endsAt: "2020-01-01" })).toBe("VALIDATION_FAILED /endsAt");
    expect(await refused({ coupon: "X", onlyWithCode: false })).toBe("VALIDATION_FAILED /onlyWithCode");
    expect(await refused({ budget: 1.005 })).toBe("VALIDATION_FAILED /budget");
    const effect = { type: "percentOff", percent: 0.001, appliesTo: "order" } as const;
    expect(await refused({ effect })).toBe("VALIDATION_FAILED /effect/percent");
    expect(await refused({ currency: "USD", effect: { type: "amountOff", amount: 1, currency: "EUR" } })).toBe(
      "VALIDATION_FAILED /effect/currency",
    );
    const skus = { type: "skus" as const, skus: ["MUG"] };
    expect(await refused({ conditions: [skus, skus] })).toBe("VALIDATION_FAILED /conditions/1/type");
    expect(await refused({ effect: { type: "tiered", tiers: [{ percent: 5 }] } })).toBe(
      "VALIDATION_FAILED /effect/tiers/0",
    );
    expect(await refusal(callAs(shop.broker, GUEST)("promotions.list", {}))).toBe("UNAUTHENTICATED");
    expect(await refusal(shop.asStaff("promotions.get", { promotionId: "promo_unknown" }))).toBe("NOT_FOUND");
  });

  test("cannot change what was used into what could not have been", async () => {
    const { promotionId } = await shop.add({ usageLimit: 5, budget: 10 });
    await shop.reserve(promotionId);
    await shop.reserve(promotionId);
    const terms = { promotionId, name: "Ten off", stacking: "stackable", effect: { type: "freeShipping" } } as const;
    expect(await refusal(shop.asStaff("promotions.set", { ...terms, usageLimit: 1 }))).toBe("PROMOTION_USED");
    expect(await refusal(shop.asStaff("promotions.set", { ...terms, budget: 3.99 }))).toBe("PROMOTION_USED");
    expect(await refusal(shop.asStaff("promotions.set", { ...terms, budget: 100, currency: "EUR" }))).toBe(
      "PROMOTION_USED",
    );
    await shop.asStaff("promotions.set", { ...terms, usageLimit: 2, budget: 4 });
    expect((await shop.reserve(promotionId)).refused).toEqual(["used_up"]);
  });

  test("make codes that are good for one order each, and read who used them", async () => {
    const { promotionId } = await shop.add();
    const { codes } = await shop.asStaff("promotions.makeCodes", { promotionId, count: 3, prefix: "vip" });
    expect(new Set(codes).size).toBe(3);
    expect(codes[0]).toMatch(/^VIP(-[A-Z][A-Z2-9]{3}){3}$/);
    expect((await shop.discounts()).discounts).toEqual([]); // it is not for everybody any more
    const [first = "", second = ""] = codes;
    const coupons = [first.toLowerCase(), second];
    const { discounts, unused } = await shop.discounts({ coupons });
    expect(discounts).toMatchObject([{ promotionId, code: first.toLowerCase(), amountMinor: 200, shares: [200] }]);
    expect(unused).toMatchObject([{ code: second, reason: "other_is_better" }]);
    const { orderId } = await shop.reserve(promotionId, { code: first });
    expect((await shop.discounts({ coupons: [first] })).unused).toMatchObject([{ reason: "code_used" }]);
    expect((await shop.reserve(promotionId, { code: first })).refused).toEqual(["code_used"]);
    await shop.call("promotions.giveBack", { orderId });
    const again = await shop.reserve(promotionId, { code: first });
    expect(again.refused).toEqual([]);
    // Codes are of no use once the promotion is for everybody again, and it still holds once.
    const terms = { name: "Ten off", stacking: "stackable", effect: TEN_OFF, onlyWithCode: false } as const;
    await shop.asStaff("promotions.set", { promotionId, ...terms });
    expect((await shop.discounts()).discounts).toMatchObject([{ amountMinor: 200 }]);
    expect((await shop.discounts({ coupons: [second] })).discounts).toMatchObject([{ amountMinor: 200, code: second }]);
    const page = await shop.asStaff("promotions.redemptions", { promotionId, limit: 1 });
    expect(page.redemptions).toEqual([
      {
        ...{ orderId: again.orderId, customerId: expect.any(String), code: first, amount: 2, currency: "USD" },
        ...{ status: "reserved", reservedAt: expect.any(String) },
      },
    ]);
    const cursor = page.pagination.next ?? "";
    const rest = await shop.asStaff("promotions.redemptions", { promotionId, cursor });
    expect(rest.redemptions).toMatchObject([{ orderId, status: "released" }]);
  });

  test("make 10,000 codes with one request", async () => {
    const { promotionId } = await shop.add();
    const { codes } = await shop.asStaff("promotions.makeCodes", {
      promotionId,
      count: promotionLimits.CODES_PER_REQUEST,
    });
    expect(new Set(codes).size).toBe(promotionLimits.CODES_PER_REQUEST);
  });
});

describe("a purchase", () => {
  test("is told what it gets, what it could get, and why a coupon gives nothing", async () => {
    expect(await shop.discounts()).toEqual({ discounts: [], gifts: [], unused: [], any: false });
    const { promotionId } = await shop.add();
    await shop.add({ name: "Free tent", effect: { type: "gift", sku: "TENT" } });
    await shop.add({ name: "Big cart", conditions: [{ type: "minSubtotal", amount: 25.5 }] });
    await shop.add({ name: "Later", coupon: "LATER", startsAt: "2035-01-01" });
    await shop.add({ name: "No freight", effect: { type: "freeShipping" } });
    const told = await shop.discounts({ coupons: ["later", "nonsense"] });
    expect(told).toMatchObject({
      any: true,
      discounts: [{ promotionId, name: "Ten off", amountMinor: 200, shares: [200] }],
      freeShipping: { name: "No freight" },
      gifts: [{ sku: "TENT" }],
    });
    expect(told.unused).toMatchObject([
      { code: "nonsense", reason: "unknown_code" },
      { code: "later", name: "Later", reason: "not_started" },
      { name: "Big cart", reason: "below_subtotal", message: "Add items for 5.50 USD more." },
    ]);
    expect((await shop.discounts({ without: [promotionId] })).discounts).toEqual([]);
    // The signal does not reach the second node, but its purchases find that there is more than it knows.
    const second = await shop.callSecond("promotions.discounts", { ...TWO_MUGS, coupons: ["nonsense"] });
    expect(second.discounts).toMatchObject([{ promotionId }]);
    expect((await shop.discounts({ at: "2035-06-01", coupons: ["LATER"] })).discounts).toHaveLength(2);
  });

  test("counts the groups and paid orders of its customer, and the categories of its items", async () => {
    const categories = ["camping"];
    await shop.add({ name: "Members", conditions: [{ type: "customerGroup", group: "members" }] });
    await shop.add({ name: "First", conditions: [{ type: "firstOrder" }] });
    await shop.add({ name: "Camping", conditions: [{ type: "categories", categories }] });
    const names = async (changes = {}) => (await shop.discounts(changes)).discounts.map(({ name }) => name).sort();
    expect(await names()).toEqual(["First"]);
    expect(await names({ customerId: "guest_1" })).toEqual([]);
    await emitAs(shop.broker, "customers", (tx) =>
      tx.emit(customers.events.CustomerGroupsChanged, { customerId: "cust_ann", groups: ["members"] }),
    );
    await emitAs(shop.broker, "catalog", (tx) =>
      tx.emit(catalog.events.ProductCreated, {
        ...{
          productId: "prod_mug",
          slug: "mug",
          title: "Mug",
          brand: null,
          images: [],
          description: "",
          attributes: {},
        },
        categories: ["camp-kitchen"], // which is below the one that is asked for
        variants: [{ sku: "MUG", attributes: {} }],
      }),
    );
    await eventually(async () => expect(await names()).toEqual(["Camping", "First", "Members"]));
    await shop.paid(newId("order"));
    await eventually(async () => expect(await names()).toEqual(["Camping", "Members"]));
  });
});

describe("the uses of an order", () => {
  test("are committed when it is paid, and given back when it is cancelled, also after that", async () => {
    const { promotionId } = await shop.add({ budget: 6, usageLimit: 3 });
    const [kept, cancelled, paidAndCancelled] = await Promise.all([1, 2, 3].map(() => shop.reserve(promotionId)));
    expect((await shop.reserve(promotionId)).refused).toEqual(["used_up"]);
    const ids = [kept, cancelled, paidAndCancelled].map((one) => one?.orderId ?? "");
    for (const orderId of ids) await shop.created(orderId);
    await shop.paid(ids[0] ?? "");
    await shop.paid(ids[2] ?? "");
    await shop.cancelled(ids[1] ?? "");
    await shop.cancelled(ids[2] ?? "");
    await eventually(async () =>
      expect(await shop.statesOf(promotionId)).toEqual(["committed", "released", "released"]),
    );
    expect(await shop.uses(promotionId)).toEqual({ uses: 1, spent: 2 });
    expect((await shop.reserve(promotionId)).refused).toEqual([]);
  });

  test("are reserved once, and not at all when the cancellation came first", async () => {
    const { promotionId } = await shop.add();
    const orderId = newId("order");
    const request = { orderId, customerId: "cust_ann" };
    await Promise.all([1, 2, 3].map(() => shop.reserve(promotionId, request)));
    expect(await shop.uses(promotionId)).toEqual({ uses: 1 });
    const usages = [{ promotionId, amountMinor: 1 }];
    expect(await refusal(shop.reserve(promotionId, { ...request, usages }))).toBe("CONFLICT");
    const early = newId("order");
    await shop.cancelled(early);
    await eventually(async () => expect(await refusal(shop.reserve(promotionId, { orderId: early }))).toBe("CONFLICT"));
    expect(await shop.uses(promotionId)).toEqual({ uses: 1 });
  });

  test("are those of the last request of an order that was refused and asks for less, in one moment", async () => {
    const { promotionId } = await shop.add({ usageLimit: 5 });
    const orderId = newId("order");
    const more = { orderId, usages: [{ promotionId: "promo_gone", amountMinor: 1 }] };
    const [, refused, reserved] = await Promise.all([
      shop.reserve(promotionId),
      shop.reserve(promotionId, more),
      shop.reserve(promotionId, { orderId }),
    ]);
    expect([refused?.refused, reserved?.refused]).toEqual([["ended"], []]);
    expect(await shop.uses(promotionId)).toEqual({ uses: 2 });
  });

  test("expire when there is no order, and not when there is one whose events are late", async () => {
    const { promotionId } = await shop.add();
    const [unknown, known, paid] = await Promise.all([1, 2, 3].map(() => shop.reserve(promotionId)));
    shop.statuses.set(known?.orderId ?? "", "pending_payment");
    shop.statuses.set(paid?.orderId ?? "", "paid");
    await sweep(shop.ctx);
    expect(await shop.statesOf(promotionId)).toEqual(["reserved", "reserved", "reserved"]);
    await shop.db.query("UPDATE reservation SET expires_at = now() - interval '1 second' WHERE state = 'held'");
    await sweep(shop.ctx);
    expect(await shop.statesOf(promotionId)).toEqual(["committed", "released", "reserved"]);
    expect(await refusal(shop.reserve(promotionId, { orderId: unknown?.orderId ?? "" }))).toBe("CONFLICT");
  });

  test("are the last one for one of 500 buyers of the same moment, on two nodes", async () => {
    const { promotionId } = await shop.add({ usageLimit: 1 });
    const { promotionId: budgeted } = await shop.add({ budget: 21 });
    const buyers = Array.from({ length: 500 }, (_, n) => {
      const both = [promotionId, budgeted];
      const usages = (n % 2 ? both : both.toReversed()).map((id) => ({ promotionId: id, amountMinor: 200 }));
      const by = n % 3 ? shop.call : shop.callSecond;
      return shop.reserve(n % 2 ? promotionId : budgeted, n % 5 === 0 ? { usages, by } : { by });
    });
    const outcomes = await Promise.all(buyers);
    const won = outcomes.filter(({ refused }) => refused.length === 0);
    expect(await shop.uses(promotionId)).toEqual({ uses: 1 });
    expect(await shop.uses(budgeted)).toEqual({ uses: 10, spent: 20 });
    expect([10, 11]).toContain(won.length); // the last use may have been that of an order with both
  });

  test("add up after whatever happens at the same time", async () => {
    const { promotionId } = await shop.add({ usageLimit: 20 });
    const orderIds = Array.from({ length: 30 }, () => newId("order"));
    const steps = [
      (orderId: string) => refusal(shop.reserve(promotionId, { orderId, customerId: "cust_ann" })),
      (orderId: string) => shop.call("promotions.giveBack", { orderId }),
      shop.created,
      shop.cancelled,
      (orderId: string) => shop.paid(orderId),
    ] as const;
    const step = fc.tuple(
      fc.constantFrom(...orderIds),
      fc.constantFrom<(orderId: string) => Promise<unknown>>(...steps),
    );
    const [sequence = []] = fc.sample(fc.array(step, { minLength: 250, maxLength: 250 }), 1);
    await Promise.all(sequence.map(([orderId, happens]) => happens(orderId)));
    const last = orderIds[0] ?? "";
    await shop.cancelled(last);
    await eventually(async () => {
      const [row] = await shop.db.query<{ state: string }>("SELECT state FROM reservation WHERE order_id = $1", [last]);
      expect(row?.state).toBe("released");
    });
    expect(await wrongCounters(shop)).toEqual([]);
    expect((await shop.uses(promotionId)).uses).toBeLessThanOrEqual(20);
  });
});
