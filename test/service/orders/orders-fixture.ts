import { join } from "node:path";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { DataTypes } from "sequelize";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Call, Contract, DataOf, NamedEvent } from "#lib/contract/types.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import { type Consumer, on } from "#mixins/service/consumers.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { nodeOf } from "#mixins/service/node.ts";
import { service } from "#mixins/service/service.ts";
import ordersService from "#services/commerce/orders/orders.service.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { inventory } from "#services/logistics/inventory/contract.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";

const cause: Cause = { correlationId: "test", causationId: "test", traceparent: null };
export const ann: Auth = { kind: "customer", customerId: "cust_ann" };
export const ben: Auth = { kind: "customer", customerId: "cust_ben" };
export const clerk: Auth = { kind: "staff", staffId: "staff_1", scopes: ["orders:*"] };

/** Products, variants, today's prices in cents and what is there of them. */
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

/** A service that has a database and an outbox of its own, so that its events come the way real ones do. */
function fake(
  contract: Contract,
  consumers: readonly Consumer[],
  answers: Record<string, (params: never) => object> = {},
): ServiceSchema {
  const actions = Object.keys(contract.actions).map((name) => [
    name,
    async (_: unknown, params: never) =>
      answers[name]?.(params) ?? Promise.reject(new Error(`${name} is not played here.`)),
  ]);
  const model = {
    name: "nothing",
    define: { id: { type: DataTypes.TEXT, primaryKey: true } },
    options: { tableName: "migration" },
  };
  return service(contract, {
    database: { migrations: join(import.meta.dirname, "no-migrations"), model },
    actions: Object.fromEntries(actions),
    consumers,
  });
}

/** The orders service with a shop around it: inventory reserves what it is asked for, payments does as the method says. */
export async function startShop() {
  const env = parseEnv({
    DATABASE_URL: postgresUrl(),
    ORDERS_DATABASE_URL: await freshDatabase("orders"),
    PAYMENTS_DATABASE_URL: await freshDatabase("orders_payments"),
    INVENTORY_DATABASE_URL: await freshDatabase("orders_inventory"),
    LOG_LEVEL: "error",
  });
  const broker = new ServiceBroker({ ...brokerOptions(env), nodeID: `orders-test-${process.pid}-${Math.random()}` });
  const shop = { inventoryIsDown: false, availableCalls: 0 };
  const bought = new Map<string, { customerId: string; amount: number; currency: string; method: string }>();

  broker.createService(ordersService);
  broker.createService({
    name: "catalog",
    actions: {
      resolve: ({ params }: { params: { items: { productId: string; sku?: string }[] } }) => ({
        items: params.items.map(({ productId, sku }) => {
          const skus = Object.keys(goods[productId] ?? {});
          const found = sku ?? (skus.length === 1 ? skus[0] : undefined);
          if (skus.length > 0 && found === undefined) return { productId, problem: "SKU_REQUIRED" };
          if (!found || !skus.includes(found))
            return { productId, ...(sku ? { sku } : {}), problem: "UNKNOWN_PRODUCT" };
          return { productId, sku: found, title: `The ${found}` };
        }),
      }),
    },
  });
  broker.createService({
    name: "pricing",
    actions: {
      prices: ({ params }: { params: { skus: string[]; currency: string } }) => ({
        prices: params.skus.flatMap((sku) =>
          params.currency === "USD" && variants[sku] ? [{ sku, amountMinor: variants[sku].price }] : [],
        ),
      }),
    },
  });
  broker.createService(
    fake(
      inventory,
      [
        on("orders.OrderCreated", async ({ tx }, { data }) => {
          const { orderId, customerId, totalAmount: amount, currency, paymentMethodId: method } = data;
          bought.set(orderId, { customerId, amount, currency, method });
          if (method === "pm_by_hand") return;
          const lines = data.items.map(({ sku, quantity }) => ({ sku, quantity, warehouseId: "wh_main" }));
          tx.emit(inventory.events.InventoryReserved, { orderId, lines });
        }),
      ],
      {
        available: ({ skus }: { skus: string[] }) => {
          shop.availableCalls += 1;
          if (shop.inventoryIsDown) throw new DomainError("SERVICE_UNAVAILABLE");
          return { items: skus.map((sku) => ({ sku, available: variants[sku]?.available ?? 0 })) };
        },
      },
    ),
  );
  const payment = (orderId: string) => {
    const { customerId, amount, currency } = bought.get(orderId) ?? {
      customerId: "cust_ann",
      amount: 25,
      currency: "USD",
    };
    return { paymentId: `pay_of_${orderId}`, orderId, customerId, amount, currency };
  };
  broker.createService(
    fake(payments, [
      on("inventory.InventoryReserved", async ({ tx }, { data: { orderId } }) => {
        const paying = payment(orderId);
        const { PaymentAuthorized, PaymentFailed, PaymentActionRequired } = payments.events;
        const method = bought.get(orderId)?.method;
        if (method === "pm_card_visa") tx.emit(PaymentAuthorized, { ...paying, status: "authorized" });
        if (method === "pm_card_chargeDeclined")
          tx.emit(PaymentFailed, { ...paying, errorCode: "card_declined", errorMessage: "No." });
        if (method === "pm_card_authenticationRequired") {
          tx.emit(PaymentActionRequired, { ...paying, action: { type: "redirect", url: "https://bank.example" } });
        }
      }),
      on("orders.OrderConfirmed", async ({ tx }, { data: { orderId } }) => {
        if (bought.get(orderId)?.method === "pm_by_hand") return;
        const paying = payment(orderId);
        tx.emit(payments.events.PaymentCompleted, { ...paying, status: "captured", totalCaptured: paying.amount });
      }),
    ]),
  );

  await broker.start();
  await broker.waitForServices(["orders", "catalog", "pricing", "inventory", "payments"]);
  const dbOf = (name: string): Database => (broker.getLocalService(name) as unknown as HasDatabase).db;
  const db = dbOf("orders");
  const call = (auth: Auth, idempotencyKey?: string) =>
    ((name: string, params: object) =>
      broker.call(name, params, {
        meta: { auth, correlationId: "req_1", ...(idempotencyKey ? { idempotencyKey } : {}) },
      })) as unknown as Call;
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
    ...{ db, ctx, call, asAnn, payment, control: shop },
    stop: () => broker.stop(),
    buy: (changes: object = {}) => asAnn("orders.create", purchase(changes)),
    /** Publishes a fact as the service that it is a fact of. */
    publish: <E extends NamedEvent>(event: E, data: DataOf<E>) =>
      dbOf(event.topic.split(".")[0] ?? "").transaction(cause, async (tx) => tx.emit(event, data)),
    settled: (orderId: string, waitSeconds = 5) => asAnn("orders.awaitSettled", { orderId, waitSeconds }),
    steps: async (orderId: string) => {
      const { steps } = await call(clerk)("orders.timeline", { orderId });
      return steps.map(({ step, fromStatus, toStatus }) => (fromStatus === toStatus ? step : `${step} > ${toStatus}`));
    },
    told: (orderId: string) =>
      db.query<{ type: string; data: Record<string, unknown>; causation_id: string }>(
        "SELECT event_type AS type, data, causation_id FROM outbox WHERE key = $1 ORDER BY sequence",
        [orderId],
      ),
    count: async () => (await db.query<{ n: number }>("SELECT count(*) AS n FROM orders"))[0]?.n,
  };
}

export type Shop = Awaited<ReturnType<typeof startShop>>;
