/**
 * The part of an amount that belongs to the first `reached` of `whole`, rounded half up. As it depends on nothing else, the
 * shares of any parts that add up to the whole add up to the amount.
 */
export function cumulativeShare(amount: number, reached: number, whole: number): number {
  const [a, r, w] = [BigInt(amount), BigInt(reached), BigInt(whole)];
  return Number((2n * a * r + w) / (2n * w));
}

/** The share of the part from `from` to `to`. */
export function shareOf(amount: number, from: number, to: number, whole: number): number {
  return cumulativeShare(amount, to, whole) - cumulativeShare(amount, from, whole);
}

/** Splits an amount in proportion to weights: the parts add up to it. */
export function split(amount: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let reached = 0;
  return weights.map((weight) => {
    const from = reached;
    reached += weight;
    return whole === 0 ? 0 : shareOf(amount, from, reached, whole);
  });
}
