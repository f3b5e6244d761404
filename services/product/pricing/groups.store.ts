import type { Queryable } from "#lib/sql/transaction.ts";

export interface CustomerGroups {
  customerId: string;
  groups: readonly string[];
  /** The number of the event that says so, among those of this customer. */
  sequence: number;
}

/** Keeps the groups of each customer as the latest event says. Earlier ones that arrive late change nothing. */
export async function saveGroups(tx: Queryable, changes: readonly CustomerGroups[]): Promise<void> {
  const ordered = changes.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1));
  await tx.query(
    `INSERT INTO customer_group (customer_id, groups, sequence)
     SELECT customer_id, ARRAY(SELECT json_array_elements_text(groups)), sequence
     FROM unnest($1::text[], $2::json[], $3::bigint[]) AS c (customer_id, groups, sequence)
     ON CONFLICT (customer_id) DO UPDATE SET groups = excluded.groups, sequence = excluded.sequence, changed_at = now()
       WHERE customer_group.sequence < excluded.sequence`,
    [
      ordered.map(({ customerId }) => customerId),
      ordered.map(({ groups }) => JSON.stringify(groups)),
      ordered.map(({ sequence }) => sequence),
    ],
  );
}

/** The groups of those of these customers who are in some. */
export async function groupsOf(db: Queryable, customerIds: readonly string[]): Promise<Map<string, readonly string[]>> {
  const rows = await db.query<{ customerId: string; groups: string[] }>(
    `SELECT customer_id AS "customerId", groups FROM customer_group WHERE customer_id = ANY ($1::text[])`,
    [customerIds],
  );
  return new Map(rows.map(({ customerId, groups }) => [customerId, groups]));
}
