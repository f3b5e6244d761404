import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { wantedPrices } from "../domain/price-list.ts";
import { changePrices } from "../steps/change-prices.ts";

export const setPrices: Handler<typeof pricing.actions.setPrices> = transactional(async (ctx, { prices }) => {
  const wanted = wantedPrices(prices, DEFAULT_CURRENCY);
  return ctx.transaction(async (tx) => {
    const updated = await changePrices(ctx, tx, wanted);
    return { updated, unchanged: wanted.length - updated };
  });
});
