import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { toMajor } from "#lib/contract/money.ts";
import type { CallResult, ResultOf } from "#lib/contract/types.ts";
import billingService from "#services/commerce/billing/billing.service.ts";
import type { billing } from "#services/commerce/billing/contract.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { emitAs, stubService, stubServiceWithEvents } from "#test/support/stub-service.ts";

export const ann: Auth = { kind: "customer", customerId: "cust_ann" };
export const ben: Auth = { kind: "customer", customerId: "cust_ben" };
export const clerk: Auth = { kind: "staff", staffId: "staff_1", scopes: ["orders:read"] };

type Order = CallResult<"orders.forInvoices">["orders"][number];
type Invoice = ResultOf<typeof billing.actions.invoice>;

const shippingAddress = { street: "1 Road", city: "Leeds", state: "", zipCode: "LS1 1AA", country: "GB" };

/** Billing beside stubs of the services that it asks; the test publishes the events of payments. */
export async function startBilling(settings: Record<string, string> = {}) {
  const orders = new Map<string, Order>();
  const control = { ordersAreDown: false, asked: [] as number[] };
  const known = (orderIds: readonly string[]) => orderIds.flatMap((id) => orders.get(id) ?? []);
  const broker = await startBroker({
    settings,
    services: [
      billingService,
      stubService("orders", {
        forInvoices: ({ orderIds }) => {
          if (control.ordersAreDown) throw new DomainError("SERVICE_UNAVAILABLE");
          control.asked.push(orderIds.length);
          return { orders: known(orderIds.slice(0, 3)), later: orderIds.slice(3) }; // as if no more would fit
        },
        checkToken: ({ orderId, token }) => ({ valid: token === `token of ${orderId}` }),
      }),
      stubService("customers", {
        names: ({ customerIds }) => ({
          customers: customerIds
            .filter((id) => id === "cust_ann")
            .map((customerId) => ({ customerId, email: "ann@example.com", firstName: "Ann", lastName: "Arbor" })),
        }),
      }),
      stubServiceWithEvents(payments, {
        answers: {
          methodsOf: ({ orderIds }) => ({
            orders: orderIds.map((orderId) => ({ orderId, paymentMethod: { type: "card" as const, last4: "4242" } })),
          }),
        },
      }),
    ],
  });
  const db = databaseOf(broker, "billing");
  const asAnn = callAs(broker, ann);
  const money = (order: Order, amountMinor: number) => ({
    ...{ paymentId: `pay_${order.orderId}`, orderId: order.orderId, customerId: order.customerId },
    ...{ amount: toMajor(amountMinor, order.currency), currency: order.currency },
  });

  function order(changes: Partial<Order> = {}): Order {
    const made: Order = {
      orderId: newId("order"),
      ...{ customerId: "cust_ann", email: null, totalMinor: 12_000, currency: "EUR" },
      lines: [
        { sku: "mug", title: "Mug", quantity: 2, priceMinor: 1_000 },
        { sku: "tent", title: "Tent", quantity: 1, priceMinor: 10_000 },
      ],
      ...{ shippingAddress, billingAddress: null, tenders: [] },
      taxes: [{ name: "VAT", rate: 20, amountMinor: 2_000, included: true }],
      taxId: null,
      createdAt: "2026-11-29T10:00:00.000Z",
      ...changes,
    };
    orders.set(made.orderId, made);
    return made;
  }

  const capture = (paid: Order, total: number, amount = total) =>
    emitAs(broker, "payments", (tx) =>
      tx.emit(payments.events.PaymentCompleted, {
        ...money(paid, amount),
        status: "captured",
        totalCaptured: toMajor(total, paid.currency),
      }),
    );

  const refund = (paid: Order, total: number, amount: number, more: object = {}) =>
    emitAs(broker, "payments", (tx) =>
      tx.emit(payments.events.PaymentRefunded, {
        ...money(paid, amount),
        refundId: newId("refund"),
        reason: "unhappy",
        totalRefunded: toMajor(total, paid.currency),
        ...more,
      }),
    );

  const invoiceOf = ({ orderId }: Order): Promise<Invoice> => eventually(() => asAnn("billing.invoice", { orderId }));
  const notesOf = async ({ orderId }: Order) => (await asAnn("billing.creditNotes", { orderId })).creditNotes;
  /** Until nothing is due any more that a document follows from. */
  const settled = () =>
    eventually(async () => {
      const [row] = await db.query<{ due: number }>("SELECT count(*)::int AS due FROM due WHERE attempts = 0");
      if (row?.due !== 0) throw new Error(`${row?.due} facts are due.`);
    });
  const published = (orderId: string) =>
    db.query<{ type: string; data: Record<string, unknown>; causation_id: string }>(
      "SELECT event_type AS type, data, causation_id FROM outbox WHERE key = $1 ORDER BY sequence",
      [orderId],
    );

  return {
    ...{ broker, db, control, order, capture, refund, invoiceOf, notesOf, settled, published, asAnn },
    as: (auth: Auth, orderToken?: string) => callAs(broker, auth, orderToken ? { orderToken } : {}),
    stop: () => broker.stop(),
  };
}

export type Billing = Awaited<ReturnType<typeof startBilling>>;
