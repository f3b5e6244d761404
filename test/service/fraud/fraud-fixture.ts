import { newId } from "#lib/contract/ids.ts";
import type { CallParams } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { nodeOf } from "#mixins/service/node.ts";
import fraudService from "#services/commerce/fraud/fraud.service.ts";
import { orders } from "#services/commerce/orders/contract.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { customers } from "#services/identity/customers/contract.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { SERVICE } from "#test/support/identities.ts";
import { emitAs, stubServiceWithEvents, TEST_CAUSE } from "#test/support/stub-service.ts";

const address = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201", country: "US" };
export const ABROAD = { ...address, country: "DE" };

export type Attempt = CallParams<"fraud.assess">;

/** An attempt of an ordinary customer. */
export function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    orderId: newId("order"),
    customerId: "cust_ann",
    items: [{ sku: "mug", quantity: 1 }],
    ...{ totalAmount: 12.5, currency: "USD", shippingAddress: address, paymentMethodId: "pm_card_visa" },
    ...changes,
  };
}

/** The fraud service beside services that publish what it consumes. */
export async function startFraud(settings: Record<string, string> = {}) {
  const paid = new Set<string>();
  const statuses = ({ orderIds }: { orderIds: string[] }) => ({
    orders: orderIds.map((orderId) => ({
      orderId,
      status: paid.has(orderId) ? ("paid" as const) : ("cancelled" as const),
    })),
  });
  const broker = await startBroker({
    services: [
      fraudService,
      stubServiceWithEvents(orders, { answers: { statusOf: statuses } }),
      ...[stubServiceWithEvents(payments), stubServiceWithEvents(customers)],
    ],
    settings,
  });
  const call = callAs(broker, SERVICE);
  const db = databaseOf(broker, "fraud");
  const ctx = {
    ...{ db, call, env: nodeOf(broker).env, cause: TEST_CAUSE, node: broker.nodeID, log: broker.logger },
    transaction: <T>(work: (tx: Transaction) => Promise<T>) => db.transaction(TEST_CAUSE, work),
  } as unknown as ServiceContext & Transactions;
  return {
    ...{ broker, db, ctx, call, paid },
    stop: () => broker.stop(),
    assess: (changes: Partial<Attempt> = {}) => call("fraud.assess", attempt(changes)),
    /** The event of an order that waits for a decision. */
    placed: (orderId: string, changes: object = {}) =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCreated, {
          ...{ orderId, customerId: "cust_ann", totalAmount: 12.5, currency: "USD", paymentMethodId: "pm_card_visa" },
          items: [{ productId: "prod_mug", sku: "mug", title: "Mug", quantity: 1, price: 12.5 }],
          ...{ status: "pending_payment" as const, country: "US", underReview: true as const },
          ...changes,
        }),
      ),
    cancelled: (orderId: string) =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCancelled, {
          ...{ orderId, customerId: "cust_ann", reason: "requested_by_customer", refundAmount: 0, currency: "USD" },
          underReview: true,
        }),
      ),
    published: async (orderId: string) => {
      const rows = await db.query<{ type: string; by: string }>(
        "SELECT event_type AS type, data->>'by' AS by FROM outbox WHERE key = $1 ORDER BY sequence",
        [orderId],
      );
      return rows.map(({ type, by }) => `${type} by ${by}`);
    },
  };
}

export type Fraud = Awaited<ReturnType<typeof startFraud>>;
