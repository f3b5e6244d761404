import { setTimeout as sleep } from "node:timers/promises";
import type { Queryable } from "#lib/sql/transaction.ts";
import { SUBLEDGERS } from "./domain/chart.ts";
import { ledgerLimits } from "./domain/limits.ts";

/** What was debited and credited to an account, in one currency. */
export interface Turnover {
  account: string;
  currency: string;
  debitMinor: number;
  creditMinor: number;
}

/** SQL: the account under which lines are added up. The many accounts of customers and sellers are one. */
const SUMMED_ACCOUNT = `CASE WHEN split_part(account, ':', 1) IN (${SUBLEDGERS.map((kind) => `'${kind}'`).join(", ")})
  THEN split_part(account, ':', 1) || ':*' ELSE account END`;
const DAY = "(booked_at AT TIME ZONE 'UTC')::date";

/**
 * The id up to which no entry can be added any more: no transaction that is open may have taken one of these ids. A
 * writer locks the table before it takes an id.
 * @returns undefined when such a transaction does not end soon
 */
export async function settledEntry(db: Queryable): Promise<number | undefined> {
  const [last] = await db.query<{ id: number | null }>("SELECT max(entry_id) AS id FROM entry");
  let open = await writers(db);
  for (let look = 0; open.length > 0; look++) {
    if (look === ledgerLimits.WRITERS_LOOKS) return undefined;
    await sleep(ledgerLimits.WRITERS_WAIT_MS);
    const still = new Set(await writers(db));
    open = open.filter((writer) => still.has(writer));
  }
  return last?.id ?? 0;
}

async function writers(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT virtualtransaction AS id FROM pg_locks JOIN pg_database d ON d.oid = database
     WHERE datname = current_database() AND relation = 'entry'::regclass AND mode = 'RowExclusiveLock'`,
  );
  return rows.map(({ id }) => id);
}

/**
 * Adds up the next lines, of at most `entries` entries. Two that run at once take turns at the row of `summing`, so no
 * line is added twice.
 * @param settled the last id that may be added up
 * @returns whether there are more
 */
export async function sumLines(db: Queryable, settled: number, entries: number): Promise<boolean> {
  const [moved] = await db.query<{ summedTo: number }>(
    `WITH bounds AS (
       SELECT summed_to AS low, least($1, summed_to + $2) AS high FROM summing WHERE summed_to < $1 FOR UPDATE
     ), moved AS (
       UPDATE summing SET summed_to = high FROM bounds RETURNING summed_to
     ), added AS (
       INSERT INTO balance AS b (account, currency, day, debit_minor, credit_minor)
       SELECT ${SUMMED_ACCOUNT}, currency, ${DAY}, sum(debit_minor), sum(credit_minor)
       FROM line, bounds WHERE entry_id > low AND entry_id <= high GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
       ON CONFLICT (account, currency, day) DO UPDATE
       SET debit_minor = b.debit_minor + EXCLUDED.debit_minor, credit_minor = b.credit_minor + EXCLUDED.credit_minor
     )
     SELECT summed_to AS "summedTo" FROM moved`,
    [settled, entries],
  );
  return moved !== undefined && moved.summedTo < settled;
}

const SUMS = `sum(debit_minor)::bigint AS "debitMinor", sum(credit_minor)::bigint AS "creditMinor"`;

/** What was debited and credited to all accounts in a currency until a moment; without one, until now. */
export function turnovers(db: Queryable, currency: string, until?: Date): Promise<Turnover[]> {
  const [days, since, ofDay] =
    until === undefined
      ? ["", "", ""]
      : [
          `AND day < ($2 AT TIME ZONE 'UTC')::date`,
          "AND booked_at <= $2",
          `UNION ALL
           SELECT ${SUMMED_ACCOUNT}, debit_minor, credit_minor FROM line, summing
           WHERE currency = $1 AND booked_at BETWEEN date_trunc('day', $2::timestamptz, 'UTC') AND $2 AND entry_id <= summed_to`,
        ];
  return db.query<Turnover>(
    `SELECT account, $1::text AS currency, ${SUMS} FROM (
       SELECT account, debit_minor, credit_minor FROM balance WHERE currency = $1 ${days}
       UNION ALL
       SELECT ${SUMMED_ACCOUNT}, debit_minor, credit_minor FROM line, summing
       WHERE currency = $1 AND entry_id > summed_to ${since}
       ${ofDay}
     ) part GROUP BY account ORDER BY account`,
    until === undefined ? [currency] : [currency, until],
  );
}

/** What was debited and credited to some accounts until now, in every currency. @param many those of a subledger */
export function turnoversOf(db: Queryable, few: readonly string[], many: readonly string[]): Promise<Turnover[]> {
  return db.query<Turnover>(
    `SELECT account, currency, ${SUMS} FROM (
       SELECT account, currency, debit_minor, credit_minor FROM balance WHERE account = ANY ($1::text[])
       UNION ALL
       SELECT account, currency, debit_minor, credit_minor FROM line, summing
       WHERE entry_id > summed_to AND account = ANY ($1::text[])
       UNION ALL
       SELECT account, currency, debit_minor, credit_minor FROM line WHERE account = ANY ($2::text[])
     ) part GROUP BY account, currency ORDER BY account, currency`,
    [few, many],
  );
}

/** What was debited and credited to an account before a moment. Of a subledger's account all lines are read: they are few. */
export async function turnoverBefore(
  db: Queryable,
  { account, currency, isSubledger }: { account: string; currency: string; isSubledger: boolean },
  before: Date,
): Promise<{ debitMinor: number; creditMinor: number }> {
  const lines = "FROM line WHERE account = $1 AND currency = $2 AND booked_at < $3";
  const [row] = await db.query<{ debitMinor: number | null; creditMinor: number | null }>(
    isSubledger
      ? `SELECT ${SUMS} ${lines}`
      : `SELECT ${SUMS} FROM (
           SELECT debit_minor, credit_minor FROM balance
           WHERE account = $1 AND currency = $2 AND day < ($3::timestamptz AT TIME ZONE 'UTC')::date
           UNION ALL
           SELECT debit_minor, credit_minor FROM line, summing
           WHERE entry_id > summed_to AND account = $1 AND currency = $2 AND booked_at < $3
           UNION ALL
           SELECT debit_minor, credit_minor FROM line, summing
           WHERE account = $1 AND currency = $2 AND booked_at >= date_trunc('day', $3::timestamptz, 'UTC')
             AND booked_at < $3 AND entry_id <= summed_to
         ) part`,
    [account, currency, before],
  );
  return { debitMinor: row?.debitMinor ?? 0, creditMinor: row?.creditMinor ?? 0 };
}

/** Names of accounts that have lines, in their order, at most `limit`. Each is found by one look into the index. */
export async function accountNames(
  db: Queryable,
  { after, kind, limit }: { after: string; kind: string | undefined; limit: number },
): Promise<string[]> {
  // Accounts of a kind are its name, and its name with a colon and more; a semicolon comes after the colon.
  const [from, until] = kind === undefined ? ["", "~"] : [kind, `${kind};`];
  const following = (place: string) =>
    `SELECT account FROM line WHERE account > ${place} AND account >= $2 AND account < $3 ORDER BY account LIMIT 1`;
  const rows = await db.query<{ account: string }>(
    `WITH RECURSIVE next (account, place) AS (
       SELECT (${following("$1")}), 1
       UNION ALL
       SELECT (${following("next.account")}), place + 1 FROM next WHERE account IS NOT NULL AND place < $4
     )
     SELECT account FROM next WHERE account IS NOT NULL`,
    [after, from, until, limit],
  );
  return rows.map(({ account }) => account);
}
