import { type Fraction, halfUp, largestRemainders, sum } from "../../domain/fraction.ts";
import type { ROUND_PER } from "./settings.ts";

/** The exact amount of a tax of a line. Taxes with one key are the same tax. */
export interface ExactTax {
  key: string;
  amount: Fraction;
}

/**
 * Rounds the taxes of lines half up, per line or per order. Per order each tax is rounded once, and shared out among its lines.
 * @param together whether the sum of all taxes is rounded in place of each tax, and shared out among the taxes
 * @returns integers in the sequence of the taxes of each line
 */
export function roundTaxes(
  lines: readonly (readonly ExactTax[])[],
  roundPer: (typeof ROUND_PER)[number],
  together: boolean,
): number[][] {
  if (roundPer === "line") {
    return lines.map((taxes) => {
      const exact = taxes.map(({ amount }) => amount);
      return (together ? largestRemainders(exact) : exact.map(halfUp)).map(Number);
    });
  }
  const amounts = lines.map((taxes) => taxes.map(() => 0));
  const places = lines.flatMap((taxes, line) => taxes.map((tax, at) => ({ ...tax, line, at })));
  const taxes = [...Map.groupBy(places, ({ key }) => key).values()];
  const sums = taxes.map((same) => sum(same.map(({ amount }) => amount)));
  const totals = together ? largestRemainders(sums) : sums.map(halfUp);
  for (const [i, same] of taxes.entries()) {
    const parts = largestRemainders(
      same.map(({ amount }) => amount),
      totals[i],
    );
    for (const [j, { line, at }] of same.entries()) {
      const own = amounts[line];
      if (own) own[at] = Number(parts[j]);
    }
  }
  return amounts;
}
