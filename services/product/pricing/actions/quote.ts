import { minorDigits } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { quote } from "../domain/quote.ts";
import type { Deps } from "../setup.ts";

export const quoteItems: Handler<typeof pricing.actions.quote, Deps> = async (
  ctx,
  { currency = DEFAULT_CURRENCY, items },
) => {
  minorDigits(currency);
  const prices = await ctx.deps.currentPrices([...new Set(items.map(({ sku }) => sku))], currency);
  return quote(items, new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor])), currency);
};
