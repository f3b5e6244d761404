import { addedMinor } from "#services/product/pricing/contract.ts";
import type { Tax } from "./terms.ts";

/** One line of a purchase or an order. */
export interface Line {
  productId: string;
  sku: string;
  title: string;
  quantity: number;
  /** The price of one piece that the customer was shown, in minor units. */
  priceMinor: number;
  /** What promotions take off all its pieces; absent: nothing. */
  discountMinor?: number | undefined;
}

/** What a line costs after its discounts. It is not exact for a line that is above every maximum. */
export function netMinor({ quantity, priceMinor, discountMinor = 0 }: Line): number {
  return quantity * priceMinor - discountMinor;
}

/** The pieces of each sku in all lines together. */
export function quantitiesOf(lines: readonly Pick<Line, "sku" | "quantity">[]): Map<string, number> {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return quantities;
}

/** The sum of all lines before discounts in minor units, or null when it is above `maximum` or too large to be exact. */
export function totalMinor(lines: readonly Line[], maximum: number): number | null {
  let total = 0;
  for (const { quantity, priceMinor } of lines) {
    total += quantity * priceMinor;
    // Checked at each line: every sum up to here is exact, so the comparison is exact as well.
    if (!Number.isSafeInteger(quantity * priceMinor) || total > maximum) return null;
  }
  return total;
}

/** What a purchase costs after discounts with its taxes in minor units, or null when it is above `maximum`. */
export function orderTotalMinor(lines: readonly Line[], taxes: readonly Tax[], maximum: number): number | null {
  if (totalMinor(lines, maximum) === null) return null;
  const total = lines.reduce((sum, line) => sum + netMinor(line), 0) + addedMinor(taxes);
  return total > maximum ? null : total;
}
