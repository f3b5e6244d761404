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
  const parts = weights.map((weight) => divided(amount, weight, all));
  const shares = parts.map(({ share }) => share);
  const missing = amount - shares.reduce((sum, share) => sum + share, 0);
  if (missing === 0) return shares;
  const places = [...parts.keys()].sort((a, b) => (parts[b]?.rest ?? 0) - (parts[a]?.rest ?? 0) || a - b);
  for (const at of places.slice(0, missing)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}

/** Both numbers are below `all`, so they are told exactly, also where the product is not. */
function divided(amount: number, weight: number, all: number): { share: number; rest: number } {
  const product = amount * weight;
  if (product <= Number.MAX_SAFE_INTEGER) return { share: Math.floor(product / all), rest: product % all };
  const exact = BigInt(amount) * BigInt(weight);
  return { share: Number(exact / BigInt(all)), rest: Number(exact % BigInt(all)) };
}
