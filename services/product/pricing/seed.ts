import { demoProducts } from "#config/demo.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "./contract.ts";
import { wantedPrices } from "./domain/price-list.ts";
import { hasPrices } from "./pricing.store.ts";
import { changePrices } from "./steps/change-prices.ts";

/** Prices of the demonstration shop, for an empty price list. Nodes that do so at once set the same prices. */
export async function seedDemoPrices(ctx: ServiceContext & Transactions): Promise<void> {
  if (ctx.env.SEED_DEMO === "off" || ctx.env.production || (await hasPrices(ctx.db))) return;
  const rows = demoProducts.flatMap(({ variants }) => variants.map(({ sku, price }) => ({ sku, amount: price })));
  await ctx.transaction((tx) => changePrices(ctx, tx, wantedPrices(rows, DEFAULT_CURRENCY)));
}
