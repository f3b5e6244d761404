import type { Queryable } from "#lib/sql/transaction.ts";
import type { Deal, RunningDeal } from "./domain/deal.ts";
import { dealLimits } from "./domain/limits.ts";

export const DEAL_COLUMNS = `deal_id AS "dealId", sku, currency, price_minor AS "priceMinor", slots, per_customer AS "perCustomer",
  claim_seconds AS "claimSeconds",  starts_at AS "startsAt", ends_at AS "endsAt", members_from AS "membersFrom", stopped_at AS "stoppedAt", taken, waiting,
  last_number AS "lastNumber"`;

/** A deal, and the time at which it was read by the clock of the database. */
export interface DealRow extends RunningDeal {
  now: Date;
}

/** @returns undefined when there are too many deals that are not over */
export async function insertDeal(db: Queryable, deal: Deal): Promise<DealRow | undefined> {
  const [row] = await db.query<DealRow>(
    `INSERT INTO deal (deal_id, sku, currency, price_minor, slots, per_customer, claim_seconds, starts_at, ends_at,
                       members_from)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
     WHERE (SELECT count(*) FROM deal WHERE stopped_at IS NULL AND ends_at > now()) < $11
     RETURNING ${DEAL_COLUMNS}, now()`,
    [
      deal.dealId,
      deal.sku,
      deal.currency,
      deal.priceMinor,
      deal.slots,
      deal.perCustomer,
      deal.claimSeconds,
      deal.startsAt,
      deal.endsAt,
      deal.membersFrom,
      dealLimits.DEALS_OPEN,
    ],
  );
  return row;
}

export async function findDeal(db: Queryable, dealId: string): Promise<DealRow | undefined> {
  const [row] = await db.query<DealRow>(`SELECT ${DEAL_COLUMNS}, now() FROM deal WHERE deal_id = $1`, [dealId]);
  return row;
}

const OPEN = "stopped_at IS NULL AND ends_at > now()";
const LISTS = {
  open: { where: OPEN, order: "ends_at, deal_id" },
  ended: { where: `NOT (${OPEN})`, order: "ends_at DESC, deal_id DESC" },
};

export async function pageOfDeals(
  db: Queryable,
  which: keyof typeof LISTS,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: DealRow[]; total: number }> {
  const { where, order } = LISTS[which];
  const [rows, [counted]] = await Promise.all([
    db.query<DealRow>(`SELECT ${DEAL_COLUMNS}, now() FROM deal WHERE ${where} ORDER BY ${order} LIMIT $1 OFFSET $2`, [
      limit,
      offset,
    ]),
    db.query<{ total: number }>(`SELECT count(*)::int AS total FROM deal WHERE ${where}`),
  ]);
  return { rows, total: counted?.total ?? 0 };
}

/** Ends a deal; one that has ended stays as it is. @returns its sku; undefined when there is no such deal */
export async function stopDeal(db: Queryable, dealId: string): Promise<string | undefined> {
  const [row] = await db.query<{ sku: string }>(
    `UPDATE deal SET stopped_at = CASE WHEN ${OPEN} THEN clock_timestamp() ELSE stopped_at END
     WHERE deal_id = $1 RETURNING sku`,
    [dealId],
  );
  return row?.sku;
}

/** Whether a cart may have a deal's price now, or within some time. */
export async function hasDeals(db: Queryable, withinSeconds: number): Promise<boolean> {
  const [row] = await db.query<{ found: boolean }>(
    `SELECT EXISTS (
       SELECT FROM deal WHERE stopped_at IS NULL AND ends_at > now() - make_interval(secs => claim_seconds)
       AND coalesce(members_from, starts_at) < now() + make_interval(secs => $1)
     ) AS found`,
    [withinSeconds],
  );
  return row?.found ?? false;
}
