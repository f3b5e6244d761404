import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { payments } from "#services/commerce/payments/contract.ts";
import { follow } from "#services/commerce/payments/jobs/follow-movements.ts";
import type { Movement, PaymentProvider } from "#services/commerce/payments/providers/provider.ts";
import { chargeFees, payOut } from "#services/commerce/payments/providers/test-provider-movements.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { eventually } from "#test/support/eventually.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { type Order, type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";
import { type StripeHarness, stripeHarness } from "./stripe-harness.ts";

const HOUR_MS = 3_600_000;
const KINDS = [payments.events.ProviderFeeCharged.type, payments.events.ProviderPaidOut.type];

/** The job's work for one provider. */
function reader({ broker, db }: PaymentsHarness) {
  const { deps } = broker.getLocalService("payments") as unknown as { deps: PaymentsDeps };
  const ctx = {
    db,
    deps,
    transaction: <T>(work: Parameters<typeof db.transaction<T>>[1]) => db.transaction(TEST_CAUSE, work),
  };
  const [provider] = deps.providers.all as [PaymentProvider];
  return {
    provider,
    read: (of: Partial<PaymentProvider> = {}, until = new Date()) =>
      follow(ctx as unknown as Parameters<typeof follow>[0], { ...provider, ...of }, until),
  };
}

const published = async ({ db }: PaymentsHarness) => {
  const rows = await db.query<{ type: string; data: Record<string, unknown> }>(
    "SELECT event_type AS type, data FROM outbox WHERE event_type = ANY ($1::text[]) ORDER BY id",
    [KINDS],
  );
  return rows.map(({ type, data }): { type: string; amount?: number } => ({ type, ...data }));
};

const paid = async (harness: PaymentsHarness, order: Order) => {
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  return harness.paymentOf(order);
};

const heldBy = async (harness: PaymentsHarness) => {
  const { providers } = await harness.call("payments.balances", {}, { kind: "service", service: "test" });
  return providers;
};

describe("what the test provider keeps and pays out", () => {
  let harness: PaymentsHarness;

  beforeEach(async () => {
    harness = await paymentsHarness();
  });
  afterEach(() => harness.stop());

  test("is published once, by whomever it is read and however often", async () => {
    const order = harness.order(200);
    await paid(harness, order);
    await chargeFees(harness.books, order.orderId, 610);
    await payOut(harness.books, "test_po_1", { currency: "USD", amountMinor: 15_000 });
    const { read } = reader(harness);
    await Promise.all([read(), read(), read()]);
    await read();
    const events = await published(harness);
    expect(events).toHaveLength(2);
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: "ProviderFeeCharged", provider: "test", amount: 6.1, orderId: order.orderId }),
        { type: "ProviderPaidOut", provider: "test", movementId: "test_po_1", amount: 150, currency: "USD" },
      ]),
    );
    expect(await heldBy(harness)).toEqual([
      { provider: "test", balances: [{ currency: "USD", amountMinor: 20_000 - 610 - 15_000 }] },
    ]);
  });

  test("is found when the provider lists it late, and read again after a list that broke off", async () => {
    const { read, provider } = reader(harness);
    await read();
    await payOut(harness.books, "test_po_late", { currency: "USD", amountMinor: 1 });
    await harness.books.query("UPDATE movement SET moved_at = moved_at - interval '2 hours'");
    const brokenOff = async function* (...[period]: Parameters<NonNullable<PaymentProvider["movements"]>>) {
      yield* Array.from(
        { length: 100 },
        (_, at): Movement => ({
          ...{ kind: "fee" as const, movementId: `test_fee_${at}`, currency: "USD", amountMinor: 1 },
        }),
      );
      throw new Error(`The list from ${period.from.toISOString()} broke off.`);
    };
    await expect(read({ movements: brokenOff }, new Date(Date.now() + HOUR_MS))).rejects.toThrow("broke off");
    expect(await published(harness)).toHaveLength(100);
    await read();
    expect((await published(harness)).at(-1)).toMatchObject({ movementId: "test_po_late" });
    const position = await harness.db.query<{ until: Date }>("SELECT read_until AS until FROM movement_position");
    expect(position[0]?.until.getTime()).toBeLessThan(Date.now() + HOUR_MS);
    expect(provider.name).toBe("test");
  });
});

describe("what Stripe keeps and pays out", () => {
  let opened: StripeHarness;
  let harness: PaymentsHarness;

  beforeAll(async () => {
    opened = await stripeHarness({ server: { maxPage: 2 } });
    ({ harness } = opened);
  });
  afterAll(() => opened.stop());

  test("is in its list of what has changed its balance, which is what it says that it holds", async () => {
    const { stripe } = opened;
    stripe.keepFees((amount) => Math.round(amount * 0.029) + 30);
    const order = harness.order(200);
    const { paymentId } = await paid(harness, order);
    await harness.call("payments.refund", { paymentId, amount: 20, reason: "returned" }, staff);
    const [intent] = stripe.intentsOf(order.orderId);
    stripe.openDispute(intent?.id ?? "", { amount: 1_000 });
    stripe.payOut(5_000);
    stripe.keepFee(200);
    await opened.heard();
    await reader(harness).read({}, new Date(Date.now() + HOUR_MS));
    const events = await published(harness);
    const fee = 580 + 30;
    expect(events.map(({ type, amount }) => [type, amount]).sort()).toEqual([
      ["ProviderFeeCharged", 2],
      ["ProviderFeeCharged", fee / 100],
      ["ProviderPaidOut", 50],
    ]);
    expect(events).toContainEqual(expect.objectContaining({ amount: fee / 100, paymentId, orderId: order.orderId }));
    expect(await heldBy(harness)).toEqual([
      { provider: "stripe", balances: [{ currency: "USD", amountMinor: 20_000 - 2_000 - 1_000 - 5_000 - 200 - fee }] },
    ]);
  });

  test("is not known while it does not answer, and says so", async () => {
    opened.stripe.faults.next = ({ path }) => (path === "/v1/balance" ? "fail" : undefined);
    await eventually(async () => expect(await heldBy(harness)).toEqual([{ provider: "stripe" }]));
  });
});
