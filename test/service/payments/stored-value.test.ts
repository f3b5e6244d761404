import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { newId } from "#lib/contract/ids.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { reconcileProvider } from "#services/commerce/payments/jobs/reconcile.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { eventually } from "#test/support/eventually.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { customer, NO_CUSTOMER, type Order, type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";

let harness: PaymentsHarness;
beforeAll(async () => {
  harness = await paymentsHarness({ settings: { RATE_LIMIT: "on" } });
});
afterEach(() => {
  harness.faults.next = () => undefined;
});
afterAll(async () => {
  expect(await unbalanced()).toEqual([]);
  await harness.stop();
});

const issue = (amount: number, currency = "USD") => harness.call("payments.issueGiftCard", { amount, currency }, staff);
type Card = Awaited<ReturnType<typeof issue>>;

const balanceOf = async ({ code }: Card) =>
  (await harness.call("payments.giftCardBalance", { code }, { kind: "anonymous" })).balance;

const kindsOf = async ({ giftCardId }: Card) =>
  (await harness.call("payments.giftCardEntries", { giftCardId }, staff)).entries
    .map(({ kind, amount }) => `${kind} ${amount}`)
    .toReversed();

/** Accounts whose entries do not add up to what they have. */
const unbalanced = () =>
  harness.db.query(
    `SELECT account_id FROM stored_value v WHERE (balance_minor, reserved_minor) <>
       (SELECT sum(balance_minor), sum(reserved_minor) FROM stored_value_entry e WHERE e.account_id = v.account_id)`,
  );

type Paid = { total?: number; method?: string; cards?: [Card, number][]; credit?: number; customerId?: string };

/** An order of which cards and store credit pay a part. */
function orderOf({ total = 100, method, cards = [], credit = 0, customerId }: Paid): Order {
  return {
    ...harness.order(total, method),
    ...(customerId === undefined ? {} : { customerId }),
    tenders: [
      ...cards.map(([{ giftCardId }, amount]) => ({ type: "giftCard" as const, giftCardId, amount })),
      ...(credit > 0 ? [{ type: "storeCredit" as const, amount: credit }] : []),
    ],
  };
}

async function begin(...orders: Order[]): Promise<void> {
  await harness.publishCreated(...orders);
  await harness.publishReserved(...orders);
}

async function paid(order: Order): Promise<string> {
  await begin(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  return (await harness.paymentOf(order)).paymentId;
}

test("the provider gets its part only: held, captured, and given back before what the card paid", async () => {
  const card = await issue(30);
  const order = orderOf({ cards: [[card, 30]] });
  await begin(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 7_000 }]);
  expect(await balanceOf(card)).toBe(0);
  await harness.publishConfirmed(order);
  const [, completed] = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  const { giftCardId } = card;
  expect(completed?.data).toMatchObject({ amount: 100, tenders: [{ type: "giftCard", giftCardId, amount: 30 }] });
  expect(await harness.charges(order)).toMatchObject([{ captured_minor: 7_000 }]);
  const { paymentId } = await harness.paymentOf(order);
  const refund = (amount: number) =>
    harness.call("payments.refund", { paymentId, amount, reason: "returned" }, staff, newId("operation"));
  expect(await refund(60)).toMatchObject({ refundedAmount: 60 });
  expect(await refund(25)).toMatchObject({ refundedAmount: 25 });
  expect(await harness.charges(order)).toMatchObject([{ refunded_minor: 7_000 }]);
  expect(await balanceOf(card)).toBe(15);
  await refund(15);
  const events = await harness.publishedEvents(order.orderId);
  expect(events.filter(({ eventType }) => eventType === "PaymentRefunded").map(({ data }) => data.tenders)).toEqual([
    undefined,
    [{ type: "giftCard", giftCardId, amount: 15 }],
    [{ type: "giftCard", giftCardId, amount: 15 }],
  ]);
  expect(await kindsOf(card)).toEqual(["issued 30", "reserved 30", "spent 30", "refunded 15", "refunded 15"]);
  expect(await harness.paymentOf(order)).toMatchObject({
    status: "refunded",
    tenders: [{ type: "giftCard", giftCardId, amount: 30, capturedAmount: 30, refundedAmount: 30 }],
  });
});

test("an order that cards and store credit pay whole reaches no provider, also while every provider is down", async () => {
  harness.faults.next = () => "fail";
  const customerId = newId("customer");
  const credited = { customerId, amount: 50, currency: "USD", reason: "sorry" };
  await harness.call("payments.grantStoreCredit", credited, staff);
  const card = await issue(60);
  const order = orderOf({ cards: [[card, 60]], credit: 40, customerId, method: "pm_card_chargeDeclined" });
  const paymentId = await paid(order);
  expect(await harness.charges(order)).toEqual([]);
  const payment = await harness.call("payments.get", { paymentId }, customer(customerId));
  expect(payment).toMatchObject({ status: "captured", capturedAmount: 100, paymentMethod: null });
  await harness.publishCancelled(order);
  const events = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(events.at(-1)?.data.tenders).toHaveLength(2);
  expect(await balanceOf(card)).toBe(60);
  const credit = await harness.call("payments.readStoreCredit", { customerId }, customer(customerId));
  expect(credit).toMatchObject({ balances: [{ balance: 50, reserved: 0, currency: "USD" }] });
  expect(credit.entries.map(({ kind }) => kind)).toEqual(["refunded", "spent", "reserved", "issued"]);
});

test("nobody but a customer gets store credit", async () => {
  const grant = { customerId: NO_CUSTOMER, amount: 5, currency: "USD", reason: "sorry" };
  await expect(harness.call("payments.grantStoreCredit", grant, staff)).rejects.toMatchObject({ type: "NOT_FOUND" });
});

test("what a card reserved is released when the method is declined, and when the order is cancelled", async () => {
  const card = await issue(30);
  const declined = orderOf({ cards: [[card, 30]], method: "pm_card_chargeDeclined" });
  await begin(declined);
  await harness.awaitEvents(declined, "PaymentFailed");
  expect(await balanceOf(card)).toBe(30);
  const cancelled = orderOf({ cards: [[card, 20]] });
  await begin(cancelled);
  await harness.awaitEvents(cancelled, "PaymentAuthorized");
  expect(await balanceOf(card)).toBe(10);
  await harness.publishCancelled(cancelled);
  await harness.awaitEvents(cancelled, "PaymentAuthorized", "PaymentVoided");
  expect(await balanceOf(card)).toBe(30);
  expect(await kindsOf(card)).toEqual(["issued 30", "reserved 30", "released 30", "reserved 20", "released 20"]);
});

test("a payment fails before its provider is asked when a card does not suffice any more, and nothing stays reserved", async () => {
  const [rich, poor] = [await issue(50), await issue(10)];
  const order = orderOf({
    cards: [
      [rich, 50],
      [poor, 20],
    ],
  });
  await begin(order);
  const [failed] = await harness.awaitEvents(order, "PaymentFailed");
  expect(failed?.data).toMatchObject({ errorCode: "gift_card_insufficient" });
  expect(await harness.charges(order)).toEqual([]);
  expect(await Promise.all([rich, poor].map(balanceOf))).toEqual([50, 10]);
  const client = orderOf({ cards: [[poor, 20]] });
  await harness.publishCreated(client);
  await expect(harness.authorize(client)).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    data: { declineCode: "gift_card_insufficient" },
  });
  const credit = orderOf({ credit: 5 });
  await begin(credit);
  const [refused] = await harness.awaitEvents(credit, "PaymentFailed");
  expect(refused?.data).toMatchObject({ errorCode: "store_credit_insufficient" });
});

test("of 50 orders at once, a card pays those that it can, and is never overdrawn", async () => {
  const card = await issue(100);
  const orders = Array.from({ length: 50 }, () => orderOf({ total: 7, cards: [[card, 7]] }));
  await begin(...orders);
  const ends = await eventually(async () => {
    const events = await Promise.all(orders.map(({ orderId }) => harness.publishedEvents(orderId)));
    expect(events.every(({ length }) => length > 0)).toBe(true);
    return events.map(([first]) => first?.eventType);
  });
  expect(ends.filter((type) => type === "PaymentAuthorized")).toHaveLength(14);
  expect(ends.filter((type) => type === "PaymentFailed")).toHaveLength(36);
  expect(await balanceOf(card)).toBe(2);
});

test("many clients, two cards in either sequence and cancellations at the same moment: no deadlock, nothing lost", async () => {
  const cards = [await issue(1_000), await issue(1_000)] as const;
  const orders = Array.from({ length: 40 }, (_, i) => {
    const both = i % 2 === 0 ? cards : cards.toReversed();
    return orderOf({ total: 10, cards: both.map((card): [Card, number] => [card, 4]) });
  });
  await Promise.all(orders.map((order) => harness.publishCreated(order)));
  await Promise.all(
    orders.flatMap((order, i) => [
      harness.authorize(order).catch(() => undefined),
      harness.publishReserved(order),
      ...(i % 3 === 0 ? [harness.publishCancelled(order)] : []),
    ]),
  );
  await eventually(async () => {
    const open = await harness.db.query("SELECT 1 FROM operation WHERE state IN ('pending', 'unknown')");
    expect(open).toEqual([]);
    const rows = await harness.db.query<{ reserved: number }>(
      "SELECT reserved_minor AS reserved FROM stored_value WHERE account_id = ANY ($1)",
      [cards.map(({ giftCardId }) => giftCardId)],
    );
    expect(rows).toEqual([{ reserved: 26 * 400 }, { reserved: 26 * 400 }]);
  });
  const deadlocks = "SELECT error FROM dead_letter";
  expect(await harness.db.query(deadlocks)).toEqual([]);
});

test("another method keeps what the cards have reserved, also when the card was disabled meanwhile", async () => {
  const card = await issue(30);
  const order = orderOf({ cards: [[card, 30]], method: "pm_card_authenticationRequired" });
  await begin(order);
  await harness.awaitEvents(order, "PaymentActionRequired");
  const disabled = await harness.call("payments.disableGiftCard", { giftCardId: card.giftCardId }, staff);
  expect(disabled).toMatchObject({ status: "disabled", balance: 0, reserved: 30 });
  expect(await harness.authorize(order, "pm_card_visa")).toMatchObject({ status: "authorized", amount: 100 });
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentReplaced", "PaymentAuthorized");
  expect(await kindsOf(card)).toEqual(["issued 30", "reserved 30", "released 30", "reserved 30"]);
  await harness.publishConfirmed(order);
  await eventually(async () => expect((await kindsOf(card)).at(-1)).toBe("spent 30"));
});

test("what is left of a disabled card ends, once; what comes back later ends with the next request", async () => {
  const card = await issue(50);
  const { giftCardId } = card;
  const order = orderOf({ cards: [[card, 20]] });
  await paid(order);
  const disable = () => harness.call("payments.disableGiftCard", { giftCardId }, staff);
  const ended = async () =>
    (await harness.publishedEvents(giftCardId)).map(({ eventType, data }) => [eventType, data.amount]);
  await disable();
  await disable();
  expect(await ended()).toEqual([
    ["GiftCardIssued", 50],
    ["GiftCardDisabled", 30],
  ]);
  const late = orderOf({ cards: [[card, 1]] });
  await begin(late);
  const [failed] = await harness.awaitEvents(late, "PaymentFailed");
  expect(failed?.data).toMatchObject({ errorCode: "gift_card_disabled" });
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(await disable()).toMatchObject({ status: "disabled", balance: 0, reserved: 0 });
  expect((await ended()).at(-1)).toEqual(["GiftCardDisabled", 20]);
  await expect(harness.call("payments.disableGiftCard", { giftCardId: "gift_unknown" }, staff)).rejects.toMatchObject({
    type: "NOT_FOUND",
  });
});

test("a plan spends cards in their sequence and then store credit, and names what is wrong with which code", async () => {
  const customerId = newId("customer");
  await harness.call("payments.grantStoreCredit", { customerId, amount: 10, currency: "USD", reason: "sorry" }, staff);
  const [one, two, empty, euros] = [await issue(30), await issue(50), await issue(1), await issue(9, "EUR")];
  await harness.call("payments.disableGiftCard", { giftCardId: empty.giftCardId }, staff);
  const plan = (codes: string[], totalMinor: number, storeCredit = true) =>
    harness.call("payments.planTenders", { customerId, codes, storeCredit, currency: "USD", totalMinor }, staff);
  const amounts = async (...asked: Parameters<typeof plan>) =>
    (await plan(...asked)).tenders.map(({ amountMinor }) => amountMinor);
  expect(await amounts([one.code, two.code], 10_000)).toEqual([3_000, 5_000, 1_000]);
  expect(await amounts([two.code, one.code], 6_000)).toEqual([5_000, 1_000, 0]);
  expect(await amounts([two.code.toLowerCase().replaceAll("-", " ")], 2_000, false)).toEqual([2_000]);
  const { problems, tenders } = await plan([one.code, "0000", empty.code, euros.code, one.code], 10_000);
  expect(problems.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
  expect(tenders.map(({ amountMinor }) => amountMinor)).toEqual([3_000, 0, 0, 1_000]);
});

test("after many wrong codes an address gets no answer about any code", async () => {
  const card = await issue(5);
  const ask = (code: string, address: string) =>
    harness.broker.call("payments.giftCardBalance", { code }, { meta: { auth: { kind: "anonymous" }, address } });
  for (let tries = 0; tries < 20; tries++) {
    await expect(ask(`WRONG-${tries}`, "192.0.2.7")).rejects.toMatchObject({ type: "NOT_FOUND" });
  }
  await expect(ask(card.code, "192.0.2.7")).rejects.toMatchObject({
    type: "RATE_LIMITED",
    data: { retryAfterSeconds: expect.any(Number) },
  });
  expect(await ask(card.code, "192.0.2.8")).toEqual({ balance: 5, currency: "USD" });
});

test("the code of a card is nowhere in the database but in the answer that a repeated request gets", async () => {
  const key = newId("operation");
  const again = () => harness.call("payments.issueGiftCard", { amount: 5, currency: "USD" }, staff, key);
  const card = await again();
  expect(await again()).toEqual(card);
  const tables = ["stored_value", "stored_value_entry", "outbox"];
  for (const table of tables) {
    const rows = await harness.db.query<{ row: object }>(`SELECT row_to_json(t) AS row FROM ${table} t`);
    const text = JSON.stringify(rows);
    expect(text).toContain(card.giftCardId);
    expect(text).not.toContain(card.code);
    expect(text).not.toContain(card.code.replaceAll("-", ""));
  }
});

test("a refund at the provider, and its return, concern the provider's part only", async () => {
  const { deps, logger } = harness.broker.getLocalService("payments") as unknown as {
    deps: PaymentsDeps;
    logger: ServiceContext["log"];
  };
  const ctx = { db: harness.db, deps, cause: TEST_CAUSE, log: logger } as ServiceContext<PaymentsDeps>;
  const [provider] = deps.providers.all;
  if (!provider) throw new Error("There is no provider.");
  const reconcile = () =>
    reconcileProvider(ctx, provider, {
      from: new Date(Date.now() - 86_400_000),
      until: new Date(Date.now() + 86_400_000),
    });
  const card = await issue(30);
  const order = orderOf({ cards: [[card, 30]] });
  const paymentId = await paid(order);
  await reconcile();
  const differing = "SELECT wrong FROM difference WHERE payment_id = $1";
  expect(await harness.db.query(differing, [paymentId])).toEqual([]);
  const set = (refunded: number) =>
    harness.books.query("UPDATE charge SET refunded_minor = $2 WHERE order_id = $1", [order.orderId, refunded]);
  await set(7_000);
  await reconcile();
  expect(await harness.paymentOf(order)).toMatchObject({ status: "captured", refundedAmount: 70 });
  await harness.call("payments.refund", { paymentId, amount: 10, reason: "more" }, staff);
  expect(await balanceOf(card)).toBe(10);
  await set(6_000);
  await reconcile();
  expect(await harness.paymentOf(order)).toMatchObject({ refundedAmount: 70, tenders: [{ refundedAmount: 10 }] });
  expect(await balanceOf(card)).toBe(10);
  await harness.publishCancelled(order);
  await eventually(async () => expect(await harness.paymentOf(order)).toMatchObject({ status: "refunded" }));
  expect(await harness.charges(order)).toMatchObject([{ captured_minor: 7_000, refunded_minor: 7_000 }]);
  expect(await balanceOf(card)).toBe(30);
});
