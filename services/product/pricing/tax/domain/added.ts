interface Levied {
  /** Whether the prices include it; absent: they do. */
  included?: boolean | undefined;
  amountMinor: number;
  /** What the price includes of a tax that this buyer need not pay. */
  takenOffMinor?: number | undefined;
}

/** What taxes change of the sum of the lines. All amounts are in minor units of one currency. */
export function addedMinor(taxes: readonly Levied[]): number {
  return taxes.reduce(
    (sum, { included = true, amountMinor, takenOffMinor = 0 }) => sum + (included ? 0 : amountMinor) - takenOffMinor,
    0,
  );
}
