import type { Queryable, Transaction } from "#lib/sql/transaction.ts";

/** Records an event of a provider. @returns whether it is new */
export async function recordNotification(
  tx: Transaction,
  { provider, eventId, type }: { provider: string; eventId: string; type: string },
): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO notification (provider, event_id, type) VALUES ($1, $2, $3)
     ON CONFLICT (provider, event_id) DO NOTHING RETURNING event_id`,
    [provider, eventId, type],
  );
  return rows.length > 0;
}

export async function deleteOldNotifications(db: Queryable, days: number, rows: number): Promise<void> {
  await db.query(
    `DELETE FROM notification WHERE (provider, event_id) IN (
       SELECT provider, event_id FROM notification WHERE received_at < now() - make_interval(days => $1)
       ORDER BY received_at LIMIT $2)`,
    [days, rows],
  );
}
