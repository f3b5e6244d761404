import type { ActionHandler, ActionSchema, Context, Middleware, Service } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { CallParams, CallResult } from "#lib/contract/types.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import cartsService from "#services/commerce/carts/carts.service.ts";
import checkoutService from "#services/commerce/checkout/checkout.service.ts";
import ordersService from "#services/commerce/orders/orders.service.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { SERVICE } from "#test/support/identities.ts";
import { stubPromotions } from "#test/support/stub-promotions.ts";
import { stubService } from "#test/support/stub-service.ts";

export const anna: Auth = { kind: "customer", customerId: "cust_anna" };
export const bert: Auth = { kind: "customer", customerId: "cust_bert" };

type Purchase = CallParams<"orders.place">;
type Placed = CallResult<"orders.place">;

/** What a test may change, and what it may observe. */
class Control {
  /** At which step the next checkout fails, as if a node crashed there. */
  readonly fails = { beforePlacing: false, afterPlacing: false, reopening: false };
  readonly unavailable = { pricing: false, inventory: false };
  /** Prices in cents, by sku. */
  readonly prices = new Map<string, number>();
  readonly stock = new Map<string, number>();
  /** The orders that were placed since the test began, by source. */
  readonly orders = new Map<string, { answer: Placed; placed: Purchase }>();
  /** The purchases that were sent to the orders service, also those that it has not received. */
  readonly requests = new Map<string, { placed: Purchase }>();
  /** The names of all actions that were called since the test began. */
  readonly calls: string[] = [];

  /** Sets the prices and the stock with which each test begins; every service is available again. */
  reset(): void {
    for (const [sku, price] of Object.entries({ mug: 1450, tent: 28900 })) this.prices.set(sku, price);
    for (const sku of ["mug", "tent"]) this.stock.set(sku, 10);
    Object.assign(this.fails, { beforePlacing: false, afterPlacing: false, reopening: false });
    Object.assign(this.unavailable, { pricing: false, inventory: false });
    this.orders.clear();
    this.requests.clear();
    this.calls.length = 0;
  }

  placed(placed: Purchase, answer: Placed): void {
    if (this.orders.has(placed.source)) return;
    this.orders.set(placed.source, { answer, placed });
    for (const { sku, quantity } of placed.items) this.stock.set(sku, (this.stock.get(sku) ?? 0) - quantity);
  }
}

const outage = () => new DomainError("SERVICE_UNAVAILABLE");

/** Carts, checkout and orders beside stubs of catalog, pricing and inventory. */
export async function startCheckout(redisUrl?: string) {
  const control = new Control();
  const { fails, unavailable, prices, stock, orders, calls } = control;
  const { service: promotionsStub, control: promotions } = stubPromotions();
  const broker = await startBroker({
    services: [
      promotionsStub,
      cartsService,
      checkoutService,
      ordersService,
      stubService("catalog", {
        resolve: ({ items }) => ({
          items: items.map(({ productId, sku = "" }) => ({ productId, sku, title: sku })),
        }),
      }),
      stubService("pricing", {
        prices: ({ skus }) => {
          if (unavailable.pricing) throw outage();
          return {
            prices: skus.flatMap((sku) => {
              const amountMinor = prices.get(sku);
              return amountMinor === undefined ? [] : [{ sku, amountMinor }];
            }),
          };
        },
      }),
      stubService("inventory", {
        available: ({ skus }) => {
          if (unavailable.inventory) throw outage();
          return { items: skus.map((sku) => ({ sku, available: stock.get(sku) ?? 0 })) };
        },
      }),
    ],
    middlewares: [observe(control)],
    settings: { REDIS_URL: redisUrl },
  });
  return {
    ...{ prices, stock, orders, calls, fails, unavailable, promotions },
    /** Tells the nodes that promotions have changed. */
    promotionsChanged: () => broker.broadcast("promotions.changed", {}),
    reset: () => {
      control.reset();
      promotions.reset();
    },
    as: (auth: Auth, idempotencyKey?: string, meta: CallMeta = {}) =>
      callAs(broker, auth, { ...meta, ...(idempotencyKey ? { idempotencyKey } : {}) }),
    /** Cancels an order, as after a declined card. */
    cancel: (orderId: string) => callAs(broker, SERVICE)("orders.cancel", { orderId }),
    /** Places an order as the checkout of this source did, only later. */
    placeAgain: (source: string) => {
      const { placed } = control.requests.get(source) ?? {};
      if (!placed) throw new Error(`Nothing was placed for ${source}.`);
      return callAs(broker, SERVICE)("orders.place", placed);
    },
    /** The ids of the orders that a source has become. */
    storedOrders: async (source: string) => {
      const rows = await databaseOf(broker, "orders").query<{ order_id: string }>(
        "SELECT order_id FROM orders WHERE source = $1",
        [source],
      );
      return rows.map((row) => row.order_id);
    },
    stop: () => broker.stop(),
  };
}

/** Records the calls, and fails where the test wants it. */
function observe(control: Control): Middleware {
  const localAction = (next: ActionHandler, { name = "" }: ActionSchema): ActionHandler =>
    async function (this: Service, ctx: Context) {
      control.calls.push(name);
      if (name === "carts.reopen" && control.fails.reopening) throw outage();
      if (name !== "orders.place") return next.call(this, ctx);
      const placed = ctx.params as Purchase;
      control.requests.set(placed.source, { placed });
      if (control.fails.beforePlacing) throw outage();
      const answer = (await next.call(this, ctx)) as Placed;
      control.placed(placed, answer);
      if (control.fails.afterPlacing) throw outage();
      return answer;
    };
  return { localAction } as Middleware;
}
