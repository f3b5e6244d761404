const Z = 1.96; // 95 %
const SCALE = 1_000_000;

/**
 * How helpful a review is at least, with a confidence of 95 %: the lower bound of Wilson's interval, in millionths, so that
 * lists can be sorted by a whole number. Two votes of two say less than ninety of a hundred.
 */
export function helpfulnessOf(helpful: number, votes: number): number {
  if (votes === 0) return 0;
  const share = helpful / votes;
  const z2 = Z * Z;
  const middle = share + z2 / (2 * votes);
  const margin = Z * Math.sqrt((share * (1 - share) + z2 / (4 * votes)) / votes);
  return Math.max(0, Math.round(((middle - margin) / (1 + z2 / votes)) * SCALE));
}

/** What a vote changes; `before` is the earlier vote of the same customer. */
export function voteChange(before: boolean | undefined, helpful: boolean): { helpful: number; votes: number } {
  return { helpful: Number(helpful) - Number(before ?? false), votes: before === undefined ? 1 : 0 };
}
