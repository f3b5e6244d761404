import { DomainError } from "#lib/contract/errors.ts";
import { minorDigits } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { findPrice, pagePrices, pricesOf } from "../pricing.store.ts";
import { priceView } from "../view.ts";

export const listPrices: Handler<typeof pricing.actions.list> = async (
  ctx,
  { currency = DEFAULT_CURRENCY, page, limit },
) => {
  minorDigits(currency);
  const { rows, pagination } = await pagePrices(ctx.db, currency, page, limit);
  return { prices: rows.map(priceView), pagination };
};

export const getPrice: Handler<typeof pricing.actions.get> = async (ctx, { sku, currency = DEFAULT_CURRENCY }) => {
  minorDigits(currency);
  const price = await findPrice(ctx.db, sku, currency);
  if (!price) throw new DomainError("NOT_FOUND", `${sku} has no price in ${currency}.`);
  return priceView(price);
};

/** Not cached anywhere: an order is refused or taken by this answer. */
export const prices: Handler<typeof pricing.actions.prices> = async (ctx, { skus, currency }) => ({
  prices: await pricesOf(ctx.db, skus, currency),
});
