import { type ActionHandler, type ActionSchema, type Service, ServiceBroker } from "moleculer";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Call } from "#lib/contract/types.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import cartsService from "#services/commerce/carts/carts.service.ts";
import checkoutService from "#services/commerce/checkout/checkout.service.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";

export const anna: Auth = { kind: "customer", customerId: "cust_anna" };
export const bert: Auth = { kind: "customer", customerId: "cust_bert" };

interface PlacedOrder {
  source: string;
  items: { sku: string; quantity: number; price: number }[];
}

/** Carts and checkout, beside a catalogue, prices, stock and orders that do what the test says. */
export async function startCheckout() {
  const env = parseEnv({
    DATABASE_URL: postgresUrl(),
    CARTS_DATABASE_URL: await freshDatabase("carts"),
    CHECKOUT_DATABASE_URL: await freshDatabase("checkout"),
    LOG_LEVEL: "fatal",
  });
  /** Where the next attempt dies. */
  const dies = { beforePlacing: false, afterPlacing: false, closing: false };
  const outage = () => new DomainError("SERVICE_UNAVAILABLE");
  const options = brokerOptions(env);
  const broker = new ServiceBroker({
    ...options,
    nodeID: `checkout-test-${process.pid}-${Math.random()}`,
    middlewares: [
      ...(options.middlewares ?? []),
      {
        localAction: (next: ActionHandler, action: ActionSchema): ActionHandler =>
          function (this: Service, ctx) {
            if (action.name === "carts.close" && dies.closing) return Promise.reject(outage());
            return next.call(this, ctx);
          },
      },
    ],
  });
  const prices = new Map([
    ["mug", 1450],
    ["tent", 28900],
  ]);
  const stock = new Map([
    ["mug", 10],
    ["tent", 10],
  ]);
  const orders = new Map<string, { answer: { orderId: string }; placed: PlacedOrder }>();
  broker.createService(cartsService);
  broker.createService(checkoutService);
  broker.createService({
    name: "catalog",
    actions: {
      resolve: (ctx: { params: { items: { productId: string; sku: string }[] } }) => ({
        items: ctx.params.items.map(({ productId, sku }) => ({ productId, sku, title: sku })),
      }),
    },
  });
  broker.createService({
    name: "pricing",
    actions: {
      prices: (ctx: { params: { skus: string[] } }) => ({
        prices: ctx.params.skus.flatMap((sku) => (prices.has(sku) ? [{ sku, amountMinor: prices.get(sku) }] : [])),
      }),
    },
  });
  broker.createService({
    name: "inventory",
    actions: {
      available: (ctx: { params: { skus: string[] } }) => ({
        items: ctx.params.skus.map((sku) => ({ sku, available: stock.get(sku) ?? 0 })),
      }),
    },
  });
  broker.createService({
    name: "orders",
    actions: {
      place(ctx: { params: PlacedOrder }) {
        if (dies.beforePlacing) throw outage();
        const placed = ctx.params;
        let order = orders.get(placed.source);
        if (!order) {
          const total = placed.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
          const answer = {
            orderId: `ord_${orders.size + 1}`,
            status: "pending_payment",
            totalAmount: Math.round(total * 100) / 100,
            currency: "USD",
            createdAt: new Date().toISOString(),
            estimatedDelivery: new Date().toISOString(),
            paymentStatus: "pending",
          };
          order = { answer, placed };
          orders.set(placed.source, order);
          for (const { sku, quantity } of placed.items) stock.set(sku, (stock.get(sku) ?? 0) - quantity);
        }
        if (dies.afterPlacing) throw outage();
        return order.answer;
      },
    },
  });
  await broker.start();
  const as = (auth: Auth, idempotencyKey?: string) =>
    ((name: string, params: object) =>
      broker.call(name, params, { meta: { auth, ...(idempotencyKey ? { idempotencyKey } : {}) } })) as unknown as Call;
  return { as, prices, stock, orders, dies, stop: () => broker.stop() };
}
