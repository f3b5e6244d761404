import { limits } from "#config/limits.ts";
import { madeAt } from "#lib/contract/ids.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";

/** From where on a group's events are delivered: from the first one, or from where it was last rewound to. */
export interface GroupPosition {
  /** How often the group was rewound. A delivery under an earlier generation is not applied any more. */
  generation: number;
  /** Every later event is delivered again; null: every event that is retained. */
  since: Date | null;
  /** For the transport within one process: whether the outboxes were told to send the events again. */
  resent: boolean;
}

export interface RewindRequest {
  /** What was applied at this time or later is applied again; null: everything. */
  to: Date | null;
  by: string;
  /** Deletes what the group has derived from its events. */
  reset?: ((tx: Transaction) => Promise<void>) | undefined;
  /** False when the outboxes still have to send the events again. */
  resent: boolean;
}

const NEVER_REWOUND: GroupPosition = { generation: 0, since: null, resent: true };
const MS_PER_MINUTE = 60_000;

export async function positionOf(db: Queryable, group: string): Promise<GroupPosition> {
  const [row] = await db.query<GroupPosition>(
    "SELECT generation, since, resent FROM rewind WHERE consumer_group = $1",
    [group],
  );
  return row ?? NEVER_REWOUND;
}

/**
 * Rewinds a group: deletes from its inbox what it has applied since a time, and records the new position. A crash before
 * the commit changes nothing; after it, the group gets its events again. Dead letters stay as they are and are not
 * applied by a rewind.
 * @returns the number of events that will be applied again
 */
export async function rewindGroup(tx: Transaction, group: string, request: RewindRequest): Promise<number> {
  await tx.query(`SET LOCAL statement_timeout = ${limits.REWIND_STATEMENT_MS}`);
  // Waits for the batch that is being applied. The next one waits in `recordInInbox`, and then sees the new position.
  await tx.query("LOCK TABLE inbox IN SHARE ROW EXCLUSIVE MODE");
  const [deleted] = await tx.query<{ events: number; first: string | null }>(
    `WITH gone AS (
       DELETE FROM inbox i WHERE consumer_group = $1 AND applied_at >= coalesce($2, '-infinity'::timestamptz)
         AND NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.consumer_group = $1 AND d.event_id = i.event_id)
       RETURNING event_id
     ) SELECT count(*) AS events, min(event_id COLLATE "C") AS first FROM gone`,
    [group, request.to],
  );
  await request.reset?.(tx);
  const { events = 0, first = null } = deleted ?? {};
  await tx.query(
    `INSERT INTO rewind (consumer_group, generation, since, resent, rewound_by) VALUES ($1, 1, $2, $3, $4)
     ON CONFLICT (consumer_group) DO UPDATE SET generation = rewind.generation + 1, since = EXCLUDED.since,
       resent = EXCLUDED.resent, rewound_at = now(), rewound_by = EXCLUDED.rewound_by`,
    [group, deliverySince(request.to, first), request.resent, request.by],
  );
  return events;
}

/**
 * The time from which on events are delivered again. The oldest event that is to be applied again may have occurred long
 * before it was applied. Ids contain the time at which they were made; when the oldest id does not, all events are
 * delivered.
 */
function deliverySince(to: Date | null, oldestEventId: string | null): Date | null {
  if (to === null) return null;
  const occurred = oldestEventId === null ? to : madeAt(oldestEventId);
  if (occurred === undefined) return null;
  return new Date(Math.min(to.getTime(), occurred.getTime()) - limits.REWIND_MARGIN_MINUTES * MS_PER_MINUTE);
}

/** Records that the outboxes were told to send the group's events again. */
export async function markResent(db: Queryable, group: string): Promise<void> {
  await db.query("UPDATE rewind SET resent = true WHERE consumer_group = $1", [group]);
}
