import { demoProducts } from "#config/demo.ts";
import { demoSeed } from "#mixins/service/demo-seed.ts";
import { DEFAULT_CURRENCY } from "./contract.ts";
import { parsePrices } from "./domain/price-list.ts";
import { isEmpty } from "./pricing.store.ts";
import { changePrices } from "./steps/change-prices.ts";

/** The demonstration shop's prices. Several nodes may set them at once, because they set the same prices. */
export const seedDemo = demoSeed(isEmpty, async (ctx) => {
  const rows = demoProducts.flatMap(({ variants }) => variants.map(({ sku, price }) => ({ sku, amount: price })));
  await ctx.transaction((tx) => changePrices(ctx, tx, parsePrices(rows, DEFAULT_CURRENCY), true));
});
