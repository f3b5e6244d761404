import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newId } from "#lib/contract/ids.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, type Order } from "./payments-harness.ts";
import { tablesWith } from "./saved-methods-fixture.ts";
import { type StripeHarness, stripeHarness } from "./stripe-harness.ts";

let opened: StripeHarness;

beforeAll(async () => {
  opened = await stripeHarness();
});
afterAll(() => opened.stop());

const setUp = (customerId: string, key?: string) =>
  opened.harness.call("payments.setUpMethod", { customerId }, customer(customerId), key);

const referenceOf = async (setupId: string): Promise<string> => {
  const [row] = await opened.harness.db.query<{ reference: string }>(
    "SELECT reference FROM method_setup WHERE setup_id = $1",
    [setupId],
  );
  return row?.reference ?? "";
};

/** The methods that are stored; nothing asks Stripe about them. */
const stored = (customerId: string) =>
  opened.harness.db.query<{ payment_method_id: string; last4: string }>(
    "SELECT payment_method_id, last4 FROM saved_method WHERE customer_id = $1",
    [customerId],
  );

test("a notification saves the card that a customer has entered with Stripe, and an order is paid with it", async () => {
  const { harness, stripe } = opened;
  const customerId = newId("customer");
  const { setupId, clientSecret } = await setUp(customerId);
  const reference = await referenceOf(setupId);
  expect(clientSecret.startsWith(`${reference}_secret_`)).toBe(true);
  expect(await harness.call("payments.listMethods", { customerId }, customer(customerId))).toEqual({
    paymentMethods: [],
  });
  stripe.completeSetup(reference, "pm_card_mastercard");
  const [method] = await eventually(async () => {
    const methods = await stored(customerId);
    expect(methods).toMatchObject([{ last4: "4444" }]);
    return methods;
  });
  const paymentMethodId = method?.payment_method_id ?? "";

  const order: Order = { ...harness.order(30, paymentMethodId), customerId };
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(await harness.paymentOf(order)).toMatchObject({ provider: "stripe", paymentMethod: { last4: "4444" } });
  const [intent] = stripe.intentsOf(order.orderId);
  const token = String(intent?.payment_method);
  expect(token).toMatch(/^pm_/);
  expect(await tablesWith(harness.db, token)).toEqual([]);

  await harness.call("payments.deleteMethod", { customerId, paymentMethodId }, customer(customerId));
  const again: Order = { ...harness.order(30, paymentMethodId), customerId };
  await harness.publishCreated(again);
  await harness.publishReserved(again);
  await harness.awaitEvents(again, "PaymentFailed");
});

test("a setup whose answer was lost is continued under its key, although another setup made the customer meanwhile", async () => {
  const customerId = newId("customer");
  let lost = 0; // Stripe's library asks once more when a connection ends
  opened.stripe.faults.next = ({ path }) => (path.endsWith("/setup_intents") && lost++ < 2 ? "loseAnswer" : undefined);
  await expect(setUp(customerId, "k1")).rejects.toMatchObject({ type: "PROVIDER_UNAVAILABLE" });
  await setUp(customerId);
  const { setupId } = await setUp(customerId, "k1");
  opened.stripe.completeSetup(await referenceOf(setupId), "pm_card_visa");
  await eventually(async () => expect(await stored(customerId)).toMatchObject([{ last4: "4242" }]));
});
