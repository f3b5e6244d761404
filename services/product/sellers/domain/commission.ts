/** What the shop keeps of a sale. Null: of any seller, or any category. */
export interface CommissionRule {
  sellerId: string | null;
  category: string | null;
  /** Hundredths of a percent. */
  basisPoints: number;
  /** For each line in this currency. */
  minimum: { currency: string; minor: number } | null;
}

export interface SoldLine {
  sellerId: string;
  categories: readonly string[];
  grossMinor: number;
  currency: string;
}

const WHOLE_BASIS_POINTS = 10_000n;

/**
 * The commission of a line. The most specific rule holds: that of seller and category, then of the seller, then of the
 * category, then the one of all others. Of the rules of several categories the one holds that keeps least. Never more than
 * the line; nothing without a rule.
 */
export function commissionOf(line: SoldLine, rules: readonly CommissionRule[]): number {
  const fitting = rules.filter(
    ({ sellerId, category }) =>
      (sellerId === null || sellerId === line.sellerId) && (category === null || line.categories.includes(category)),
  );
  const best = Math.max(...fitting.map(specificity));
  const amounts = fitting.filter((rule) => specificity(rule) === best).map((rule) => amountOf(line, rule));
  return amounts.length === 0 ? 0 : Math.min(...amounts);
}

function specificity({ sellerId, category }: CommissionRule): number {
  return (sellerId === null ? 0 : 2) + (category === null ? 0 : 1);
}

function amountOf({ grossMinor, currency }: SoldLine, { basisPoints, minimum }: CommissionRule): number {
  const share = Number((BigInt(grossMinor) * BigInt(basisPoints) + WHOLE_BASIS_POINTS / 2n) / WHOLE_BASIS_POINTS);
  const least = minimum?.currency === currency ? minimum.minor : 0;
  return Math.min(grossMinor, Math.max(share, least));
}
