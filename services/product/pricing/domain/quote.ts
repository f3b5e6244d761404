import { DomainError, validationError } from "#lib/contract/errors.ts";
import { MAX_MINOR, toMajor } from "#lib/contract/money.ts";
import type { HeldPrice } from "./resolve.ts";

export interface QuoteItem {
  sku: string;
  quantity: number;
}

/** A tax on one line, in minor units. `rate` is in percent. */
export interface QuotedTax {
  name: string;
  rate: number;
  amountMinor: number;
}

/** The taxes of a quote. Those that are included are part of the prices. */
export interface QuotedTaxes {
  /** By line. */
  lines: readonly (readonly QuotedTax[])[];
  /** What comes on top of the prices. */
  addedMinor: number;
}

/** The pieces of each sku of a purchase: a price from a quantity on counts those of all lines together. */
export function quantitiesOf(items: readonly QuoteItem[]): Record<string, number> {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of items) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return Object.fromEntries(quantities);
}

/**
 * What each line costs: whole minor units times whole pieces, so nothing is ever rounded.
 * @throws DomainError UNKNOWN_PRODUCT naming the items that have no price in this currency
 * @throws DomainError VALIDATION_FAILED when the sum is larger than `MAX_MINOR`
 */
export function linesOf(items: readonly QuoteItem[], prices: ReadonlyMap<string, HeldPrice>, currency: string) {
  const unpriced = items.flatMap(({ sku }, index) =>
    prices.has(sku) ? [] : [{ path: `/items/${index}/sku`, message: `has no price in ${currency}` }],
  );
  if (unpriced.length > 0)
    throw new DomainError("UNKNOWN_PRODUCT", `Some items have no price in ${currency}.`, { errors: unpriced });
  const lines = items.flatMap((item) => {
    const price = prices.get(item.sku);
    return price ? [{ ...item, ...price, totalMinor: price.amountMinor * item.quantity }] : [];
  });
  // Amounts are never negative: when the sum is within bounds, each partial sum was, too.
  if (lines.reduce((sum, line) => sum + line.totalMinor, 0) > MAX_MINOR) {
    const message = "cost more than the largest amount";
    throw validationError("The total is too large.", [{ path: "/items", message }]);
  }
  return lines;
}

/** A quote as clients see it. */
export function quoteView(lines: ReturnType<typeof linesOf>, taxes: QuotedTaxes, currency: string) {
  const major = (minor: number) => toMajor(minor, currency);
  const subtotalMinor = lines.reduce((sum, { totalMinor }) => sum + totalMinor, 0);
  const all = taxes.lines.flat();
  return {
    lines: lines.map(({ sku, quantity, amountMinor, listMinor, source, totalMinor }, index) => ({
      sku,
      quantity,
      unitPrice: major(amountMinor),
      listPrice: major(listMinor ?? amountMinor),
      source,
      discounts: [],
      tax: (taxes.lines[index] ?? []).map(({ name, rate, amountMinor: tax }) => ({ name, rate, amount: major(tax) })),
      total: major(totalMinor),
    })),
    subtotal: major(subtotalMinor),
    discount: 0,
    tax: major(all.reduce((sum, { amountMinor }) => sum + amountMinor, 0)),
    total: major(subtotalMinor + taxes.addedMinor),
    currency,
  };
}
