import { DomainError, validationError } from "#lib/contract/errors.ts";
import { MAX_MINOR, toMajor } from "#lib/contract/money.ts";

export interface QuoteItem {
  sku: string;
  quantity: number;
}

/**
 * The cost of a list of items: whole minor units times whole pieces, so nothing is ever rounded.
 * @throws DomainError UNKNOWN_PRODUCT naming the items that have no price in this currency
 * @throws DomainError VALIDATION_FAILED when the total is larger than `MAX_MINOR`
 */
export function quote(items: readonly QuoteItem[], unitMinorBySku: ReadonlyMap<string, number>, currency: string) {
  const unpriced = items.flatMap(({ sku }, index) =>
    unitMinorBySku.has(sku) ? [] : [{ path: `/items/${index}/sku`, message: `has no price in ${currency}` }],
  );
  if (unpriced.length > 0)
    throw new DomainError("UNKNOWN_PRODUCT", `Some items have no price in ${currency}.`, { errors: unpriced });
  const lines = items.map(({ sku, quantity }) => {
    const unitMinor = unitMinorBySku.get(sku) ?? 0;
    const totalMinor = unitMinor * quantity;
    return {
      sku,
      quantity,
      unitAmount: toMajor(unitMinor, currency),
      unitMinor,
      totalAmount: toMajor(totalMinor, currency),
      totalMinor,
    };
  });
  const totalMinor = lines.reduce((sum, line) => sum + line.totalMinor, 0);
  // Amounts are never negative: when the sum is within bounds, each partial sum was, too.
  if (totalMinor > MAX_MINOR) {
    const message = "cost more than the largest amount";
    throw validationError("The total is too large.", [{ path: "/items", message }]);
  }
  return { currency, lines, totalAmount: toMajor(totalMinor, currency), totalMinor };
}
