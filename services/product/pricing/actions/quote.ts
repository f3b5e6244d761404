import { minorDigits } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { quote } from "../domain/quote.ts";
import { pricesOf } from "../pricing.store.ts";

export const quoteItems: Handler<typeof pricing.actions.quote> = async (
  ctx,
  { currency = DEFAULT_CURRENCY, items },
) => {
  minorDigits(currency);
  const prices = await pricesOf(ctx.db, [...new Set(items.map(({ sku }) => sku))], currency);
  return quote(items, new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor])), currency);
};
