/** An exact number; `over` is above zero. */
export interface Fraction {
  of: bigint;
  over: bigint;
}

export const ZERO: Fraction = { of: 0n, over: 1n };
export const ONE: Fraction = { of: 1n, over: 1n };

/** In lowest terms, so that the sum of many fractions with few different denominators stays small. */
export function add(a: Fraction, b: Fraction): Fraction {
  if (a.over === b.over) return { of: a.of + b.of, over: a.over };
  return reduced({ of: a.of * b.over + b.of * a.over, over: a.over * b.over });
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return reduced({ of: a.of * b.of, over: a.over * b.over });
}

/** @param b not zero */
export function divide(a: Fraction, b: Fraction): Fraction {
  return multiply(a, { of: b.over, over: b.of });
}

export function sum(fractions: readonly Fraction[]): Fraction {
  return fractions.reduce(add, ZERO);
}

/** Rounded half up, of a number that is not below zero. */
export function halfUp({ of, over }: Fraction): bigint {
  return (2n * of + over) / (2n * over);
}

/**
 * Whole numbers that add up to the rounded sum of some exact ones, each at most one away from its own: what is missing of the
 * sum goes to those with the largest remainders.
 * @param total the rounded sum, in whichever way it was rounded; half up, unless given
 */
export function largestRemainders(exact: readonly Fraction[], total = halfUp(sum(exact))): bigint[] {
  const floors = exact.map(({ of, over }) => of / over);
  const remainders = exact.map((fraction, i) => ({
    i,
    rest: add(fraction, { of: -(floors[i] ?? 0n), over: 1n }),
    size: fraction,
  }));
  // Of equal remainders the larger number comes first, so that the sequence of the numbers hardly matters.
  remainders.sort((a, b) => compare(b.rest, a.rest) || compare(b.size, a.size) || a.i - b.i);
  const missing = total - floors.reduce((all, floor) => all + floor, 0n);
  for (const { i } of remainders.slice(0, Number(missing))) floors[i] = (floors[i] ?? 0n) + 1n;
  return floors;
}

function compare(a: Fraction, b: Fraction): number {
  const difference = a.of * b.over - b.of * a.over;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function reduced({ of, over }: Fraction): Fraction {
  const divisor = commonDivisor(of < 0n ? -of : of, over);
  return divisor === 1n ? { of, over } : { of: of / divisor, over: over / divisor };
}

function commonDivisor(a: bigint, b: bigint): bigint {
  let [large, small] = [a, b];
  while (small !== 0n) [large, small] = [small, large % small];
  return large === 0n ? 1n : large;
}
