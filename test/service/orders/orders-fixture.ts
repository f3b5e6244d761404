import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { DataOf, NamedEvent } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { on } from "#mixins/service/consumers.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { nodeOf } from "#mixins/service/node.ts";
import ordersService from "#services/commerce/orders/orders.service.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { inventory } from "#services/logistics/inventory/contract.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { GUEST } from "#test/support/identities.ts";
import { stubPromotions } from "#test/support/stub-promotions.ts";
import { TEST_CAUSE as cause, emitAs, stubService, stubServiceWithEvents } from "#test/support/stub-service.ts";
import { stubSellers } from "./stub-sellers.ts";

export const ann: Auth = { kind: "customer", customerId: "cust_ann" };
export const ben: Auth = { kind: "customer", customerId: "cust_ben" };
export const clerk: Auth = { kind: "staff", staffId: "staff_1", scopes: ["orders:*"] };

/** By product and SKU: the price in cents and the available quantity. */
const goods: Record<string, Record<string, { price: number; available: number }>> = {
  prod_mug: { "mug-red": { price: 1_250, available: 1_000_000 } },
  prod_tent: { "tent-2": { price: 19_999, available: 3 }, "tent-4": { price: 29_999, available: 1_000 } },
  prod_rock: { rock: { price: 99_999_999_999_999, available: 1_000_000 } },
};
const variants = Object.assign({}, ...Object.values(goods)) as Record<string, { price: number; available: number }>;

export const address = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201" };

/** A purchase as a client sends it. */
export function purchase(changes: object = {}) {
  return {
    customerId: "cust_ann",
    items: [{ productId: "prod_mug", quantity: 2, price: 12.5 }],
    shippingAddress: address,
    paymentMethodId: "pm_card_visa",
    ...changes,
  };
}

type Bought = Map<string, { customerId: string; amount: number; currency: string; method: string }>;

const paymentFor = (bought: Bought, orderId: string) => {
  const { customerId, amount, currency } = bought.get(orderId) ?? {
    customerId: "cust_ann",
    amount: 25,
    currency: "USD",
  };
  return { paymentId: `pay_of_${orderId}`, orderId, customerId, amount, currency };
};

const catalogStub = stubService("catalog", {
  resolve: ({ items }) => ({
    items: items.map(({ productId, sku }) => {
      const skus = Object.keys(goods[productId] ?? {});
      const found = sku ?? (skus.length === 1 ? skus[0] : undefined);
      if (skus.length > 0 && found === undefined) return { productId, problem: "SKU_REQUIRED" as const };
      if (!found || !skus.includes(found))
        return { productId, ...(sku ? { sku } : {}), problem: "UNKNOWN_PRODUCT" as const };
      return { productId, sku: found, title: `The ${found}` };
    }),
  }),
});

const pricingStub = stubService("pricing", {
  prices: ({ skus, currency }) => ({
    prices: skus.flatMap((sku) => {
      const variant = variants[sku];
      return currency === "USD" && variant ? [{ sku, amountMinor: variant.price }] : [];
    }),
  }),
});

/** Reserves every order, except those whose payment method says that the test does it. */
const inventoryStub = (bought: Bought, control: { inventoryIsDown: boolean; availableCalls: number }) =>
  stubServiceWithEvents(inventory, {
    consumers: [
      on("orders.OrderCreated", async ({ tx }, { data }) => {
        const { orderId, customerId, totalAmount: amount, currency, paymentMethodId: method } = data;
        bought.set(orderId, { customerId, amount, currency, method });
        if (method === "pm_by_hand") return;
        const lines = data.items.map(({ sku, quantity }) => ({ sku, quantity, warehouseId: "wh_main" }));
        tx.emit(inventory.events.InventoryReserved, { orderId, lines });
      }),
    ],
    answers: {
      available: ({ skus }) => {
        control.availableCalls += 1;
        if (control.inventoryIsDown) throw new DomainError("SERVICE_UNAVAILABLE");
        return { items: skus.map((sku) => ({ sku, available: variants[sku]?.available ?? 0 })) };
      },
    },
  });

/** Authorizes, declines or asks for an action, depending on the payment method; captures what is confirmed. */
const paymentsStub = (bought: Bought) =>
  stubServiceWithEvents(payments, {
    consumers: [
      on("inventory.InventoryReserved", async ({ tx }, { data: { orderId } }) => {
        const paying = paymentFor(bought, orderId);
        const { PaymentAuthorized, PaymentFailed, PaymentActionRequired } = payments.events;
        const method = bought.get(orderId)?.method;
        if (method === "pm_card_visa") tx.emit(PaymentAuthorized, { ...paying, status: "authorized" });
        if (method === "pm_card_chargeDeclined")
          tx.emit(PaymentFailed, { ...paying, errorCode: "card_declined", errorMessage: "No." });
        if (method === "pm_card_authenticationRequired") {
          tx.emit(PaymentActionRequired, { ...paying, action: { type: "redirect", url: "https://bank.example" } });
        }
      }),
      on("orders.OrderStatusChanged", async ({ tx }, { data: { orderId, newStatus } }) => {
        if (newStatus !== "confirmed" || bought.get(orderId)?.method === "pm_by_hand") return;
        const paying = paymentFor(bought, orderId);
        tx.emit(payments.events.PaymentCompleted, { ...paying, status: "captured", totalCaptured: paying.amount });
      }),
    ],
  });

/** The orders service beside stubs of the services that take part in a purchase. */
export async function startOrders() {
  const control = { inventoryIsDown: false, availableCalls: 0 };
  const bought: Bought = new Map();
  const { service: sellersStub, control: sellers } = stubSellers();
  const { service: promotionsStub, control: promotions } = stubPromotions();
  const broker = await startBroker({
    services: [
      ...[ordersService, catalogStub, pricingStub, promotionsStub, sellersStub],
      ...[inventoryStub(bought, control), paymentsStub(bought)],
    ],
  });
  const db = databaseOf(broker, "orders");
  const call = (auth: Auth, idempotencyKey?: string) =>
    callAs(broker, auth, { correlationId: "req_1", ...(idempotencyKey ? { idempotencyKey } : {}) });
  const asAnn = call(ann);
  const ctx = {
    db,
    cause,
    node: broker.nodeID,
    log: broker.logger,
    env: nodeOf(broker).env,
    signal: () => undefined,
    transaction: <T>(work: (tx: Transaction) => Promise<T>) => db.transaction(cause, work),
  } as unknown as ServiceContext & Transactions;

  return {
    ...{ db, ctx, call, asAnn, control, promotions, sellers },
    /** Tells the nodes that promotions have changed. */
    promotionsChanged: () => broker.broadcast("promotions.changed", {}),
    /** Calls with the token of a guest's order. */
    holding: (orderToken: string, auth: Auth = GUEST) => callAs(broker, auth, { orderToken }),
    payment: (orderId: string) => paymentFor(bought, orderId),
    stop: () => broker.stop(),
    buy: (changes: object = {}) => asAnn("orders.create", purchase(changes)),
    /** Publishes an event as the service that owns it. */
    publish: <E extends NamedEvent>(event: E, data: DataOf<E>) =>
      emitAs(broker, event.topic.split(".")[0] ?? "", (tx) => tx.emit(event, data)),
    settled: (orderId: string, waitSeconds = 5) => asAnn("orders.awaitSettled", { orderId, waitSeconds }),
    steps: async (orderId: string) => {
      const { steps } = await call(clerk)("orders.timeline", { orderId });
      return steps.map(({ step, fromStatus, toStatus }) => (fromStatus === toStatus ? step : `${step} > ${toStatus}`));
    },
    published: (orderId: string) =>
      db.query<{ type: string; data: Record<string, unknown>; causation_id: string }>(
        "SELECT event_type AS type, data, causation_id FROM outbox WHERE key = $1 ORDER BY sequence",
        [orderId],
      ),
    count: async () => (await db.query<{ n: number }>("SELECT count(*) AS n FROM orders"))[0]?.n,
  };
}

export type Orders = Awaited<ReturnType<typeof startOrders>>;
