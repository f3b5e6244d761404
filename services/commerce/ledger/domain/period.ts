/** A calendar month in UTC, such as `2026-10`. Periods compare as texts. */
export type Period = string;

export function periodOf(at: Date): Period {
  return at.toISOString().slice(0, 7);
}

export function nextPeriod(period: Period): Period {
  const [year = 0, month = 0] = period.split("-").map(Number);
  return periodOf(new Date(Date.UTC(year, month, 1)));
}

/** What is known of the periods when one is to be closed. */
export interface Periods {
  current: Period;
  /** The latest that is closed; null: none is. All before it are closed, too. */
  lastClosed: Period | null;
  /** The first with an entry; null: there is no entry. */
  first: Period | null;
}

export type Closing =
  | { kind: "close" }
  /** It is closed already. */
  | { kind: "keep" }
  | { kind: "refuse"; code: "PERIOD_NOT_OVER" }
  | { kind: "refuse"; code: "EARLIER_PERIOD_OPEN"; earlier: Period };

/** Periods are closed in their order, when they are over. Those before the first entry need no closing. */
export function decideClosing(period: Period, { current, lastClosed, first }: Periods): Closing {
  if (period >= current) return { kind: "refuse", code: "PERIOD_NOT_OVER" };
  if (lastClosed !== null && period <= lastClosed) return { kind: "keep" };
  const earliestOpen = lastClosed === null ? (first ?? period) : nextPeriod(lastClosed);
  return period > earliestOpen
    ? { kind: "refuse", code: "EARLIER_PERIOD_OPEN", earlier: earliestOpen }
    : { kind: "close" };
}

/** The periods from the first one with an entry, or that is closed, to the current one: the latest first, at most `most`. */
export function periodsToShow({ current, first }: Periods, closed: readonly Period[], most: number): Period[] {
  const begin = [...closed, current, ...(first === null ? [] : [first])].sort()[0] ?? current;
  const periods: Period[] = [];
  for (let period = begin; period <= current; period = nextPeriod(period)) periods.push(period);
  return periods.reverse().slice(0, most);
}
