import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { newId } from "#lib/contract/ids.ts";
import { sweep } from "#services/commerce/fraud/jobs/decide-overdue.ts";
import { callAs } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { staff } from "#test/support/identities.ts";
import { ABROAD, attempt, type Fraud, startFraud } from "./fraud-fixture.ts";

let fraud: Fraud;
beforeAll(async () => {
  fraud = await startFraud();
});
afterAll(() => fraud?.stop());

const statusOf = async (orderId: string) => {
  const [row] = await fraud.db.query<{ status: string }>("SELECT status FROM review WHERE order_id = $1", [orderId]);
  return row?.status;
};
/** An order under review, as far as fraud knows it. */
const reviewed = async () => {
  const orderId = newId("order");
  const suspicious = { orderId, customerId: `guest_${orderId}`, email: "x@mailinator.com", billingAddress: ABROAD };
  const shippingAddress = { ...ABROAD, country: "US", street: `${orderId} Road` };
  expect(await fraud.assess({ ...suspicious, shippingAddress })).toMatchObject({ decision: "review" });
  await fraud.placed(orderId);
  await eventually(async () => expect(await statusOf(orderId)).toBe("open"));
  return orderId;
};
const asClerk = () => callAs(fraud.broker, staff("fraud:*"));
const overdue = (orderId: string) =>
  fraud.db.query("UPDATE review SET deadline_at = now() - interval '1 second' WHERE order_id = $1", [orderId]);

describe("a review", () => {
  test("is opened by the event of its order, and listed with its reasons until it is decided", async () => {
    const orderId = await reviewed();
    const open = await asClerk()("fraud.listReviews", { limit: 100 });
    const review = open.reviews.find((one) => one.orderId === orderId);
    expect(review).toMatchObject({ status: "open", totalAmount: 12.5, currency: "USD", customerId: "cust_ann" });
    expect(review?.reasons.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(["disposable-mail", "billed-elsewhere"]),
    );
    const hours = (Date.parse(review?.deadlineAt ?? "") - Date.parse(review?.openedAt ?? "")) / 3_600_000;
    expect(hours).toBeCloseTo(24, 3);
    await asClerk()("fraud.approve", { orderId });
    const left = await asClerk()("fraud.listReviews", { limit: 100 });
    expect(left.reviews.map((one) => one.orderId)).not.toContain(orderId);
    expect(left.pagination.total).toBe(open.pagination.total - 1);
  });

  test("is opened although the assessment was lost after the attempt was stored", async () => {
    const [orderId, customerId] = [newId("order"), newId("customer")];
    await fraud.db.query("INSERT INTO customer_record (customer_id, disputes, disposable_mail) VALUES ($1, 1, true)", [
      customerId,
    ]);
    await fraud.db.query("INSERT INTO attempt (order_id, customer_id) VALUES ($1, $2)", [orderId, customerId]);
    await fraud.placed(orderId, { customerId });
    await eventually(async () => expect(await statusOf(orderId)).toBe("open"));
  });

  test.each(["approved", "rejected"] as const)("that is %s says so once", async (status) => {
    const orderId = await reviewed();
    const decide = () => asClerk()(status === "approved" ? "fraud.approve" : "fraud.reject", { orderId });
    await Promise.all([decide(), decide(), decide()]);
    expect(await decide()).toEqual({ orderId, status });
    const name = status === "approved" ? "ReviewApproved" : "ReviewRejected";
    expect(await fraud.published(orderId)).toEqual([`${name} by staff:staff_1`]);
  });

  test("has one end, whoever races for it", async () => {
    for (let round = 0; round < 12; round++) {
      const orderId = await reviewed();
      await overdue(orderId);
      const call = asClerk();
      const outcomes = await Promise.allSettled([
        call("fraud.approve", { orderId }),
        call("fraud.reject", { orderId }),
        sweep(fraud.ctx),
        fraud.cancelled(orderId),
      ]);
      for (const outcome of outcomes)
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ type: "REVIEW_ENDED" });
      await sweep(fraud.ctx);
      const status = await statusOf(orderId);
      const published = await fraud.published(orderId);
      expect([status, published.length]).toEqual([status, status === "closed" ? 0 : 1]);
      if (status !== "closed")
        expect(published[0]).toMatch(status === "approved" ? /^ReviewApproved/ : /^ReviewRejected/);
    }
  });

  test("is decided by its deadline as the settings say", async () => {
    for (const [decision, event] of [
      ["reject", "ReviewRejected by deadline"],
      ["approve", "ReviewApproved by deadline"],
    ]) {
      const orderId = await reviewed();
      await sweep(fraud.ctx);
      expect(await statusOf(orderId)).toBe("open");
      await overdue(orderId);
      await sweep({ ...fraud.ctx, env: { ...fraud.ctx.env, FRAUD_DEADLINE_DECISION: decision as "reject" } });
      expect(await fraud.published(orderId)).toEqual([event]);
    }
  });

  test("ends with the order, also when that comes first", async () => {
    const orderId = await reviewed();
    await fraud.cancelled(orderId);
    await eventually(async () => expect(await statusOf(orderId)).toBe("closed"));
    await expect(asClerk()("fraud.approve", { orderId })).rejects.toMatchObject({ type: "REVIEW_ENDED" });
    const early = newId("order");
    await fraud.cancelled(early);
    await eventually(async () => expect(await statusOf(early)).toBe("closed"));
    await fraud.placed(early);
    const next = await reviewed(); // its event comes after the other one
    expect([await statusOf(next), await statusOf(early)]).toEqual(["open", "closed"]);
    expect(await fraud.published(early)).toEqual([]);
  });
});

describe("an order that was placed without an assessment", () => {
  test("is approved by its score when nothing is suspicious", async () => {
    const orderId = newId("order");
    await fraud.placed(orderId, { customerId: "cust_new" });
    await eventually(async () => expect(await fraud.published(orderId)).toEqual(["ReviewApproved by assessment"]));
    expect(await fraud.call("fraud.assessmentOf", { orderId })).toEqual({ score: 0, decision: "accept", reasons: [] });
  });

  test("is decided by an assessment whose answer came too late", async () => {
    const orderId = newId("order");
    const refused = {
      orderId,
      customerId: "guest_2",
      email: "x@mailinator.com",
      billingAddress: ABROAD,
      address: "45.129.56.200",
    };
    expect(await fraud.assess(refused)).toMatchObject({ decision: "refuse" });
    await fraud.placed(orderId);
    await eventually(async () => expect(await fraud.published(orderId)).toEqual(["ReviewRejected by assessment"]));
  });

  test("waits for somebody when it is suspicious", async () => {
    const customerId = "cust_disputed";
    await fraud.db.query("INSERT INTO customer_record (customer_id, disputes, disposable_mail) VALUES ($1, 1, true)", [
      customerId,
    ]);
    const { orderId } = attempt();
    await fraud.placed(orderId, { customerId });
    await eventually(async () => expect(await statusOf(orderId)).toBe("open"));
    const { reviews } = await asClerk()("fraud.listReviews", { limit: 100 });
    expect(reviews.find((one) => one.orderId === orderId)?.score).toBeGreaterThanOrEqual(65);
  });
});
