import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { wantedPrices } from "../domain/price-list.ts";
import { findPrice } from "../pricing.store.ts";
import { changePrices } from "../steps/change-prices.ts";
import { priceView } from "../view.ts";

export const setPrice: Handler<typeof pricing.actions.setPrice> = transactional(async (ctx, row) => {
  const wanted = wantedPrices([row], DEFAULT_CURRENCY, () => "");
  return ctx.transaction(async (tx) => {
    await changePrices(ctx, tx, wanted);
    const price = await findPrice(tx, row.sku, row.currency ?? DEFAULT_CURRENCY);
    if (!price) throw new DomainError("INTERNAL");
    return priceView(price);
  });
});
