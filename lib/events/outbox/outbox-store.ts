import { limits } from "#config/limits.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { IdRange } from "./id-ranges.ts";
import type { OutboxPosition, OutboxRow, OutboxStore, ResendRange } from "./outbox-port.ts";

const MS_PER_SECOND = 1_000;
const COLUMNS = `id, event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id, causation_id, traceparent, producer`;

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

/** The outbox of one service in its Postgres database. */
export class PostgresOutboxStore implements OutboxStore {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async read(ranges: readonly IdRange[], limit: number): Promise<{ position: OutboxPosition; rows: OutboxRow[] }> {
    const rows = await this.#db.query<OutboxPosition & (StoredEvent | { id: null })>(
      `SELECT sent_to AS "sentTo", moves, event.*
       FROM outbox_position LEFT JOIN LATERAL (
         SELECT event.* FROM unnest($1::bigint[], $2::bigint[]) AS range (first, last) CROSS JOIN LATERAL (
           SELECT ${COLUMNS} FROM outbox WHERE id BETWEEN first AND last AND id > sent_to ORDER BY id LIMIT $3
         ) AS event ORDER BY id LIMIT $3
       ) AS event ON true ORDER BY id`,
      [ranges.map(({ first }) => first), ranges.map(({ last }) => last), limit],
    );
    const [position] = rows;
    if (!position) throw new Error("The outbox has no position.");
    return { position, rows: rows.flatMap((row) => (row.id === null ? [] : [fromStored(row)])) };
  }

  async openWriters(): Promise<ReadonlySet<string>> {
    // A writer locks the table before it takes an id, so each transaction that has taken one is seen here or has ended.
    const writers = await this.#db.query<{ id: string }>(
      `SELECT virtualtransaction AS id FROM pg_locks JOIN pg_database d ON d.oid = database
       WHERE datname = current_database() AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'`,
    );
    return new Set(writers.map(({ id }) => id));
  }

  /** Two relays that run at once have both sent what they say, so the higher position is right. */
  async savePosition({ sentTo, moves }: OutboxPosition): Promise<boolean> {
    const saved = await this.#db.query(
      `WITH saved AS (
         UPDATE outbox_position SET sent_to = greatest(sent_to, $1)
         -- A position that is lost in a power cut only has events sent twice, so the commit need not wait for the disk.
         WHERE moves = $2 AND set_config('synchronous_commit', 'off', true) IS NOT NULL
         RETURNING sent_to, clock_timestamp() AS at
       ), noted AS (
         INSERT INTO outbox_progress (at, sent_to) SELECT at, sent_to FROM saved
         WHERE NOT EXISTS (SELECT 1 FROM outbox_progress p WHERE p.at > saved.at - make_interval(secs => $3))
         ON CONFLICT DO NOTHING
       )
       SELECT 1 FROM saved`,
      [sentTo, moves, limits.OUTBOX_PROGRESS_SECONDS],
    );
    return saved.length > 0;
  }

  /**
   * What was sent at some time or later has higher ids than the position before that time, and than each position since
   * then: the position may have been moved back in between. Both statements take their time while they lock the position.
   */
  async moveBack({ sentWithinMinutes, since }: ResendRange = {}): Promise<number> {
    const [moved] = await this.#db.query<{ ids: number }>(
      `WITH before AS (
         SELECT max(at) AS at FROM outbox_progress
         WHERE at < coalesce($1::timestamptz, now() - make_interval(mins => $2))
       ), target AS (
         SELECT greatest(
           (SELECT min(sent_to) FROM outbox_progress p WHERE p.at >= before.at),
           (SELECT min(id) - 1 FROM outbox),
           0
         ) AS id FROM before
       ), moved AS (
         UPDATE outbox_position p SET sent_to = least(p.sent_to, target.id), moves = p.moves + 1 FROM target
         RETURNING p.sent_to, clock_timestamp() AS at
       ), noted AS (
         INSERT INTO outbox_progress AS p (at, sent_to) SELECT at, sent_to FROM moved
         ON CONFLICT (at) DO UPDATE SET sent_to = least(p.sent_to, EXCLUDED.sent_to)
       )
       SELECT greatest(p.sent_to - moved.sent_to, 0) AS ids FROM moved, outbox_position p`,
      [since ?? null, sentWithinMinutes ?? null],
    );
    return moved?.ids ?? 0;
  }

  async streamOf(topic: string): Promise<string | undefined> {
    const [row] = await this.#db.query<{ place: string }>("SELECT place FROM topic_place WHERE topic = $1", [topic]);
    return row?.place;
  }

  async setStream(topic: string, streamId: string): Promise<void> {
    await this.#db.query(
      "INSERT INTO topic_place VALUES ($1, $2) ON CONFLICT (topic) DO UPDATE SET place = EXCLUDED.place",
      [topic, streamId],
    );
  }
}

/** The age of the oldest event behind the position, in seconds; 0 when all are sent. A position is saved about once a second. */
export async function oldestUnsentSeconds(db: Queryable): Promise<number> {
  const [row] = await db.query<{ occurred_at: Date }>(
    "SELECT occurred_at FROM outbox WHERE id > (SELECT sent_to FROM outbox_position) ORDER BY id LIMIT 1",
  );
  return row ? Math.max(0, Date.now() - row.occurred_at.getTime()) / MS_PER_SECOND : 0;
}

function fromStored(row: StoredEvent): OutboxRow {
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
