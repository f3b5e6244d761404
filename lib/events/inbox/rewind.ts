import { limits } from "#config/limits.ts";
import { madeAt } from "#lib/contract/ids.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";

/** Where a group began to listen the last time: at the start of everything, or where it was rewound to. */
export interface Position {
  /** How often it was rewound. What was delivered under an earlier one is not applied any more. */
  generation: number;
  /** Everything that came later is delivered again; null: everything that is retained. */
  since: Date | null;
  /** Within one process: whether the outboxes have been told to send again. */
  resent: boolean;
}

const NEVER: Position = { generation: 0, since: null, resent: true };
const MS_PER_MINUTE = 60_000;

export async function positionOf(db: Queryable, group: string): Promise<Position> {
  const [row] = await db.query<Position>("SELECT generation, since, resent FROM rewind WHERE consumer_group = $1", [
    group,
  ]);
  return row ?? NEVER;
}

/** Held shared by whoever applies events and alone by whoever rewinds, until their transactions end. */
export function holdPosition(tx: Transaction, group: string, how: "shared" | "alone"): void {
  const lock = how === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  tx.write(`SELECT ${lock}(hashtextextended($1, 3))`, [group]);
}

export interface RewindRequest {
  /** What was applied since then is applied again; null: everything. */
  to: Date | null;
  by: string;
  /** Empties what the group has made of its events. */
  reset?: ((tx: Transaction) => Promise<void>) | undefined;
  /** Whether somebody else sends again what is forgotten here: then that is still to be done. */
  resent: boolean;
}

/**
 * Has a group forget what it has applied since a time, and begin anew from there. This is the moment at which it is
 * rewound: a crash before leaves all as it was, after it the group gets its events again. Dead letters stay what they are,
 * and are not applied again by this.
 * @returns how many events will be applied again
 */
export async function rewindGroup(tx: Transaction, group: string, request: RewindRequest): Promise<number> {
  await tx.query(`SET LOCAL statement_timeout = ${limits.REWIND_STATEMENT_MS}`);
  holdPosition(tx, group, "alone");
  const [forgotten] = await tx.query<{ events: number; first: string | null }>(
    `WITH gone AS (
       DELETE FROM inbox i WHERE consumer_group = $1 AND applied_at >= coalesce($2, '-infinity'::timestamptz)
         AND NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.consumer_group = $1 AND d.event_id = i.event_id)
       RETURNING event_id
     ) SELECT count(*) AS events, min(event_id COLLATE "C") AS first FROM gone`,
    [group, request.to],
  );
  await request.reset?.(tx);
  const { events = 0, first = null } = forgotten ?? {};
  await tx.query(
    `INSERT INTO rewind (consumer_group, generation, since, resent, rewound_by) VALUES ($1, 1, $2, $3, $4)
     ON CONFLICT (consumer_group) DO UPDATE SET generation = rewind.generation + 1, since = EXCLUDED.since,
       resent = EXCLUDED.resent, rewound_at = now(), rewound_by = EXCLUDED.rewound_by`,
    [group, startOf(request.to, first), request.resent, request.by],
  );
  return events;
}

/**
 * From when on events are delivered again: from the oldest that is to be applied again, which may be older than the time
 * at which it was applied. Ids sort by the time they were made; one that does not tell its time is as old as can be.
 */
function startOf(to: Date | null, first: string | null): Date | null {
  if (to === null) return null;
  const made = first === null ? to : madeAt(first);
  if (made === undefined) return null;
  return new Date(Math.min(to.getTime(), made.getTime()) - limits.REWIND_MARGIN_MINUTES * MS_PER_MINUTE);
}

/** The outboxes have been told. */
export async function noteResent(db: Queryable, group: string): Promise<void> {
  await db.query("UPDATE rewind SET resent = true WHERE consumer_group = $1", [group]);
}
