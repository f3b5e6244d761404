import { DomainError } from "#lib/contract/errors.ts";
import { minorDigits } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { findPrice, pageOfPrices } from "../pricing.store.ts";
import type { Deps } from "../setup.ts";
import { pricesThatHold, type SkuPrice } from "../steps/hold-prices.ts";
import { priceView } from "../view.ts";

type Actions = typeof pricing.actions;

export const listPrices: Handler<Actions["list"]> = async (ctx, { currency = DEFAULT_CURRENCY, ...page }) => {
  minorDigits(currency);
  const { rows, pagination } = await pageOfPrices(ctx.db, currency, page);
  return { prices: rows.map(priceView), pagination };
};

export const getPrice: Handler<Actions["get"]> = async (ctx, { sku, currency = DEFAULT_CURRENCY }) => {
  minorDigits(currency);
  const price = await findPrice(ctx.db, sku, currency);
  if (!price) throw new DomainError("NOT_FOUND", `${sku} has no price in ${currency}.`);
  return priceView(price);
};

/** Not cached anywhere, because orders are accepted or refused by this answer. */
export const getCurrentPrices: Handler<Actions["prices"], Deps> = async (ctx, { skus, currency, for: buyer }) => {
  const held = await pricesThatHold(ctx, skus, { ...buyer, currency });
  return { prices: held.map(heldView), ...(ctx.deps.taxBook.taxed ? { taxed: true as const } : {}) };
};

export const getOwnPrices: Handler<Actions["ownPrices"], Deps> = async (ctx, { skus, currency }) => {
  const prices = await ctx.deps.currentPrices(skus, currency);
  return { prices: prices.map(({ sku, amountMinor }) => ({ sku, amountMinor })) };
};

/** What every shop without lists and conversions would repeat is left out. */
function heldView({ sku, amountMinor, listMinor, source, byQuantity }: SkuPrice) {
  return {
    sku,
    amountMinor,
    ...(listMinor === undefined || listMinor === amountMinor ? {} : { listMinor }),
    ...(source === "base" ? {} : { source }),
    ...(byQuantity.length === 0 ? {} : { byQuantity }),
  };
}
