import { sellerLimits } from "./limits.ts";

/** What an offer is compared by. */
export interface Candidate {
  /** Absent: the shop itself. */
  sellerId?: string | undefined;
  priceMinor: number;
  handlingDays: number;
  /** Ratings of the seller, and how many of them are positive. */
  rated: number;
  positive: number;
}

const { RATINGS_ASSUMED, POSITIVE_ASSUMED, HANDLING_PERMILLE, RATING_PERMILLE } = sellerLimits;
const WHOLE = 1_000;

/** The share of positive ratings in thousandths, as if some more had been given: so a few ratings change little. */
export function positivePermille({ rated, positive }: Pick<Candidate, "rated" | "positive">): number {
  return Math.floor((WHOLE * (positive + POSITIVE_ASSUMED)) / (rated + RATINGS_ASSUMED));
}

/**
 * The offer that is shown comes first. Each is judged by its price, raised by HANDLING_PERMILLE for each day of handling, and
 * by RATING_PERMILLE for a rating of 0, in proportion. `docs/sellers.md` has the same as a table.
 */
export function byRank(a: Candidate, b: Candidate): number {
  return (
    compare(judgedPrice(a), judgedPrice(b)) ||
    a.priceMinor - b.priceMinor ||
    a.handlingDays - b.handlingDays ||
    positivePermille(b) - positivePermille(a) ||
    compare(a.sellerId ?? "", b.sellerId ?? "") // no text sorts before the empty one: the shop itself comes first
  );
}

function judgedPrice(offer: Candidate): bigint {
  const handling = WHOLE + HANDLING_PERMILLE * offer.handlingDays;
  const rating = WHOLE * WHOLE + RATING_PERMILLE * (WHOLE - positivePermille(offer));
  return BigInt(offer.priceMinor) * BigInt(handling) * BigInt(rating);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
