import { DomainError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { EventEnvelope } from "../envelope.ts";
import type { GroupPosition } from "./rewind.ts";

/**
 * Records events as applied, as the first statement of the transaction that applies them: when it has waited for a rewind,
 * it sees what that has committed, because Postgres locks the table before it takes the statement's snapshot.
 * @param lockTimeoutMs how long this and the later statements of the transaction wait for a lock
 * @returns those that were not applied before, in their order
 * @throws DomainError SERVICE_UNAVAILABLE when the group was rewound after they were delivered: they are delivered again,
 * in their order among the events that are replayed
 */
export async function recordInInbox(
  tx: Transaction,
  { name, position }: { name: string; position: GroupPosition },
  events: readonly EventEnvelope[],
  lockTimeoutMs: number,
): Promise<EventEnvelope[]> {
  const [recorded] = await tx.query<{ generation: number; fresh: string[] }>(
    `WITH position AS (
       SELECT coalesce((SELECT generation FROM rewind WHERE consumer_group = $1), 0) AS generation
     ), recorded AS (
       INSERT INTO inbox (consumer_group, event_id) SELECT $1, unnest($2::text[])
       ON CONFLICT DO NOTHING RETURNING event_id
     ) SELECT set_config('lock_timeout', $3, true), generation, ARRAY(SELECT event_id FROM recorded) AS fresh FROM position`,
    [name, events.map(({ eventId }) => eventId), `${lockTimeoutMs}ms`],
  );
  if (recorded?.generation !== position.generation)
    throw new DomainError("SERVICE_UNAVAILABLE", "The group was rewound.");
  const fresh = new Set(recorded.fresh);
  return events.filter(({ eventId }) => fresh.delete(eventId)); // `delete`, because a batch may contain an event twice
}

/** Records that a dead letter was applied just now, so that a rewind to an earlier time applies its event again. */
export function updateAppliedAt(tx: Transaction, group: string, eventId: string): void {
  tx.write("UPDATE inbox SET applied_at = now() WHERE consumer_group = $1 AND event_id = $2", [group, eventId]);
}
