/** A part of a whole, rounded half up. The product may be larger than a number can tell exactly. */
export function partOf(whole: number, of: number, over: number): number {
  if (over === 0) return 0;
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
  const exact = weights.map((weight) => BigInt(amount) * BigInt(weight));
  const shares = exact.map((part) => Number(part / BigInt(all)));
  const missing = amount - shares.reduce((sum, share) => sum + share, 0);
  const rests = exact.map((part, at) => ({ at, rest: part % BigInt(all) }));
  rests.sort((a, b) => (a.rest === b.rest ? a.at - b.at : a.rest < b.rest ? 1 : -1));
  for (const { at } of rests.slice(0, missing)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}
