/**
 * The value below or at which `percent` of the values lie (nearest rank), 0 when there are none.
 * `sorted` is ascending, in any unit.
 */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(rank, 1) - 1] ?? 0;
}

/** Median, 95th and 99th percentile of durations in milliseconds, to a hundredth. */
export interface Percentiles {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export function percentiles(durationsMs: readonly number[]): Percentiles {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  return {
    p50Ms: hundredths(percentile(sorted, 50)),
    p95Ms: hundredths(percentile(sorted, 95)),
    p99Ms: hundredths(percentile(sorted, 99)),
  };
}

/** Rounded to two decimals: measurements, never money. */
export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
