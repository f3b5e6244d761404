/** A part of a whole, rounded half up. The product may be larger than a number can tell exactly. */
export function partOf(whole: number, of: number, over: number): number {
  if (over === 0) return 0;
  const product = whole * of;
  if (2 * product + over <= Number.MAX_SAFE_INTEGER) return Math.floor((2 * product + over) / (2 * over));
  const [numerator, denominator] = [BigInt(whole) * BigInt(of), BigInt(over)];
  return Number((2n * numerator + denominator) / (2n * denominator));
}

/**
 * Shares an amount out in proportion to weights, to the last minor unit: what is left after rounding down goes to the largest
 * remainders, and of equal ones to the first. No share is larger than its weight if the amount is not larger than all of
 * them together.
 */
export function shareOut(amount: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  if (all === 0 || amount === 0) return weights.map(() => 0);
  const shares: number[] = [];
  const rests: number[] = [];
  for (const weight of weights) {
    const rest = remainder(amount, weight, all);
    rests.push(rest);
    shares.push(quotient(amount, weight, all, rest));
  }
  const missing = amount - shares.reduce((sum, share) => sum + share, 0);
  if (missing === 0) return shares;
  const places = [...shares.keys()].sort((a, b) => (rests[b] ?? 0) - (rests[a] ?? 0) || a - b);
  for (const at of places.slice(0, missing)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}

// Both numbers are below `all`, so the results are told exactly, also where the product is not.

function remainder(amount: number, weight: number, all: number): number {
  const product = amount * weight;
  return product <= Number.MAX_SAFE_INTEGER ? product % all : Number((BigInt(amount) * BigInt(weight)) % BigInt(all));
}

function quotient(amount: number, weight: number, all: number, rest: number): number {
  const product = amount * weight;
  if (product <= Number.MAX_SAFE_INTEGER) return (product - rest) / all;
  return Number((BigInt(amount) * BigInt(weight)) / BigInt(all));
}
