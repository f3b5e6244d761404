import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ActionName, CallParams } from "#lib/contract/types.ts";
import { customer, type Order, type PaymentsHarness, paymentsHarness, tokenOf } from "./payments-harness.ts";

let harness: PaymentsHarness;

beforeAll(async () => {
  harness = await paymentsHarness({ captureOn: "handoff" });
});
afterAll(() => harness.stop());

/** A guest's order whose payment waits for the guest. */
async function waiting(): Promise<{ order: Order; paymentId: string }> {
  const order = harness.order(30, "pm_card_authenticationRequired");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentActionRequired");
  return { order, paymentId: (await harness.paymentOf(order)).paymentId };
}

const asGuest = <N extends ActionName>(name: N, params: CallParams<N>, token: string | undefined) =>
  harness.call(name, params, { kind: "anonymous" }, undefined, token);

test("a guest with the order's token reads and confirms its payment", async () => {
  const { order, paymentId } = await waiting();
  const token = tokenOf(order.orderId);
  expect(await asGuest("payments.get", { paymentId }, token)).toMatchObject({ status: "requires_action" });
  expect(await asGuest("payments.confirm", { paymentId }, token)).toMatchObject({ paymentId, status: "authorized" });
});

test("a guest with the order's token pays with another method", async () => {
  const { order, paymentId } = await waiting();
  const { orderId, customerId, totalAmount: amount } = order;
  const card = { orderId, customerId, amount, paymentMethodId: "pm_card_visa" };
  const answer = await asGuest("payments.authorize", card, tokenOf(orderId));
  expect(answer).toMatchObject({ status: "authorized", amount: 30 });
  expect(answer.paymentId).not.toBe(paymentId);
});

test("the token of another order opens nothing, nor does a token beside another customer's account", async () => {
  const { order, paymentId } = await waiting();
  const other = await waiting();
  const { orderId, customerId, totalAmount: amount } = order;
  const card = { orderId, customerId, amount, paymentMethodId: "pm_card_visa" };
  const stranger = customer(other.order.customerId);
  for (const [token, code] of [
    [tokenOf(other.order.orderId), "NOT_FOUND"],
    [undefined, "UNAUTHENTICATED"],
  ] as const) {
    await expect(asGuest("payments.get", { paymentId }, token)).rejects.toMatchObject({ type: code });
    await expect(asGuest("payments.confirm", { paymentId }, token)).rejects.toMatchObject({ type: code });
    await expect(asGuest("payments.authorize", card, token)).rejects.toMatchObject({ type: code });
  }
  const wrong = tokenOf(other.order.orderId);
  const asStranger = harness.call("payments.authorize", card, stranger, undefined, wrong);
  await expect(asStranger).rejects.toMatchObject({ type: "NOT_FOUND" });
  const elsewhere = { ...card, customerId: other.order.customerId };
  await expect(asGuest("payments.authorize", elsewhere, tokenOf(orderId))).rejects.toMatchObject({ type: "NOT_FOUND" });
  expect(await harness.paymentOf(order)).toMatchObject({ paymentId, status: "requires_action" });
});
