import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceContext } from "#mixins/service/context.ts";
import { reconcileProvider } from "#services/commerce/payments/jobs/reconcile.ts";
import type { PaymentProvider } from "#services/commerce/payments/providers/provider.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { observeCharge } from "#services/commerce/payments/steps/observe-charge.ts";
import { type PaymentsHarness, staff } from "./payments-harness.ts";
import { type StripeHarness, stripeHarness } from "./stripe-harness.ts";

const MINUTE_MS = 60_000;

let opened: StripeHarness;
let harness: PaymentsHarness;

beforeAll(async () => {
  opened = await stripeHarness({ server: { maxPage: 2 } });
  ({ harness } = opened);
  opened.stripe.holdWebhooks(); // they are lost
});
afterAll(() => opened.stop());

type Context = ServiceContext<PaymentsDeps>;

function shop(): { ctx: Context; provider: PaymentProvider } {
  const service = harness.broker.getLocalService("payments") as unknown as { deps: PaymentsDeps };
  const [provider] = service.deps.providers.all;
  if (!provider) throw new Error("There is no provider.");
  const cause = { correlationId: "reconcile", causationId: "reconcile", traceparent: null };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  return { ctx: { db: harness.db, deps: service.deps, cause, log } as unknown as Context, provider };
}

function reconcile(): Promise<{ compared: number; looked: number }> {
  const { ctx, provider } = shop();
  const now = Date.now();
  return reconcileProvider(ctx, provider, { from: new Date(now - 10 * MINUTE_MS), until: new Date(now + MINUTE_MS) });
}

test("what was done at Stripe and never told is found in its list, and only that is looked at", async () => {
  const [agreeing, captured, cancelled] = [
    await opened.authorized(),
    await opened.authorized(),
    await opened.authorized(),
  ];
  const waiting = await opened.waiting();
  opened.stripe.capture(captured.reference, 5_000);
  opened.stripe.cancel(cancelled.reference);
  opened.stripe.authenticate(waiting.reference);
  expect(await reconcile()).toEqual({ compared: 4, looked: 3 });
  await harness.awaitEvents(captured.order, "PaymentAuthorized", "PaymentCompleted");
  await harness.awaitEvents(cancelled.order, "PaymentAuthorized", "PaymentVoided");
  await harness.awaitEvents(waiting.order, "PaymentActionRequired", "PaymentAuthorized");
  await harness.awaitEvents(agreeing.order, "PaymentAuthorized");
  expect(await reconcile()).toEqual({ compared: 4, looked: 0 });
});

test("a difference is forgotten when both agree again", async () => {
  const { paymentId, reference } = await opened.authorized();
  await harness.db.query(
    "INSERT INTO difference (provider, reference, payment_id, wrong) VALUES ('stripe', $1, $2, 'something')",
    [reference, paymentId],
  );
  await reconcile();
  expect(await harness.db.query("SELECT 1 FROM difference")).toEqual([]);
});

test("a reading that an operation of ours has overtaken does not count", async () => {
  const { order, paymentId, reference } = await opened.authorized();
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  opened.stripe.refund(reference, 2_000);
  const { ctx, provider } = shop();
  let readings = 0;
  const slow: PaymentProvider = {
    ...provider,
    charge: async (...asked) => {
      const charge = await provider.charge(...asked);
      readings += 1;
      if (readings === 2) await harness.call("payments.refund", { paymentId, amount: 50, reason: "late" }, staff);
      return charge;
    },
  };
  await observeCharge(ctx, slow, reference, new AbortController().signal);
  const kinds = ["PaymentAuthorized", "PaymentCompleted", "PaymentRefunded", "PaymentRefunded"];
  const events = await harness.awaitEvents(order, ...kinds);
  expect(events.slice(2).map(({ data }) => data.amount)).toEqual([50, 20]);
  expect(await harness.paymentOf(order)).toMatchObject({ refundedAmount: 70 });
});
