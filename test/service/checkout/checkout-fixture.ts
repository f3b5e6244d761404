import type { ActionHandler, ActionSchema, Service } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { CallParams, CallResult } from "#lib/contract/types.ts";
import cartsService from "#services/commerce/carts/carts.service.ts";
import checkoutService from "#services/commerce/checkout/checkout.service.ts";
import { callAs, startBroker } from "#test/support/broker.ts";
import { stubService } from "#test/support/stub-service.ts";

export const anna: Auth = { kind: "customer", customerId: "cust_anna" };
export const bert: Auth = { kind: "customer", customerId: "cust_bert" };

type Purchase = CallParams<"orders.place">;
type Placed = CallResult<"orders.place">;

/** Carts and checkout beside stubs of catalog, pricing, inventory and orders, whose answers a test may change. */
export async function startCheckout() {
  /** At which step the next checkout fails. */
  const dies = { beforePlacing: false, afterPlacing: false, closing: false };
  const outage = () => new DomainError("SERVICE_UNAVAILABLE");
  const prices = new Map([
    ["mug", 1450],
    ["tent", 28900],
  ]);
  const stock = new Map([
    ["mug", 10],
    ["tent", 10],
  ]);
  const orders = new Map<string, { answer: Placed; placed: Purchase }>();

  function place(placed: Purchase): Placed {
    if (dies.beforePlacing) throw outage();
    let order = orders.get(placed.source);
    if (!order) {
      order = { answer: answerTo(placed, orders.size + 1), placed };
      orders.set(placed.source, order);
      for (const { sku, quantity } of placed.items) stock.set(sku, (stock.get(sku) ?? 0) - quantity);
    }
    if (dies.afterPlacing) throw outage();
    return order.answer;
  }

  const broker = await startBroker({
    services: [
      cartsService,
      checkoutService,
      stubService("catalog", {
        resolve: ({ items }) => ({
          items: items.map(({ productId, sku = "" }) => ({ productId, sku, title: sku })),
        }),
      }),
      stubService("pricing", {
        prices: ({ skus }) => ({
          prices: skus.flatMap((sku) => {
            const amountMinor = prices.get(sku);
            return amountMinor === undefined ? [] : [{ sku, amountMinor }];
          }),
        }),
      }),
      stubService("inventory", {
        available: ({ skus }) => ({ items: skus.map((sku) => ({ sku, available: stock.get(sku) ?? 0 })) }),
      }),
      stubService("orders", { place }),
    ],
    middlewares: [
      {
        localAction: (next: ActionHandler, action: ActionSchema): ActionHandler =>
          function (this: Service, ctx) {
            if (action.name === "carts.close" && dies.closing) return Promise.reject(outage());
            return next.call(this, ctx);
          },
      },
    ],
  });
  const as = (auth: Auth, idempotencyKey?: string) => callAs(broker, auth, idempotencyKey ? { idempotencyKey } : {});
  return { as, prices, stock, orders, dies, stop: () => broker.stop() };
}

function answerTo(placed: Purchase, number: number): Placed {
  const total = placed.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
  return {
    orderId: `ord_${number}`,
    status: "pending_payment",
    totalAmount: Math.round(total * 100) / 100,
    currency: "USD",
    createdAt: new Date().toISOString(),
    estimatedDelivery: new Date().toISOString(),
    paymentStatus: "pending",
  };
}
