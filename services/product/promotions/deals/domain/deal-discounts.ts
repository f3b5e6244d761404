import { DEAL_NAME } from "./deal.ts";

/** A granted claim of a buyer: one piece of `sku` for this price. */
export interface PricedClaim {
  claimId: string;
  dealId: string;
  sku: string;
  currency: string;
  priceMinor: number;
}

export interface DealLine {
  sku: string;
  quantity: number;
  priceMinor: number;
}

/** What one claim takes off a cart. `code` is the claim: a deal may give one customer several. */
export interface DealDiscount {
  promotionId: string;
  name: string;
  code: string;
  amountMinor: number;
  /** By line. */
  shares: number[];
}

export interface UnusedDeal {
  promotionId: string;
  name: string;
  code: string;
  reason: "wrong_currency" | "other_is_better";
}

export interface PricedByDeals {
  discounts: DealDiscount[];
  unused: UnusedDeal[];
  /** By line: pieces that no claim has lowered, which may have other discounts. */
  left: number[];
}

/**
 * What a buyer's claims take off a cart. Each lowers one piece to the price of its deal; the lowest deal comes first, and
 * takes the dearest piece.
 */
export function dealDiscounts(
  lines: readonly DealLine[],
  currency: string,
  claims: readonly PricedClaim[],
): PricedByDeals {
  const left = lines.map(({ quantity }) => quantity);
  const discounts: DealDiscount[] = [];
  const unused: UnusedDeal[] = [];
  for (const { claimId: code, dealId: promotionId, ...claim } of claims.toSorted(byPrice)) {
    const named = { promotionId, name: DEAL_NAME, code };
    if (!lines.some(({ sku }) => sku === claim.sku)) continue;
    if (claim.currency !== currency) {
      unused.push({ ...named, reason: "wrong_currency" });
      continue;
    }
    const at = dearestLine(lines, left, claim.sku);
    if (at === undefined) continue; // there are more claims than pieces
    const amountMinor = (lines[at]?.priceMinor ?? 0) - claim.priceMinor;
    if (amountMinor <= 0) {
      unused.push({ ...named, reason: "other_is_better" });
      continue;
    }
    left[at] = (left[at] ?? 0) - 1;
    discounts.push({ ...named, amountMinor, shares: lines.map((_, line) => (line === at ? amountMinor : 0)) });
  }
  return { discounts, unused, left };
}

/** The line with the dearest piece of a sku that no other claim has taken; undefined when there is none. */
function dearestLine(lines: readonly DealLine[], left: readonly number[], sku: string): number | undefined {
  const free = [...lines.keys()].filter((at) => lines[at]?.sku === sku && (left[at] ?? 0) > 0);
  return free.toSorted((a, b) => (lines[b]?.priceMinor ?? 0) - (lines[a]?.priceMinor ?? 0) || a - b)[0];
}

function byPrice(a: PricedClaim, b: PricedClaim): number {
  return a.priceMinor - b.priceMinor || (a.claimId < b.claimId ? -1 : 1);
}
