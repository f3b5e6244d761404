import { addedMinor } from "#services/product/pricing/contract.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import type { Tax } from "./terms.ts";

/** One line of a purchase or an order. */
export interface Line {
  productId: string;
  sku: string;
  /** Whose offer it is; undefined: it is the shop's own. */
  sellerId?: string | undefined;
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

/** The lines that the shop itself sells. */
export function ownLines<L extends Pick<Line, "sellerId">>(lines: readonly L[]): L[] {
  return lines.filter(({ sellerId }) => sellerId === undefined);
}

/** The lines that sellers sell. */
export function offeredLines<L extends Pick<Line, "sellerId">>(lines: readonly L[]): (L & { sellerId: string })[] {
  return lines.flatMap((line) => (line.sellerId === undefined ? [] : [{ ...line, sellerId: line.sellerId }]));
}

/** The pieces of each sku in all lines together. */
export function quantitiesOf(lines: readonly Pick<Line, "sku" | "quantity">[]): Map<string, number> {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return quantities;
}

/** What lines take of one sku of the shop, or of one offer. */
export interface Wanted extends Pick<Line, "sku" | "sellerId"> {
  pieces: number;
}

/** The pieces of each sku of each seller in all lines together. */
export function wantedOf(lines: readonly Pick<Line, "sku" | "sellerId" | "quantity">[]): Wanted[] {
  return [...Map.groupBy(lines, offerKey).values()].flatMap((same) => {
    const [first] = same;
    const pieces = same.reduce((sum, { quantity }) => sum + quantity, 0);
    return first ? [{ sku: first.sku, ...sellerOf(first), pieces }] : [];
  });
}

/** The seller of a line, if it has one. */
export function sellerOf({ sellerId }: { sellerId?: string | undefined }): { sellerId?: string } {
  return sellerId === undefined ? {} : { sellerId };
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
