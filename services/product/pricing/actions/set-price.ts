import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import { changePrices } from "../change-prices.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { wantedPrices } from "../domain/price-list.ts";
import { findPrice } from "../price.store.ts";
import { priceView } from "../price-view.ts";

export const setPrice: Handler<typeof pricing.actions.setPrice> = async (ctx, row) => {
  const wanted = wantedPrices([row], DEFAULT_CURRENCY, () => "");
  return ctx.transaction(async (tx) => {
    await changePrices(ctx, tx, wanted);
    const price = await findPrice(tx, row.sku, row.currency ?? DEFAULT_CURRENCY);
    if (!price) throw new Problem("INTERNAL");
    return priceView(price);
  });
};
