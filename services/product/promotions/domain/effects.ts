import { buyXGetY } from "./buy-x-get-y.ts";
import { ALL_POINTS, type Effect, type Tier } from "./promotion.ts";
import { piecesOf, subtotalOf } from "./purchase.ts";
import { partOf, shareOut } from "./share-out.ts";
import type { LeftLine } from "./taken-pieces.ts";
import { cheapestFirst, costOf, type Taken, takePieces } from "./taken-pieces.ts";

/** What comes off each line; all shares together are the discount. */
export type Shares = readonly number[];

/** Why an effect takes nothing off. */
export type NoEffect = "below_subtotal" | "no_matching_items";

/**
 * What an effect takes off lines, of what earlier discounts have left of them.
 * @param lines all of the purchase
 * @param isItem whether a line is one that the promotion is about
 */
export function sharesOf(
  effect: Effect,
  lines: readonly LeftLine[],
  isItem: (line: LeftLine) => boolean,
): Shares | NoEffect {
  switch (effect.type) {
    case "percentOff": {
      const values = lines.map((line) => (effect.appliesTo === "order" || isItem(line) ? line.leftMinor : 0));
      return percentOf(effect.points, values);
    }
    case "amountOff": {
      const values = lines.map((line) => (isItem(line) ? line.leftMinor : 0));
      return shareOut(Math.min(effect.amountMinor, sum(values)), values);
    }
    case "tiered": {
      const items = lines.filter(isItem);
      const points = pointsOf(effect.tiers, subtotalOf(items), piecesOf(items));
      if (points === 0) return "below_subtotal";
      return percentOf(
        points,
        lines.map((line) => (isItem(line) ? line.leftMinor : 0)),
      );
    }
    case "buyXGetY": {
      const taken = buyXGetY(effect, lines, isItem);
      return taken ? percentOf(effect.get.points, valuesOf(lines, taken)) : "no_matching_items";
    }
    case "bundle":
      return bundleShares(effect, lines);
    case "gift": {
      const taken = takePieces(
        lines.filter(({ sku }) => sku === effect.sku),
        1,
      );
      return taken.length === 0 ? lines.map(() => 0) : valuesOf(lines, taken);
    }
    case "freeShipping":
      return lines.map(() => 0);
    default:
      return effect satisfies never;
  }
}

function bundleShares({ skus, priceMinor }: Extract<Effect, { type: "bundle" }>, lines: readonly LeftLine[]) {
  const needed = [...Map.groupBy(skus, (sku) => sku)].map(([sku, same]) => ({
    pieces: same.length,
    lines: lines.filter((line) => line.sku === sku).toSorted((a, b) => -cheapestFirst(a, b)),
  }));
  const times = Math.min(...needed.map(({ pieces, lines: own }) => Math.floor(piecesOf(own) / pieces)));
  if (times === 0) return "no_matching_items";
  const taken = needed.flatMap(({ pieces, lines: own }) => takePieces(own, pieces * times));
  const values = valuesOf(lines, taken);
  return shareOut(Math.max(0, sum(values) - priceMinor * times), values);
}

/** The percentage of the tier that gives most of those that are reached; 0: none is. */
function pointsOf(tiers: readonly Tier[], subtotalMinor: number, pieces: number): number {
  const reached = tiers.filter(
    ({ minSubtotalMinor = 0, minQuantity = 0 }) => subtotalMinor >= minSubtotalMinor && pieces >= minQuantity,
  );
  return Math.max(0, ...reached.map(({ points }) => points));
}

/** A percentage of all values together, rounded once. */
function percentOf(points: number, values: readonly number[]): Shares {
  return shareOut(partOf(sum(values), points, ALL_POINTS), values);
}

/** What the taken pieces of each line still cost. */
function valuesOf(lines: readonly LeftLine[], taken: readonly Taken[]): number[] {
  const pieces = new Map<LeftLine, number>();
  for (const { line, pieces: more } of taken) pieces.set(line, (pieces.get(line) ?? 0) + more);
  return lines.map((line) => costOf(line, pieces.get(line) ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
