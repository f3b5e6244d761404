import { limits } from "#config/limits.ts";
import { newId } from "#lib/contract/ids.ts";
import type { DataOf, NamedEvent } from "#lib/contract/types.ts";
import { assertFits } from "#lib/contract/validation.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { OutboxWriter, Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { EventEnvelope } from "../envelope.ts";
import type { Place } from "../transport/transport.ts";

/** An event before its transaction gives it a time, by the database's clock, and a place in its aggregate's sequence. */
export type DraftEvent = Omit<EventEnvelope, "timestamp" | "sequence" | "producer">;

/** @throws DomainError VALIDATION_FAILED when the data do not fit the event's contract: a bug of the producer */
function draft<E extends NamedEvent>(event: E, data: DataOf<E>, cause: Cause): DraftEvent {
  assertFits(event.data, data, `The event ${event.type}`);
  return {
    eventId: newId("event"),
    eventType: event.type,
    version: event.version,
    data,
    topic: event.topic,
    key: String((data as Record<string, unknown>)[event.key]),
    ...cause,
  };
}

/**
 * Writes events into the outbox and numbers them within their aggregates. The row lock on each aggregate's sequence is
 * held until commit, so the order of ids, the order of sequences and the order of commits agree for one aggregate.
 * Sequences are taken in the order of their keys, so two writers cannot deadlock on them.
 */
function writeOutbox(tx: Pick<Transaction, "write">, events: readonly DraftEvent[], producer: string): void {
  const { aggregates, later } = countByAggregate(events);
  tx.write(
    `WITH bumped AS (
       INSERT INTO event_sequence AS s (topic, key, last)
       SELECT * FROM unnest($11::text[], $12::text[], $13::bigint[])
       ON CONFLICT (topic, key) DO UPDATE SET last = s.last + EXCLUDED.last
       RETURNING topic, key, last
     )
     INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence,
                         correlation_id, causation_id, traceparent, producer)
     SELECT event_id, event_type, clock_timestamp(), version, data, topic, key, last - later,
            correlation_id, causation_id, traceparent, $14
     FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::text[], $6::text[], $7::int[],
                 $8::text[], $9::text[], $10::text[])
       WITH ORDINALITY AS e (event_id, event_type, version, data, topic, key, later,
                             correlation_id, causation_id, traceparent, place)
     JOIN bumped USING (topic, key)
     ORDER BY place`,
    [
      events.map((e) => e.eventId),
      events.map((e) => e.eventType),
      events.map((e) => e.version),
      events.map(dataOf),
      events.map((e) => e.topic),
      events.map((e) => e.key),
      later,
      events.map((e) => e.correlationId),
      events.map((e) => e.causationId),
      events.map((e) => e.traceparent),
      aggregates.map(({ topic }) => topic),
      aggregates.map(({ key }) => key),
      aggregates.map(({ count }) => count),
      producer,
    ],
  );
}

/** What transactions of one producer (`service@node`) write their events with. */
export function outboxWriter(producer: string): OutboxWriter {
  return { draft, write: (tx, drafts) => writeOutbox(tx, drafts as readonly DraftEvent[], producer) };
}

/** @throws Error when no broker would take the event, ever: it must not get into the outbox */
function dataOf({ eventType, key, data }: DraftEvent): string {
  const text = JSON.stringify(data);
  if (Buffer.byteLength(text) > limits.EVENT_BYTES)
    throw new Error(`The event ${eventType} of ${key} is larger than EVENT_BYTES.`);
  return text;
}

/** The aggregates of some events, in the order of their keys, and for each event how many of its aggregate come later. */
function countByAggregate(events: readonly DraftEvent[]) {
  const byName = new Map<string, { topic: string; key: string; count: number }>();
  const places = events.map(({ topic, key }) => {
    const name = `${topic}/${key}`;
    const aggregate = byName.get(name) ?? { topic, key, count: 0 };
    byName.set(name, aggregate);
    aggregate.count += 1;
    return { aggregate, place: aggregate.count };
  });
  const names = [...byName.keys()].sort();
  return {
    aggregates: names.map((name) => byName.get(name) as { topic: string; key: string; count: number }),
    later: places.map(({ aggregate, place }) => aggregate.count - place),
  };
}

/** A row of the outbox: its place in it, and the event. */
export interface OutboxRow {
  id: number;
  event: EventEnvelope;
}

interface StoredEvent {
  id: number;
  event_id: string;
  event_type: string;
  occurred_at: Date;
  version: string;
  data: unknown;
  topic: string;
  key: string;
  sequence: number;
  correlation_id: string;
  causation_id: string;
  traceparent: string | null;
  producer: string;
}

const COLUMNS = `id, event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id, causation_id, traceparent, producer`;

function fromRow(row: StoredEvent): OutboxRow {
  return {
    id: row.id,
    event: {
      eventId: row.event_id,
      eventType: row.event_type,
      timestamp: row.occurred_at.toISOString(),
      version: row.version,
      data: row.data,
      topic: row.topic,
      key: row.key,
      sequence: row.sequence,
      correlationId: row.correlation_id,
      causationId: row.causation_id,
      traceparent: row.traceparent,
      producer: row.producer,
    },
  };
}

/** What a relay has not sent yet: from which id on it looks, which ids it leaves out as they are on their way, how many. */
export interface Unsent {
  from: number;
  inFlight: readonly number[];
  limit: number;
}

/** The oldest events not yet sent. */
export async function readUnsent(db: Queryable, { from, inFlight, limit }: Unsent): Promise<OutboxRow[]> {
  const rows = await db.query<StoredEvent>(
    // A hashed subquery; `<> ALL` would compare each row with up to OUTBOX_IN_FLIGHT ids.
    `SELECT ${COLUMNS} FROM outbox
     WHERE sent_at IS NULL AND id >= $1 AND id NOT IN (SELECT unnest($2::bigint[])) ORDER BY id LIMIT $3`,
    [from, inFlight, limit],
  );
  return rows.map(fromRow);
}

/** How far ids have been given out, and the transactions that may hold one of them. */
export interface OutboxEnd {
  lastId: number;
  writers: ReadonlySet<string>;
}

export async function readEnd(db: Queryable): Promise<OutboxEnd> {
  const [end] = await db.query<{ last: number }>(
    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM outbox_id_seq",
  );
  // Afterwards: whoever has an id up to that one has ended by now, or is seen here. A writer locks the table first.
  const writers = await db.query<{ id: string }>(
    `SELECT virtualtransaction AS id FROM pg_locks JOIN pg_database d ON d.oid = database
     WHERE datname = current_database() AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'`,
  );
  return { lastId: end?.last ?? 0, writers: new Set(writers.map(({ id }) => id)) };
}

/** What of a topic's history is sent again: all that is retained, what was sent in the last minutes, or what happened since. */
export type Resent = { sentWithinMinutes?: number; since?: Date };

/**
 * Has the relay send events again that were sent before, in bites, oldest first.
 * @returns how many
 */
export async function markUnsent(
  db: Queryable,
  topic: string,
  { sentWithinMinutes, since }: Resent = {},
): Promise<number> {
  let count = 0;
  for (let after = 0; ; ) {
    const [bite] = await db.query<{ rows: number; last: number | null }>(
      `WITH bite AS (
         SELECT id FROM outbox
         WHERE id > $1 AND topic = $2 AND sent_at >= coalesce(now() - make_interval(mins => $3), '-infinity')
           AND occurred_at >= coalesce($4::timestamptz, '-infinity')
         ORDER BY id LIMIT $5
       ), changed AS (
         UPDATE outbox SET sent_at = NULL WHERE id = ANY (ARRAY(SELECT id FROM bite))
       )
       SELECT count(*) AS rows, max(id) AS last FROM bite`,
      [after, topic, sentWithinMinutes ?? null, since ?? null, limits.OUTBOX_RESEND_ROWS],
    );
    count += bite?.rows ?? 0;
    if (!bite?.last) return count;
    after = bite.last;
  }
}

/**
 * Compares where a topic's events are kept with where they were sent before. What is not there is sent again: events
 * of an earlier place all, and of a place that lost its tail those it may have lost. The inboxes know what they had.
 * @returns how many
 */
export async function settleIn(db: Queryable, topic: string, place: Place): Promise<number> {
  const [known] = await db.query<{ place: string }>("SELECT place FROM topic_place WHERE topic = $1", [topic]);
  if (known?.place === place.name) {
    return place.intact ? 0 : markUnsent(db, topic, { sentWithinMinutes: limits.STREAM_TAIL_MINUTES });
  }
  const count = await markUnsent(db, topic);
  await db.query("INSERT INTO topic_place VALUES ($1, $2) ON CONFLICT (topic) DO UPDATE SET place = EXCLUDED.place", [
    topic,
    place.name,
  ]);
  return count;
}

/** A row that was sent, and where to. */
export interface SentRow {
  id: number;
  place: string;
}

/**
 * Marks what was sent, unless its topic has another place by now: then it is not there.
 * @returns whether all were marked
 */
export async function markSent(db: Queryable, rows: readonly SentRow[]): Promise<boolean> {
  const marked = await db.query(
    `UPDATE outbox SET sent_at = now()
     FROM unnest($1::bigint[], $2::text[]) AS sent (id, place) JOIN topic_place USING (place)
     WHERE outbox.id = sent.id AND outbox.topic = topic_place.topic
       -- Lost with the power, a mark costs an event sent twice: nothing worth waiting for the disk.
       AND set_config('synchronous_commit', 'off', true) IS NOT NULL
     RETURNING 1`,
    [rows.map(({ id }) => id), rows.map(({ place }) => place)],
  );
  return marked.length === rows.length;
}
