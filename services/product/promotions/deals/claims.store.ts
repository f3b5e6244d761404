import { limits } from "#config/limits.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { DEAL_COLUMNS } from "./deals.store.ts";
import type { Claim, ClaimState, ClaimUse, EndReason } from "./domain/claim.ts";
import { MEMBERS, type RunningDeal } from "./domain/deal.ts";
import type { PricedClaim } from "./domain/deal-discounts.ts";

interface ClaimRow extends Omit<Claim, "state"> {
  state: ClaimState["kind"];
  expiresAt: Date | null;
  orderId: string | null;
  amountMinor: number | null;
  endReason: EndReason | null;
}

const CLAIM_COLUMNS = `c.claim_id AS "claimId", c.deal_id AS "dealId", c.customer_id AS "customerId", c.number,
  c.request_key AS "requestKey", c.state, c.expires_at AS "expiresAt", c.order_id AS "orderId",
  c.amount_minor AS "amountMinor", c.end_reason AS "endReason", c.granted_at AS "grantedAt", c.ended_at AS "endedAt"`;

/** What requests name. */
export interface Named {
  claimIds: readonly string[];
  customerIds: readonly string[];
  requestKeys: readonly string[];
}

/**
 * Locks deals until the transaction ends, in the order of their ids, and then reads, in a statement of its own that sees
 * what the last holders of the locks have done: the time, and the claims that `takeTurns` needs. It is one round trip.
 */
export async function lockDeals(
  tx: Queryable,
  dealIds: readonly string[],
  { claimIds, customerIds, requestKeys }: Named,
): Promise<{ now: Date; deals: RunningDeal[]; claims: Claim[]; members: ReadonlySet<string> }> {
  const [deals, rows, members] = await Promise.all([
    tx.query<RunningDeal>(
      `SELECT ${DEAL_COLUMNS} FROM deal WHERE deal_id = ANY ($1::text[]) ORDER BY deal_id FOR NO KEY UPDATE`,
      [dealIds],
    ),
    tx.query<ClaimRow & { now: Date }>(
      `WITH clock AS MATERIALIZED (
         SELECT clock_timestamp() AS now
       ), due AS MATERIALIZED (
         SELECT deal_id, claim_id FROM deal_claim
         WHERE deal_id = ANY ($1::text[]) AND state = 'granted' AND expires_at <= (SELECT now FROM clock)
         ORDER BY deal_id, expires_at LIMIT $5
       ), needed AS (
         SELECT claim_id FROM due
         UNION SELECT claim_id FROM deal_claim WHERE claim_id = ANY ($2::text[]) AND deal_id = ANY ($1::text[])
         UNION SELECT claim_id FROM deal_claim WHERE deal_id = ANY ($1::text[]) AND customer_id = ANY ($3::text[])
           AND (state <> 'ended' OR request_key = ANY ($4::text[]))
         UNION SELECT head.claim_id FROM deal d CROSS JOIN LATERAL (
           SELECT q.claim_id FROM deal_claim q WHERE q.deal_id = d.deal_id AND q.state = 'queued' ORDER BY q.number
           LIMIT d.slots - d.taken + cardinality($2::text[]) + (SELECT count(*) FROM due WHERE due.deal_id = d.deal_id)
         ) head WHERE d.deal_id = ANY ($1::text[])
       )
       SELECT clock.now, ${CLAIM_COLUMNS} FROM clock LEFT JOIN (needed JOIN deal_claim c USING (claim_id)) ON true`,
      [dealIds, claimIds, customerIds, requestKeys, limits.SWEEP_ROWS],
    ),
    membersAmong(tx, dealIds, customerIds),
  ]);
  const now = rows[0]?.now;
  if (!now) throw new Error("The database has not told its time.");
  return { now, deals, claims: rows.filter(({ claimId }) => claimId !== null).map(claimOf), members };
}

function claimOf({ state, expiresAt, orderId, amountMinor, endReason, ...row }: ClaimRow): Claim {
  const { claimId, dealId, customerId, number, requestKey, grantedAt, endedAt } = row;
  const use = orderId === null || amountMinor === null ? null : { orderId, amountMinor };
  const stored = stateOf(state, { expiresAt, use, endReason });
  if (!stored) throw new Error(`The claim ${claimId} lacks what its state needs.`);
  return { claimId, dealId, customerId, number, requestKey, state: stored, grantedAt, endedAt };
}

function stateOf(
  kind: ClaimState["kind"],
  { expiresAt, use, endReason }: { expiresAt: Date | null; use: ClaimUse | null; endReason: EndReason | null },
): ClaimState | undefined {
  switch (kind) {
    case "queued":
      return { kind };
    case "granted":
      return expiresAt ? { kind, expiresAt } : undefined;
    case "ordered":
      return expiresAt && use ? { kind, expiresAt, use } : undefined;
    case "sold":
      return use ? { kind, use } : undefined;
    case "ended":
      return endReason ? { kind, reason: endReason, use } : undefined;
    default:
      return kind satisfies never;
  }
}

/** Writes deals that are locked, and their claims as they have become, without waiting for it. */
export function saveTurned(tx: Transaction, deals: readonly RunningDeal[], claims: readonly Claim[], at: Date): void {
  const states = claims.map(({ state }) => state);
  const uses = states.map((state) => ("use" in state ? state.use : null));
  tx.write(
    `WITH counted AS (
       UPDATE deal d SET taken = n.taken, waiting = n.waiting, last_number = n.last_number
       FROM unnest($1::text[], $2::int[], $3::int[], $4::int[]) AS n (deal_id, taken, waiting, last_number)
       WHERE d.deal_id = n.deal_id
     )
     INSERT INTO deal_claim AS c (claim_id, deal_id, customer_id, number, request_key, state, expires_at, order_id,
                                  amount_minor, end_reason, granted_at, ended_at, claimed_at)
     SELECT *, $17::timestamptz
     FROM unnest($5::text[], $6::text[], $7::text[], $8::int[], $9::text[], $10::text[], $11::timestamptz[], $12::text[],
                 $13::bigint[], $14::text[], $15::timestamptz[], $16::timestamptz[])
     ON CONFLICT (claim_id) DO UPDATE
       SET state = EXCLUDED.state, expires_at = EXCLUDED.expires_at, order_id = EXCLUDED.order_id,
           amount_minor = EXCLUDED.amount_minor, end_reason = EXCLUDED.end_reason, granted_at = EXCLUDED.granted_at,
           ended_at = EXCLUDED.ended_at`,
    [
      ...[deals.map((d) => d.dealId), deals.map((d) => d.taken)],
      ...[deals.map((d) => d.waiting), deals.map((d) => d.lastNumber)],
      ...[claims.map((c) => c.claimId), claims.map((c) => c.dealId), claims.map((c) => c.customerId)],
      ...[claims.map((c) => c.number), claims.map((c) => c.requestKey), states.map(({ kind }) => kind)],
      states.map((state) => ("expiresAt" in state ? state.expiresAt : null)),
      ...[uses.map((use) => use?.orderId ?? null), uses.map((use) => use?.amountMinor ?? null)],
      states.map((state) => ("reason" in state ? state.reason : null)),
      ...[claims.map((c) => c.grantedAt), claims.map((c) => c.endedAt)],
      at,
    ],
  );
}

/** Those of these customers who may claim early, if any of the deals has early access. */
async function membersAmong(tx: Queryable, dealIds: readonly string[], customerIds: readonly string[]) {
  if (customerIds.length === 0) return new Set<string>();
  const rows = await tx.query<{ id: string }>(
    `SELECT customer_id AS id FROM customer_group WHERE customer_id = ANY ($2::text[]) AND $3 = ANY (groups)
     AND EXISTS (SELECT FROM deal WHERE deal_id = ANY ($1::text[]) AND members_from IS NOT NULL)`,
    [dealIds, customerIds, MEMBERS],
  );
  return new Set(rows.map(({ id }) => id));
}

/** A claim, its place in the queue, and the deal that it belongs to. */
export interface ClaimReading {
  claim: Claim;
  deal: RunningDeal;
  /** 1 is the next; null when it does not wait. */
  position: number | null;
  now: Date;
  /** Some claim of the deal has expired, so that a slot may be waiting. */
  isDue: boolean;
}

/** Claims with their places. The queue is counted from one of them to the next, so once, however many ask. */
export async function readClaims(db: Queryable, claimIds: readonly string[]): Promise<Map<string, ClaimReading>> {
  const rows = await db.query<ClaimRow & RunningDeal & Pick<ClaimReading, "position" | "now" | "isDue">>(
    `WITH asked AS MATERIALIZED (
       SELECT * FROM deal_claim WHERE claim_id = ANY ($1::text[])
     ), waiting AS (
       SELECT claim_id, deal_id, number, lag(number, 1, 0) OVER (PARTITION BY deal_id ORDER BY number) AS before
       FROM asked WHERE state = 'queued'
     ), line AS (
       SELECT claim_id, sum(further.claims) OVER (PARTITION BY deal_id ORDER BY number)::int AS position
       FROM waiting w CROSS JOIN LATERAL (
         SELECT count(*) AS claims FROM deal_claim q
         WHERE q.deal_id = w.deal_id AND q.state = 'queued' AND q.number > w.before AND q.number <= w.number
       ) further
     ), due AS MATERIALIZED (
       SELECT DISTINCT deal_id FROM deal_claim
       WHERE deal_id IN (SELECT deal_id FROM asked) AND state = 'granted' AND expires_at <= now()
     )
     SELECT ${CLAIM_COLUMNS}, ${DEAL_COLUMNS}, line.position, now(),
            due.deal_id IS NOT NULL AS "isDue"
     FROM asked c JOIN deal USING (deal_id) LEFT JOIN line USING (claim_id) LEFT JOIN due USING (deal_id)`,
    [claimIds],
  );
  return new Map(
    rows.map((row) => [
      row.claimId,
      { claim: claimOf(row), deal: row, position: row.position, now: row.now, isDue: row.isDue },
    ]),
  );
}

/** What claims of these customers make cheaper now, by customer. */
export async function pricedClaims(db: Queryable, customerIds: readonly string[]): Promise<Map<string, PricedClaim[]>> {
  const rows = await db.query<PricedClaim & { customerId: string }>(
    `SELECT c.customer_id AS "customerId", c.claim_id AS "claimId", deal_id AS "dealId", d.sku, d.currency,
            d.price_minor AS "priceMinor"
     FROM deal_claim c JOIN deal d USING (deal_id)
     WHERE c.customer_id = ANY ($1::text[]) AND c.state = 'granted' AND c.expires_at > now() AND d.stopped_at IS NULL`,
    [customerIds],
  );
  return Map.groupBy(rows, ({ customerId }) => customerId);
}

/** Deals of which a claim has expired. */
export async function dealsToHandOver(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ dealId: string }>(
    `SELECT DISTINCT deal_id AS "dealId" FROM deal_claim WHERE state = 'granted' AND expires_at <= now() LIMIT $1`,
    [limits.SWEEP_ROWS],
  );
  return rows.map(({ dealId }) => dealId);
}

/** The claims that orders have taken. */
export async function claimsOfOrders(
  db: Queryable,
  orderIds: readonly string[],
): Promise<{ orderId: string; dealId: string; claimId: string }[]> {
  return db.query(
    `SELECT order_id AS "orderId", deal_id AS "dealId", claim_id AS "claimId" FROM deal_claim
     WHERE order_id = ANY ($1::text[]) ORDER BY claim_id`,
    [orderIds],
  );
}
