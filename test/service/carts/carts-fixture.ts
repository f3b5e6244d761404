import { ServiceBroker } from "moleculer";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Call } from "#lib/contract/types.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import cartsService from "#services/commerce/carts/carts.service.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";

export const anna: Auth = { kind: "customer", customerId: "cust_anna" };
export const bert: Auth = { kind: "customer", customerId: "cust_bert" };
export const guest: Auth = { kind: "anonymous" };

/** Carts on a database of its own, beside a catalogue and prices that do what the test says. */
export async function startCarts(redisUrl?: string) {
  const env = parseEnv({
    DATABASE_URL: postgresUrl(),
    CARTS_DATABASE_URL: await freshDatabase("carts"),
    LOG_LEVEL: "error",
    REDIS_URL: redisUrl,
  });
  const broker = new ServiceBroker({ ...brokerOptions(env), nodeID: `carts-test-${process.pid}-${Math.random()}` });
  const prices = new Map([
    ["mug", 1450],
    ["tent-2", 28900],
    ["tent-4", 41900],
  ]);
  const away = { pricing: false };
  broker.createService(cartsService);
  broker.createService({
    name: "catalog",
    actions: {
      resolve: (ctx: { params: { items: { productId: string; sku?: string }[] } }) => ({
        items: ctx.params.items.map(({ productId, sku }) => {
          const found = sku ?? { prod_mug: "mug" }[productId];
          if (!found && productId === "prod_tent") return { productId, problem: "SKU_REQUIRED" };
          if (!found) return { productId, problem: "UNKNOWN_PRODUCT" };
          return { productId, sku: found, title: `The ${found}` };
        }),
      }),
    },
  });
  broker.createService({
    name: "pricing",
    actions: {
      prices: (ctx: { params: { skus: string[]; currency: string } }) => {
        if (away.pricing) throw new DomainError("SERVICE_UNAVAILABLE");
        return {
          prices: ctx.params.skus.flatMap((sku) => {
            const amountMinor = prices.get(ctx.params.currency === "USD" ? sku : `${ctx.params.currency} ${sku}`);
            return amountMinor === undefined ? [] : [{ sku, amountMinor }];
          }),
        };
      },
    },
  });
  await broker.start();
  const as = (auth: Auth, meta: { cartToken?: string | undefined; idempotencyKey?: string } = {}) =>
    ((name: string, params: object) => broker.call(name, params, { meta: { auth, ...meta } })) as unknown as Call;
  return { as, prices, away, stop: () => broker.stop() };
}
