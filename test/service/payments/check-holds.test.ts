import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Service } from "moleculer";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import type { OrderStatus } from "#services/commerce/payments/domain/hold.ts";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import { checkLongHolds } from "#services/commerce/payments/jobs/check-holds.ts";
import { findLongHeld } from "#services/commerce/payments/payments.store.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { type Order, type PaymentsHarness, paymentsHarness } from "./payments-harness.ts";

const LONG = paymentLimits.HOLD_CHECK_MINUTES + 1;
const CAUSE = { correlationId: "sweep", causationId: "sweep", traceparent: null };

/** The statuses that the stub of orders answers, and the orders it was asked for. */
const statuses = new Map<string, OrderStatus>();
const asked: string[] = [];
let harness: PaymentsHarness;
let ctx: ServiceContext<PaymentsDeps> & Transactions;
let ordersStub: Service;

/** Answers `orders.statusOf`; the stub of orders in the harness only publishes events. */
const openOrdersStub = () =>
  harness.broker.createService({
    name: "ordersStub",
    settings: { $noServiceNamePrefix: true },
    actions: {
      "orders.statusOf": ({ params }: { params: { orderIds: string[] } }) => {
        asked.push(...params.orderIds);
        const known = params.orderIds.filter((orderId) => statuses.has(orderId));
        return { orders: known.map((orderId) => ({ orderId, status: statuses.get(orderId) })) };
      },
    },
  });

beforeAll(async () => {
  harness = await paymentsHarness();
  const call = (action: string, params: object) => harness.broker.call(action, params);
  const { deps } = harness.broker.getLocalService("payments") as unknown as { deps: PaymentsDeps };
  ctx = {
    db: harness.db,
    deps,
    env: { CAPTURE_ON: "confirmation" },
    cause: CAUSE,
    call,
    transaction: (work: (tx: Transaction) => Promise<unknown>) => harness.db.transaction(CAUSE, work),
  } as unknown as typeof ctx;
  ordersStub = openOrdersStub();
});
afterAll(() => harness.stop());

/** Orders with held authorisations, whose later events were lost. */
async function held(...orders: Order[]): Promise<void> {
  await harness.publishCreated(...orders);
  await harness.publishReserved(...orders);
  for (const order of orders) await harness.awaitEvents(order, "PaymentAuthorized");
}

const backdate = (column: "asked_at" | "updated_at", ...orders: Order[]) =>
  harness.db.query(
    `UPDATE payment SET ${column} = now() - make_interval(mins => $1) WHERE order_id = ANY ($2::text[])`,
    [LONG, orders.map(({ orderId }) => orderId)],
  );
async function makeOld(...orders: Order[]): Promise<void> {
  await backdate("updated_at", ...orders);
  await backdate("asked_at", ...orders);
}
const timesAsked = ({ orderId }: Order) => asked.filter((id) => id === orderId).length;

test("releases the holds of ended orders, captures those of confirmed ones, and changes nothing else", async () => {
  const [cancelled, unknown, confirmed, young] = [harness.order(), harness.order(), harness.order(), harness.order()];
  const waiting = harness.order(30, "pm_card_authenticationRequired");
  await held(cancelled, unknown, confirmed, young);
  await harness.publishCreated(waiting);
  await harness.publishReserved(waiting);
  await harness.awaitEvents(waiting, "PaymentActionRequired");
  statuses.set(cancelled.orderId, "cancelled").set(confirmed.orderId, "confirmed").set(young.orderId, "cancelled");
  await makeOld(cancelled, unknown, confirmed, waiting);
  await backdate("asked_at", young);
  await checkLongHolds(ctx);
  const [, voided] = await harness.awaitEvents(cancelled, "PaymentAuthorized", "PaymentVoided");
  expect(voided?.data).toMatchObject({ amount: 200, reason: "the order is cancelled" });
  await harness.awaitEvents(unknown, "PaymentAuthorized", "PaymentVoided");
  await harness.awaitEvents(waiting, "PaymentActionRequired", "PaymentVoided");
  await harness.awaitEvents(confirmed, "PaymentAuthorized", "PaymentCompleted");
  expect(await harness.charges(cancelled)).toMatchObject([{ held_minor: 0, captured_minor: 0 }]);
  expect(await harness.charges(confirmed)).toMatchObject([{ held_minor: 0, captured_minor: 20_000 }]);
  expect(await harness.charges(young)).toMatchObject([{ held_minor: 20_000, captured_minor: 0 }]);
  expect(timesAsked(young)).toBe(0); // its last change is recent
  const tombstones = "SELECT cancelled FROM payable WHERE order_id = ANY ($1::text[])";
  const gone = [cancelled, unknown, waiting].map(({ orderId }) => orderId);
  expect(await harness.db.query(tombstones, [gone])).toEqual(gone.map(() => ({ cancelled: true })));
  // The events that arrive after all change nothing.
  await harness.publishCancelled(cancelled);
  await harness.publishConfirmed(confirmed);
  await held(harness.order()); // published later, so the events before have been applied
  expect(await harness.publishedEvents(cancelled.orderId)).toHaveLength(2);
  expect(await harness.publishedEvents(confirmed.orderId)).toHaveLength(2);
});

test("releases the rest of a partial capture and refunds the captured part", async () => {
  const order = harness.order();
  await held(order);
  const { paymentId } = await harness.paymentOf(order);
  await harness.call(
    "payments.capture",
    { paymentId, amount: 50 },
    { kind: "staff", staffId: "s", scopes: ["payments:*"] },
  );
  statuses.set(order.orderId, "cancelled");
  await makeOld(order);
  await checkLongHolds(ctx);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentVoided", "PaymentRefunded");
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 5_000, refunded_minor: 5_000 }]);
});

test("does nothing while orders is down, and asks again at the next run", async () => {
  const order = harness.order();
  await held(order);
  await harness.broker.destroyService(ordersStub);
  await makeOld(order);
  await expect(checkLongHolds(ctx)).rejects.toThrow();
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 20_000 }]);
  statuses.set(order.orderId, "cancelled");
  ordersStub = openOrdersStub();
  await checkLongHolds(ctx);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentVoided");
});

test("asks about a hold that stays once in the interval", async () => {
  const order = harness.order();
  await held(order);
  statuses.set(order.orderId, "pending_payment");
  await makeOld(order);
  await checkLongHolds(ctx);
  const once = timesAsked(order);
  expect(once).toBeGreaterThan(0); // the job of the harness itself may have asked at the same time
  await checkLongHolds(ctx);
  expect(timesAsked(order)).toBe(once);
  await backdate("asked_at", order);
  await checkLongHolds(ctx);
  expect(timesAsked(order)).toBeGreaterThan(once);
  expect(await harness.publishedEvents(order.orderId)).toHaveLength(1);
});

test("finds long holds by an index that contains holds only", async () => {
  const plans: object[] = [];
  await harness.db.transaction(CAUSE, async (tx) => {
    await tx.query("SET LOCAL enable_seqscan = off"); // the table is so small that Postgres would scan it
    const explain: Queryable["query"] = async (text, values) => {
      plans.push(...(await tx.query(`EXPLAIN ${text}`, values)));
      return [];
    };
    await findLongHeld({ query: explain });
  });
  expect(JSON.stringify(plans)).toMatch(/Index Scan (using|on) payment_held/);
});
