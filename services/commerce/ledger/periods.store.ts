import type { Queryable } from "#lib/sql/transaction.ts";
import type { Period, Periods } from "./domain/period.ts";

export interface ClosedPeriod {
  period: Period;
  closedAt: Date;
}

/** Waits until open transactions have posted what they post, and lets no other begin until this one ends. */
export function lockEntries(tx: Queryable): Promise<unknown> {
  return tx.query("LOCK TABLE entry IN SHARE MODE");
}

/** What is known of the periods now. */
export async function readPeriods(db: Queryable): Promise<Periods> {
  const [row] = await db.query<Periods>(
    `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS current,
            (SELECT to_char(max(period), 'YYYY-MM') FROM period) AS "lastClosed",
            to_char(least(
              (SELECT min(day) FROM balance),
              (SELECT min((booked_at AT TIME ZONE 'UTC')::date) FROM line, summing WHERE entry_id > summed_to)
            ), 'YYYY-MM') AS first`,
  );
  if (!row) throw new Error("A statement without conditions has no row.");
  return row;
}

/** The latest first. */
export function closedPeriods(db: Queryable, most: number): Promise<ClosedPeriod[]> {
  return db.query<ClosedPeriod>(
    `SELECT to_char(period, 'YYYY-MM') AS period, closed_at AS "closedAt" FROM period ORDER BY 1 DESC LIMIT $1`,
    [most],
  );
}

/** The closing that has closed a period: its own, or that of a later one. */
export async function closingOf(db: Queryable, period: Period): Promise<ClosedPeriod | undefined> {
  const [row] = await db.query<ClosedPeriod>(
    `SELECT to_char(period, 'YYYY-MM') AS period, closed_at AS "closedAt" FROM period
     WHERE period >= to_date($1, 'YYYY-MM') ORDER BY period.period LIMIT 1`,
    [period],
  );
  return row;
}

export async function closePeriod(tx: Queryable, period: Period, by: string): Promise<void> {
  await tx.query("INSERT INTO period (period, closed_by) VALUES (to_date($1, 'YYYY-MM'), $2)", [period, by]);
}
