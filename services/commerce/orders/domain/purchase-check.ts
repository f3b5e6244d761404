import { offerKey } from "#services/product/sellers/contract.ts";
import { type Line, sellerOf, wantedOf } from "./lines.ts";

/** What is known about the products of a purchase at this moment. */
export interface PurchaseFacts {
  /** Today's prices in minor units, by `offerKey`. What has no price is absent. */
  prices: ReadonlyMap<string, number>;
  /** Pieces that can be bought, by `offerKey`. Absent: not known, and not checked. */
  available: ReadonlyMap<string, number>;
}

/** How a line is reported that has no price in the currency of the purchase. */
export type UnpricedLines =
  /** As an invalid currency, because the client has chosen the currency in this request. */
  | "invalid-currency"
  /** As a price that changed to none, because the customer was shown a price before. */
  | "price-changed";

export interface PriceChange {
  sku: string;
  sellerId?: string;
  shownMinor: number;
  /** Null: there is no price any more. */
  currentMinor: number | null;
}

export interface Shortage {
  sku: string;
  sellerId?: string;
  requested: number;
  available: number;
}

/** Why a purchase is refused. */
export type PurchaseProblem =
  | { kind: "invalidCurrency"; skus: readonly string[] }
  | { kind: "priceChanged"; changes: readonly PriceChange[] }
  | { kind: "outOfStock"; shortages: readonly Shortage[] };

/** The first problem of a purchase; undefined when it can be placed. Coupons, tax and shipping belong here, too. */
export function purchaseProblem(
  lines: readonly Line[],
  { prices, available }: PurchaseFacts,
  unpricedLines: UnpricedLines,
): PurchaseProblem | undefined {
  const changes = priceChanges(lines, prices);
  const unpriced = changes.filter(({ currentMinor }) => currentMinor === null);
  if (unpriced.length > 0 && unpricedLines === "invalid-currency")
    return { kind: "invalidCurrency", skus: [...new Set(unpriced.map(({ sku }) => sku))] };
  if (changes.length > 0) return { kind: "priceChanged", changes };
  const short = shortages(lines, available);
  return short.length > 0 ? { kind: "outOfStock", shortages: short } : undefined;
}

/** The lines whose price is not today's, each pair of what is bought and its shown price once. */
export function priceChanges(lines: readonly Line[], prices: ReadonlyMap<string, number>): PriceChange[] {
  const changes = new Map<string, PriceChange>();
  for (const line of lines) {
    const { sku, priceMinor: shownMinor } = line;
    const key = offerKey(line);
    const currentMinor = prices.get(key) ?? null;
    if (currentMinor !== shownMinor)
      changes.set(`${shownMinor} ${key}`, { sku, ...sellerOf(line), shownMinor, currentMinor });
  }
  return [...changes.values()];
}

/** What of which fewer pieces are available than all lines together request. */
export function shortages(lines: readonly Line[], available: ReadonlyMap<string, number>): Shortage[] {
  return wantedOf(lines).flatMap(({ pieces, ...wanted }) => {
    const left = available.get(offerKey(wanted)) ?? pieces;
    return left < pieces ? [{ ...wanted, requested: pieces, available: left }] : [];
  });
}
