import type { Handler } from "../../../../mixins/service.ts";
import { changePrices } from "../change-prices.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { wantedPrices } from "../domain/price-list.ts";

export const setPrices: Handler<typeof pricing.actions.setPrices> = async (ctx, { prices }) => {
  const wanted = wantedPrices(prices, DEFAULT_CURRENCY);
  return ctx.transaction(async (tx) => {
    const updated = await changePrices(ctx, tx, wanted);
    return { updated, unchanged: wanted.length - updated };
  });
};
