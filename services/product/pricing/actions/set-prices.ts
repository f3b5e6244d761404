import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { parsePrices } from "../domain/price-list.ts";
import { changePrices } from "../steps/change-prices.ts";

export const setPrices: Handler<typeof pricing.actions.setPrices> = transactional(async (ctx, { prices: rows }) => {
  const prices = parsePrices(rows, DEFAULT_CURRENCY);
  return ctx.transaction(async (tx) => {
    const updated = await changePrices(ctx, tx, prices);
    return { updated, unchanged: prices.length - updated };
  });
});
