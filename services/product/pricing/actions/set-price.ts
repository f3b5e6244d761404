import { type Handler, transactional } from "#mixins/service/context.ts";
import { withKnownSkus } from "#services/product/catalog/contract.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { parsePrices } from "../domain/price-list.ts";
import { findPrice } from "../pricing.store.ts";
import { changePrices } from "../steps/change-prices.ts";
import { priceView } from "../view.ts";

const pathOf = () => "";

export const setPrice: Handler<typeof pricing.actions.setPrice> = transactional(async (ctx, row) => {
  const prices = parsePrices([row], DEFAULT_CURRENCY, pathOf);
  return withKnownSkus(ctx, [row], pathOf, (areKnown) =>
    ctx.transaction(async (tx) => {
      await changePrices(ctx, tx, prices, areKnown);
      const price = await findPrice(tx, row.sku, row.currency ?? DEFAULT_CURRENCY);
      if (!price) throw new Error(`The price of ${row.sku} was set and cannot be read.`);
      return priceView(price);
    }),
  );
});
