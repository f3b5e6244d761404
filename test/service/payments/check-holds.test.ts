import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Service } from "moleculer";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import type { OrderStatus } from "#services/commerce/payments/domain/hold.ts";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import { checkLongHolds } from "#services/commerce/payments/jobs/check-holds.ts";
import { findLongHeld } from "#services/commerce/payments/payments.store.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { type Order, openTill, type Till } from "./payments-harness.ts";

const LONG = paymentLimits.HOLD_CHECK_MINUTES + 1;
const CAUSE = { correlationId: "sweep", causationId: "sweep", traceparent: null };

/** Where orders are, and how often it was said. */
const statuses = new Map<string, OrderStatus>();
const asked: string[] = [];
let till: Till;
let ctx: ServiceContext<PaymentsDeps> & Transactions;
let ordersStub: Service;

/** Answers for orders, whose own service here only speaks when told to. */
const openOrdersStub = () =>
  till.broker.createService({
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
  till = await openTill();
  const call = (action: string, params: object) => till.broker.call(action, params);
  const { deps } = till.broker.getLocalService("payments") as unknown as { deps: PaymentsDeps };
  ctx = {
    db: till.db,
    deps,
    env: { CAPTURE_ON: "confirmation" },
    cause: CAUSE,
    call,
    transaction: (work: (tx: Transaction) => Promise<unknown>) => till.db.transaction(CAUSE, work),
  } as unknown as typeof ctx;
  ordersStub = openOrdersStub();
});
afterAll(() => till.stop());

/** Orders whose authorisations are held, and whose later news was lost. */
async function held(...orders: Order[]): Promise<void> {
  await till.created(...orders);
  await till.reserved(...orders);
  for (const order of orders) await till.hears(order, "PaymentAuthorized");
}

const grow = (column: "asked_at" | "updated_at", ...orders: Order[]) =>
  till.db.query(`UPDATE payment SET ${column} = now() - make_interval(mins => $1) WHERE order_id = ANY ($2::text[])`, [
    LONG,
    orders.map(({ orderId }) => orderId),
  ]);
async function growOld(...orders: Order[]): Promise<void> {
  await grow("updated_at", ...orders);
  await grow("asked_at", ...orders);
}
const timesAsked = ({ orderId }: Order) => asked.filter((id) => id === orderId).length;

test("what is held for a dead order is released, for a confirmed one captured, and nothing else is touched", async () => {
  const [cancelled, unknown, confirmed, young] = [till.order(), till.order(), till.order(), till.order()];
  const waiting = till.order(30, "pm_card_authenticationRequired");
  await held(cancelled, unknown, confirmed, young);
  await till.created(waiting);
  await till.reserved(waiting);
  await till.hears(waiting, "PaymentActionRequired");
  statuses.set(cancelled.orderId, "cancelled").set(confirmed.orderId, "confirmed").set(young.orderId, "cancelled");
  await growOld(cancelled, unknown, confirmed, waiting);
  await grow("asked_at", young);
  await checkLongHolds(ctx);
  const [, voided] = await till.hears(cancelled, "PaymentAuthorized", "PaymentVoided");
  expect(voided?.data).toMatchObject({ amount: 200, reason: "the order is cancelled" });
  await till.hears(unknown, "PaymentAuthorized", "PaymentVoided");
  await till.hears(waiting, "PaymentActionRequired", "PaymentVoided");
  await till.hears(confirmed, "PaymentAuthorized", "PaymentCompleted");
  expect(await till.charges(cancelled)).toMatchObject([{ held_minor: 0, captured_minor: 0 }]);
  expect(await till.charges(confirmed)).toMatchObject([{ held_minor: 0, captured_minor: 20_000 }]);
  expect(await till.charges(young)).toMatchObject([{ held_minor: 20_000, captured_minor: 0 }]);
  expect(timesAsked(young)).toBe(0); // something happened to it not long ago
  const tombstones = "SELECT cancelled FROM payable WHERE order_id = ANY ($1::text[])";
  const gone = [cancelled, unknown, waiting].map(({ orderId }) => orderId);
  expect(await till.db.query(tombstones, [gone])).toEqual(gone.map(() => ({ cancelled: true })));
  // The news that comes after all changes nothing.
  await till.cancelled(cancelled);
  await till.confirmed(confirmed);
  await held(till.order()); // told later, so the news has had its chance
  expect(await till.told(cancelled.orderId)).toHaveLength(2);
  expect(await till.told(confirmed.orderId)).toHaveLength(2);
});

test("the rest of what was captured in part is released as well, and the part given back", async () => {
  const order = till.order();
  await held(order);
  const { paymentId } = await till.paymentOf(order);
  await till.call(
    "payments.capture",
    { paymentId, amount: 50 },
    { kind: "staff", staffId: "s", scopes: ["payments:*"] },
  );
  statuses.set(order.orderId, "cancelled");
  await growOld(order);
  await checkLongHolds(ctx);
  await till.hears(order, "PaymentAuthorized", "PaymentCompleted", "PaymentVoided", "PaymentRefunded");
  expect(await till.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 5_000, refunded_minor: 5_000 }]);
});

test("while orders is away nothing happens, and the next run asks again", async () => {
  const order = till.order();
  await held(order);
  await till.broker.destroyService(ordersStub);
  await growOld(order);
  await expect(checkLongHolds(ctx)).rejects.toThrow();
  expect(await till.charges(order)).toMatchObject([{ held_minor: 20_000 }]);
  statuses.set(order.orderId, "cancelled");
  ordersStub = openOrdersStub();
  await checkLongHolds(ctx);
  await till.hears(order, "PaymentAuthorized", "PaymentVoided");
});

test("a hold that is to stay is looked at once, until the time has passed once more", async () => {
  const order = till.order();
  await held(order);
  statuses.set(order.orderId, "pending_payment");
  await growOld(order);
  await checkLongHolds(ctx);
  const once = timesAsked(order);
  expect(once).toBeGreaterThan(0); // the job of the till itself may have asked at the same time
  await checkLongHolds(ctx);
  expect(timesAsked(order)).toBe(once);
  await grow("asked_at", order);
  await checkLongHolds(ctx);
  expect(timesAsked(order)).toBeGreaterThan(once);
  expect(await till.told(order.orderId)).toHaveLength(1);
});

test("the look-up goes by an index that holds nothing but holds", async () => {
  const plans: object[] = [];
  await till.db.transaction(CAUSE, async (tx) => {
    await tx.query("SET LOCAL enable_seqscan = off"); // the table is too small here for Postgres to care
    const explain: Queryable["query"] = async (text, values) => {
      plans.push(...(await tx.query(`EXPLAIN ${text}`, values)));
      return [];
    };
    await findLongHeld({ query: explain });
  });
  expect(JSON.stringify(plans)).toContain("Index Scan using payment_held");
});
