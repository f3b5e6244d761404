import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { toMajor } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import type { ChangedPrice } from "../contract.ts";
import { type Line, offeredLines, ownLines, quantitiesOf, wantedOf } from "../domain/lines.ts";
import { type PurchaseProblem, purchaseProblem, type UnpricedLines } from "../domain/purchase-check.ts";
import type { Deps } from "../setup.ts";
import { requireTaxed } from "./purchase-taxes.ts";

/** What is to be bought, at the prices that the customer was shown. */
export interface CheckedPurchase {
  lines: readonly Line[];
  currency: string;
  unpricedLines: UnpricedLines;
  customerId: string;
  shippingAddress: { country?: string | undefined };
  /** Whether the taxes of the purchase were asked for. */
  asked: boolean;
}

type Context = Pick<ActionContext<Deps>, "call" | "log" | "env" | "deps">;

/**
 * Compares a purchase with stock and with today's prices before it becomes an order. The saga's reservation and authorisation
 * decide; the check only saves customers from a later cancellation. So a purchase passes while inventory is not available: its
 * order waits for the reservation, uncharged, until its deadline cancels it. Without pricing nothing can be bought, and without
 * sellers nothing of theirs.
 * @throws DomainError PRICE_CHANGED with both prices, OUT_OF_STOCK with the items, VALIDATION_FAILED for the currency
 */
export async function checkPurchase(ctx: Context, purchase: CheckedPurchase): Promise<void> {
  const { lines, currency, unpricedLines, asked } = purchase;
  const own = quantitiesOf(ownLines(lines));
  const [today, available, offers] = await Promise.all([
    todaysPrices(ctx, purchase, own),
    availableStock(ctx, [...own.keys()]),
    offersOf(ctx, purchase),
  ]);
  requireTaxed(ctx, today.taxed, asked);
  const facts = {
    prices: new Map([...today.prices, ...offers.prices]),
    available: new Map([...available, ...offers.available]),
  };
  const problem = purchaseProblem(lines, facts, unpricedLines);
  if (problem) throw problemError(problem, currency);
}

/** Pricing is asked also about no goods: it says whether the shop has rates. */
async function todaysPrices(
  ctx: Context,
  { currency, customerId, shippingAddress }: CheckedPurchase,
  quantities: ReadonlyMap<string, number>,
) {
  const region = shippingAddress.country ?? ctx.env.SHOP_COUNTRY;
  const buyer = { customerId, region, quantities: Object.fromEntries(quantities) };
  const { prices, taxed = false } = await ctx.call("pricing.prices", {
    skus: [...quantities.keys()],
    currency,
    for: buyer,
  });
  return { prices: new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor])), taxed };
}

/** @returns nothing while inventory is not available */
async function availableStock(ctx: Context, skus: string[]): Promise<Map<string, number>> {
  if (skus.length === 0) return new Map();
  try {
    const { items } = await ctx.call("inventory.available", { skus }, { timeoutMs: limits.OFFER_TIMEOUT_MS });
    return new Map(items.map(({ sku, available }) => [sku, available]));
  } catch (error) {
    if (!isOutage(error)) throw error;
    ctx.log.warn("A purchase is accepted without a check of the stock.", { reason: String(error) });
    return new Map();
  }
}

/** Prices and stock of what sellers sell, by `offerKey`. Sellers are asked only if there is something of theirs. */
async function offersOf(ctx: Context, { lines, currency }: CheckedPurchase) {
  const items = wantedOf(offeredLines(lines)).flatMap(({ sku, sellerId }) => (sellerId ? [{ sku, sellerId }] : []));
  const { offers } = items.length === 0 ? { offers: [] } : await ctx.call("sellers.offersOf", { items, currency });
  return {
    prices: new Map(offers.map((offer) => [offerKey(offer), offer.priceMinor])),
    available: new Map(offers.map((offer) => [offerKey(offer), offer.available])),
  };
}

function problemError(problem: PurchaseProblem, currency: string): DomainError {
  switch (problem.kind) {
    case "invalidCurrency": {
      const message = `${problem.skus.join(", ")} cannot be bought in ${currency}`;
      return new DomainError("VALIDATION_FAILED", undefined, { errors: [{ path: "/currency", message }] });
    }
    case "priceChanged":
      return new DomainError("PRICE_CHANGED", undefined, {
        prices: problem.changes.map(
          ({ shownMinor, currentMinor, ...changed }): ChangedPrice => ({
            ...changed,
            shown: toMajor(shownMinor, currency),
            current: currentMinor === null ? null : toMajor(currentMinor, currency),
            currency,
          }),
        ),
      });
    case "outOfStock":
      return new DomainError("OUT_OF_STOCK", undefined, { items: problem.shortages });
    default:
      return problem satisfies never;
  }
}
