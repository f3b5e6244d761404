import type { Auth } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { orders } from "#services/commerce/orders/contract.ts";
import { paymentsService } from "#services/commerce/payments/payments.service.ts";
import type { PaymentProvider, ProviderRequest } from "#services/commerce/payments/providers/provider.ts";
import { type Fault, TestProvider } from "#services/commerce/payments/providers/test-provider.ts";
import { booksPlace, openBooks } from "#services/commerce/payments/providers/test-provider-books.ts";
import type { Timings } from "#services/commerce/payments/steps/operations.ts";
import { inventory } from "#services/logistics/inventory/contract.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { emitAs, stubService, stubServiceWithEvents } from "#test/support/stub-service.ts";

export const customer = (customerId: string): Auth => ({ kind: "customer", customerId });
/** The token of a guest's order, as the stub of orders knows it. */
export const tokenOf = (orderId: string) => `token of ${orderId}`;
export const staff: Auth = { kind: "staff", staffId: "staff_1", scopes: ["payments:*"] };
/** The id of a customer whom the stub of customers does not know. */
export const NO_CUSTOMER = "cust_nobody";
const EVENTS_MS = 12_000;

/** Short where a test waits for a recovery; long where nothing hangs on purpose, because the machine is busy. */
const TIMINGS: Partial<Timings> = {
  timeoutMs: 8_000,
  waitMs: 9_000,
  leaseMs: 10_000,
  pollMs: 50,
  backoffMs: 50,
  backoffCapMs: 500,
  settlingMs: 300,
};

export interface HarnessOptions {
  captureOn?: "confirmation" | "handoff";
  timings?: Partial<Timings>;
  /** The database of payments, for a second node after a crash. */
  databaseUrl?: string;
  provider?: (ctx: SetupContext) => PaymentProvider | Promise<PaymentProvider>;
  settings?: Readonly<Record<string, string>>;
  /** Several, the preferred one first. */
  providers?: (ctx: SetupContext) => readonly PaymentProvider[];
}

export interface Order {
  orderId: string;
  customerId: string;
  totalAmount: number;
  currency: string;
  paymentMethodId: string;
  tenders?: CallResult<"orders.get">["tenders"] & object;
}

type PublishedEvent = Pick<
  EventEnvelope<Record<string, unknown>>,
  "eventType" | "data" | "sequence" | "correlationId" | "causationId"
>;

/** Payments with its test provider, and stubs of the two services whose events it consumes. */
export async function paymentsHarness(options: HarnessOptions = {}) {
  const databaseUrl = options.databaseUrl ?? (await freshDatabase("payments"));
  const books = openBooks(booksPlace({ database: databaseUrl }));
  const faults: { next: (call: { what: string; request: ProviderRequest }) => Fault | undefined } = {
    next: () => undefined,
  };
  const broker = await startBroker({
    services: [
      paymentsService({
        timings: { ...TIMINGS, ...options.timings },
        providers:
          options.providers ??
          (async (ctx) => [
            (await options.provider?.(ctx)) ?? new TestProvider({ books, fault: (call) => faults.next(call) }),
          ]),
      }),
      stubServiceWithEvents(
        { ...orders, actions: { checkToken: orders.actions.checkToken } },
        { answers: { checkToken: ({ orderId, token }) => ({ valid: token === tokenOf(orderId) }) } },
      ),
      stubServiceWithEvents({ ...inventory, actions: {} }),
      stubService("customers", {
        findExisting: ({ customerIds }) => ({ customerIds: customerIds.filter((id) => id !== NO_CUSTOMER) }),
      }),
    ],
    settings: { PAYMENTS_DATABASE_URL: databaseUrl, CAPTURE_ON: options.captureOn, ...options.settings },
  });
  const publish = (name: string, emit: (tx: Transaction) => void) => emitAs(broker, name, emit);
  const publishStatus = ({ orderId, customerId }: Order, newStatus: "confirmed" | "paid") =>
    publish("orders", (tx) =>
      tx.emit(orders.events.OrderStatusChanged, {
        orderId,
        customerId,
        previousStatus: "pending_payment",
        newStatus,
        reason: "payment_authorized",
      }),
    );
  const call = <N extends ActionName>(
    name: N,
    params: CallParams<N>,
    auth: Auth,
    idempotencyKey?: string,
    orderToken?: string,
  ): Promise<CallResult<N>> =>
    broker.call(name, params as object, { meta: { auth, address: "test", idempotencyKey, orderToken } }) as Promise<
      CallResult<N>
    >;
  const db = databaseOf(broker, "payments");
  const publishedEvents = async (orderId: string): Promise<PublishedEvent[]> => {
    const rows = await db.query<{
      event_type: string;
      data: Record<string, unknown>;
      sequence: number;
      correlation_id: string;
      causation_id: string;
    }>("SELECT event_type, data, sequence, correlation_id, causation_id FROM outbox WHERE key = $1 ORDER BY sequence", [
      orderId,
    ]);
    return rows.map((row) => ({
      eventType: row.event_type,
      data: row.data,
      sequence: row.sequence,
      correlationId: row.correlation_id,
      causationId: row.causation_id,
    }));
  };
  return {
    broker,
    db,
    databaseUrl,
    /** The books of the test provider. */
    books,
    call,
    publishedEvents,
    /** Decides which fault the test provider has at a call. */
    faults,
    stop: () => broker.stop(),
    order: (totalAmount = 200, paymentMethodId = "pm_card_visa"): Order => ({
      orderId: newId("order"),
      customerId: newId("customer"),
      totalAmount,
      currency: "USD",
      paymentMethodId,
    }),
    publishCreated: (...created: Order[]) =>
      publish("orders", (tx) => {
        for (const order of created) {
          tx.emit(orders.events.OrderCreated, {
            ...order,
            items: [{ productId: "prod_1", sku: "MUG", title: "Mug", quantity: 1, price: order.totalAmount }],
            status: "pending_payment",
          });
        }
      }),
    publishReserved: (...reserved: Order[]) =>
      publish("inventory", (tx) => {
        for (const { orderId } of reserved) {
          tx.emit(inventory.events.InventoryReserved, {
            orderId,
            lines: [{ sku: "MUG", quantity: 1, warehouseId: "wh_main" }],
          });
        }
      }),
    publishConfirmed: (order: Order) => publishStatus(order, "confirmed"),
    publishStatus,
    publishCancelled: ({ orderId, customerId, currency }: Order) =>
      publish("orders", (tx) =>
        tx.emit(orders.events.OrderCancelled, {
          orderId,
          customerId,
          currency,
          reason: "requested_by_customer",
          refundAmount: 0,
        }),
      ),
    /** Waits until these events, and no others, were published about an order. */
    awaitEvents: async ({ orderId }: Order, ...types: string[]): Promise<PublishedEvent[]> =>
      eventually(async () => {
        const events = await publishedEvents(orderId);
        const seen = events.map(({ eventType }) => eventType);
        if (seen.join() !== types.join())
          throw new Error(`The events of ${orderId} are ${seen.join() || "none"}, not ${types.join()}.`);
        return events;
      }, EVENTS_MS),
    authorize: (order: Order, method?: string, key?: string, auth: Auth = customer(order.customerId)) =>
      call(
        "payments.authorize",
        {
          orderId: order.orderId,
          customerId: order.customerId,
          amount: order.totalAmount,
          paymentMethodId: method ?? order.paymentMethodId,
        },
        auth,
        key,
      ),
    paymentOf: async ({ orderId }: Order) => {
      const { payment } = await call("payments.ofOrder", { orderId }, staff);
      if (!payment) throw new Error(`${orderId} has no payment.`);
      return payment;
    },
    /** The charges that the provider has really made for an order. */
    charges: ({ orderId }: Order, of: Queryable = books) =>
      of.query<{ held_minor: number; captured_minor: number; refunded_minor: number; waiting: boolean }>(
        "SELECT held_minor, captured_minor, refunded_minor, waiting FROM charge WHERE order_id = $1",
        [orderId],
      ),
  };
}

export type PaymentsHarness = Awaited<ReturnType<typeof paymentsHarness>>;
