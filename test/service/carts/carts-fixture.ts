import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { openKeyValue } from "#lib/keyvalue/open-keyvalue.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import cartsService from "#services/commerce/carts/carts.service.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { stubPromotions } from "#test/support/stub-promotions.ts";
import { stubService } from "#test/support/stub-service.ts";

export { GUEST as guest } from "#test/support/identities.ts";

export const anna: Auth = { kind: "customer", customerId: "cust_anna" };
export const bert: Auth = { kind: "customer", customerId: "cust_bert" };

type Fate = CallResult<"orders.ofSource">;

/**
 * Carts beside stubs of catalog, pricing and orders. A test may change the prices, may switch pricing and orders off, and
 * says what has become of the sources of carts.
 */
export async function startCarts(redisUrl?: string) {
  const prices = new Map([
    ["mug", 1450],
    ["tent-2", 28900],
    ["tent-4", 41900],
  ]);
  const unavailable = { pricing: false, orders: false };
  /** Whether the shop has rates, and for which places and customers carts have asked. */
  const taxed = { last: false, asked: [] as object[] };
  const fates = new Map<string, Fate>();
  const fateOf = (source: string): Fate => {
    if (unavailable.orders) throw new DomainError("SERVICE_UNAVAILABLE");
    return fates.get(source) ?? { order: null, abandoned: false };
  };
  const { service: promotionsStub, control: promotions } = stubPromotions();
  const broker = await startBroker({
    services: [
      cartsService,
      promotionsStub,
      stubService("catalog", {
        resolve: ({ items }) => ({
          items: items.map(({ productId, sku }) => {
            const found = sku ?? { prod_mug: "mug" }[productId];
            if (!found && productId === "prod_tent") return { productId, problem: "SKU_REQUIRED" as const };
            if (!found) return { productId, problem: "UNKNOWN_PRODUCT" as const };
            return { productId, sku: found, title: `The ${found}` };
          }),
        }),
      }),
      stubService("pricing", {
        prices: ({ skus, currency }) => {
          if (unavailable.pricing) throw new DomainError("SERVICE_UNAVAILABLE");
          return {
            prices: skus.flatMap((sku) => {
              const amountMinor = prices.get(currency === "USD" ? sku : `${currency} ${sku}`);
              return amountMinor === undefined ? [] : [{ sku, amountMinor }];
            }),
            ...(taxed.last ? { taxed: true as const } : {}),
          };
        },
        taxes: ({ lines, address, customerId }) => {
          if (unavailable.pricing) throw new DomainError("SERVICE_UNAVAILABLE");
          taxed.asked.push({ address, ...(customerId === undefined ? {} : { customerId }) });
          const amountMinor = lines.reduce((sum, { totalMinor }) => sum + totalMinor, 0) / 10;
          const tax = { name: "GST", rate: 10, amountMinor };
          return { taxed: true, taxes: [{ ...tax, included: false }], lines: [] };
        },
      }),
      stubService("orders", {
        ofSource: ({ source }) => fateOf(source),
        abandonSource: ({ source }) => {
          if (!fateOf(source).order) fates.set(source, { order: null, abandoned: true });
          return fateOf(source);
        },
      }),
    ],
    settings: { REDIS_URL: redisUrl },
  });
  const as = (auth: Auth, meta: CallMeta = {}) => callAs(broker, auth, meta);
  /** The key-value store of the carts, as another node opens it. */
  const openStore = () => openKeyValue(databaseOf(broker, "carts"), redisUrl);
  return {
    ...{ as, prices, unavailable, taxed, fates, promotions, openStore, stop: () => broker.stop() },
    /** Tells the nodes that promotions have changed. */
    promotionsChanged: () => broker.broadcast("promotions.changed", {}),
  };
}
