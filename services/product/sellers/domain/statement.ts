import { toMajor } from "#lib/contract/money.ts";

/** The beginning of a month such as 2026-10, and that of the next one, in UTC. */
export function monthOf(period: string): { from: Date; until: Date } {
  const [year = 1970, month = 1] = period.split("-").map(Number);
  return { from: new Date(Date.UTC(year, month - 1, 1)), until: new Date(Date.UTC(year, month, 1)) };
}

export interface StatedEntry {
  kind: "sale" | "refund" | "payout" | "payout_returned";
  orderId: string | null;
  payoutId: string | null;
  grossMinor: number;
  commissionMinor: number;
  netMinor: number;
  createdAt: Date;
}

export interface StatedSums {
  openingMinor: number;
  /** Of all entries of the period. */
  count: number;
  grossMinor: number;
  commissionMinor: number;
  /** Of sales and refunds. */
  soldNetMinor: number;
  paidOutMinor: number;
}

/** What a statement says: the closing balance is the opening one, what was sold, less what was paid out. */
export function statementOf(currency: string, sums: StatedSums, entries: readonly StatedEntry[]) {
  const major = (minor: number) => toMajor(minor, currency);
  const omitted = sums.count - entries.length;
  return {
    opening: major(sums.openingMinor),
    lines: entries.map(({ kind, orderId, payoutId, grossMinor, commissionMinor, netMinor, createdAt }) => ({
      ...{ at: createdAt.toISOString(), kind, net: major(netMinor) },
      ...(orderId === null ? {} : { orderId, gross: major(grossMinor), commission: major(commissionMinor) }),
      ...(payoutId === null ? {} : { payoutId }),
    })),
    ...(omitted > 0 ? { omitted } : {}),
    totals: {
      gross: major(sums.grossMinor),
      commission: major(sums.commissionMinor),
      net: major(sums.soldNetMinor),
      paidOut: major(sums.paidOutMinor),
    },
    closing: major(sums.openingMinor + sums.soldNetMinor - sums.paidOutMinor),
  };
}
