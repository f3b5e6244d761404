import type { Line } from "./purchase.ts";
import { partOf } from "./share-out.ts";

/** A line with what earlier discounts have left of it. */
export interface LeftLine extends Line {
  leftMinor: number;
}

/** Some pieces of a line. */
export interface Taken {
  line: LeftLine;
  pieces: number;
}

/** What some pieces of a line still cost. */
export function costOf({ leftMinor, quantity }: Pick<LeftLine, "leftMinor" | "quantity">, pieces: number): number {
  return partOf(leftMinor, pieces, quantity);
}

/** Sorts lines by the price of a piece; lines of one price stay in their sequence. */
export function cheapestFirst(a: Pick<Line, "priceMinor">, b: Pick<Line, "priceMinor">): number {
  return a.priceMinor - b.priceMinor;
}

/** Takes pieces from lines, from the first ones first. @returns fewer when there are fewer */
export function takePieces(lines: readonly LeftLine[], pieces: number): Taken[] {
  let missing = pieces;
  return lines.flatMap((line) => {
    const own = Math.min(missing, line.quantity);
    missing -= own;
    return own > 0 ? [{ line, pieces: own }] : [];
  });
}
