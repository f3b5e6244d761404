import { afterEach, expect, test } from "@jest/globals";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import type { PaymentProvider } from "#services/commerce/payments/providers/provider.ts";
import { TestProvider } from "#services/commerce/payments/providers/test-provider.ts";
import { booksPlace, openBooks } from "#services/commerce/payments/providers/test-provider-books.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";

let harness: PaymentsHarness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

/** A provider with the name of Stripe that counts what it is asked, and fails while `down` is set. */
async function flaky() {
  const books = openBooks(booksPlace({ database: await freshDatabase("flaky") }));
  const provider = new TestProvider({ books, fault: () => (state.down ? "fail" : undefined) });
  const state = { down: false };
  Object.defineProperty(provider, "name", { value: "stripe" });
  return { provider: provider as PaymentProvider, state, books };
}

async function withTwoProviders() {
  const first = await flaky();
  const secondBooks = openBooks(booksPlace({ database: await freshDatabase("second") }));
  harness = await paymentsHarness({ providers: () => [first.provider, new TestProvider({ books: secondBooks })] });
  return { harness, first, secondBooks };
}

test("a provider that keeps failing is not asked, and payments that it was never asked for go to the next one", async () => {
  const { harness, first, secondBooks } = await withTwoProviders();
  first.state.down = true;
  const unlucky = Array.from({ length: paymentLimits.BREAKER_FAILURES }, () => harness.order());
  await harness.publishCreated(...unlucky);
  await harness.publishReserved(...unlucky);
  await eventually(async () => {
    const [row] = await harness.db.query<{ tries: number }>("SELECT sum(attempts) AS tries FROM operation");
    expect(Number(row?.tries)).toBeGreaterThan(paymentLimits.BREAKER_FAILURES);
  });
  const lucky = harness.order();
  await harness.publishCreated(lucky);
  await harness.publishReserved(lucky);
  await harness.awaitEvents(lucky, "PaymentAuthorized");
  expect(await harness.paymentOf(lucky)).toMatchObject({ provider: "test" });
  first.state.down = false;
  for (const order of unlucky) {
    await harness.awaitEvents(order, "PaymentAuthorized");
    const { provider } = await harness.paymentOf(order);
    const [here, there] = [await harness.charges(order, first.books), await harness.charges(order, secondBooks)];
    expect(provider === "stripe" ? here : there).toHaveLength(1);
    expect([...here, ...there]).toHaveLength(1);
  }
});

test("what was asked of a provider once stays with it", async () => {
  const { harness, first } = await withTwoProviders();
  first.state.down = true;
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await eventually(async () => {
    const [row] = await harness.db.query<{ state: string }>("SELECT state FROM operation");
    expect(row?.state).toBe("unknown");
  });
  first.state.down = false;
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(await harness.paymentOf(order)).toMatchObject({ provider: "stripe" });
});

test("an operation that runs out of tries is parked, listed, and goes on when staff retry it", async () => {
  const { harness, first } = await withTwoProviders();
  first.state.down = true;
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await eventually(async () => {
    const rows = await harness.db.query(
      "UPDATE operation SET attempts = $1, due_at = now() WHERE attempts BETWEEN 1 AND 5 RETURNING 1",
      [paymentLimits.OPERATION_TRIES],
    );
    expect(rows).toHaveLength(1);
  });
  const parked = await eventually(async () => {
    const { operations, pagination } = await harness.call("payments.listParked", {}, staff);
    expect(pagination.total).toBe(1);
    return operations[0];
  });
  expect(parked).toMatchObject({ orderId: order.orderId, provider: "stripe", kind: "authorize", amount: 200 });
  first.state.down = false;
  const operationId = parked?.operationId ?? "";
  await harness.call("payments.retryParked", { operationId }, staff);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await expect(harness.call("payments.retryParked", { operationId }, staff)).rejects.toMatchObject({
    type: "NOT_FOUND",
  });
});
