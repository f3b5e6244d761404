import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import type { StripeFault } from "#test/support/stripe-server/stripe-server.ts";
import { type PaymentsHarness, staff } from "./payments-harness.ts";
import { type StripeHarness, stripeHarness } from "./stripe-harness.ts";

const ORDERS = 4; // below BREAKER_FAILURES / 2: a stored failure is met twice, and the breaker is not what is tested here

let opened: StripeHarness;
let harness: PaymentsHarness;

beforeAll(async () => {
  opened = await stripeHarness({ timings: { timeoutMs: 250, waitMs: 6_000, leaseMs: 1_000 } });
  ({ harness } = opened);
});
afterEach(() => {
  opened.stripe.faults.next = () => undefined;
  opened.stripe.setSearchable(true);
});
afterAll(() => opened.stop());

/** The first request of each operation goes wrong. */
function failFirst(fault: StripeFault): void {
  const met = new Set<string>();
  opened.stripe.faults.next = ({ method, key }) => {
    if (method !== "POST" || key === undefined || met.has(key) || /\.\d+$/.test(key)) return undefined;
    met.add(key);
    return fault;
  };
}

const FAULTS: readonly StripeFault[] = ["fail", "hang", "loseAnswer", "doAndHang", "keepFailure", "doAndKeepFailure"];
const CASES = FAULTS.flatMap((fault) => [true, false].map((searchable) => [fault, searchable] as const));

test.each(CASES)("one charge each and every operation settled: %s, found by search %s", async (fault, searchable) => {
  const { stripe } = opened;
  failFirst(fault);
  stripe.setSearchable(searchable);
  const orders = Array.from({ length: ORDERS }, () => harness.order());
  await harness.publishCreated(...orders);
  await harness.publishReserved(...orders);
  await Promise.all(
    orders.map(async (order) => {
      await harness.awaitEvents(order, "PaymentAuthorized");
      await harness.publishConfirmed(order);
      await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
      const { paymentId } = await harness.paymentOf(order);
      await harness.call("payments.refund", { paymentId, amount: 50, reason: "late" }, staff);
      await harness.publishCancelled(order);
      await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded", "PaymentRefunded");
      expect(stripe.chargesOf(order.orderId)).toMatchObject([{ held: 0, captured: 20_000, refunded: 20_000 }]);
    }),
  );
  await expectSettled();
});

test("holds that nobody wants any more are released, whatever was lost", async () => {
  for (const fault of FAULTS) {
    failFirst(fault);
    const order = harness.order();
    await harness.publishCreated(order);
    await harness.publishReserved(order);
    await harness.awaitEvents(order, "PaymentAuthorized");
    await harness.publishCancelled(order);
    await harness.awaitEvents(order, "PaymentAuthorized", "PaymentVoided");
    expect(opened.stripe.chargesOf(order.orderId)).toMatchObject([{ status: "canceled", held: 0, captured: 0 }]);
  }
  await expectSettled();
});

/** No operation is open, no charge differs, and all webhooks are delivered and processed. */
async function expectSettled(): Promise<void> {
  await eventually(async () => {
    expect(await harness.db.query("SELECT kind FROM operation WHERE state IN ('pending', 'unknown')")).toEqual([]);
    expect(opened.stripe.undelivered()).toBe(0);
    expect(await harness.db.query("SELECT payload FROM notification_work")).toEqual([]);
  }, 20_000);
  expect(await harness.db.query("SELECT wrong FROM difference")).toEqual([]);
}
