/** One line of an order. */
export interface Line {
  productId: string;
  sku: string;
  title: string;
  quantity: number;
  /** What the customer was shown for one piece. */
  priceMinor: number;
}

export interface PriceChange {
  sku: string;
  shownMinor: number;
  currentMinor: number;
}

export interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

/** Lines whose price is not today's, each sku and price once. @param prices today's, by sku; skus without one are left out */
export function priceChanges(lines: readonly Line[], prices: ReadonlyMap<string, number>): PriceChange[] {
  const changes = new Map<string, PriceChange>();
  for (const { sku, priceMinor } of lines) {
    const current = prices.get(sku);
    if (current === undefined || current === priceMinor) continue;
    changes.set(`${priceMinor} ${sku}`, { sku, shownMinor: priceMinor, currentMinor: current });
  }
  return [...changes.values()];
}

/** Skus of which there are fewer than all lines together ask for. */
export function shortages(lines: readonly Line[], available: ReadonlyMap<string, number>): Shortage[] {
  const requested = new Map<string, number>();
  for (const { sku, quantity } of lines) requested.set(sku, (requested.get(sku) ?? 0) + quantity);
  return [...requested]
    .map(([sku, pieces]) => ({ sku, requested: pieces, available: available.get(sku) ?? 0 }))
    .filter((line) => line.available < line.requested);
}

/** What the lines cost together, or null where that is more than can be counted exactly or written on the wire. */
export function totalMinor(lines: readonly Line[], maximum: number): number | null {
  let total = 0;
  for (const { quantity, priceMinor } of lines) {
    total += quantity * priceMinor;
    // Checked at each line: every sum up to here is exact, so the comparison is as well.
    if (!Number.isSafeInteger(quantity * priceMinor) || total > maximum) return null;
  }
  return total;
}
