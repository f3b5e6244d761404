import { limits } from "#config/limits.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { OutboxEnd, OutboxRow, OutboxStore, ResendRange, SentRow, UnsentQuery } from "./outbox-port.ts";

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

  async readUnsent({ fromId, inFlight, limit }: UnsentQuery): Promise<OutboxRow[]> {
    const rows = await this.#db.query<StoredEvent>(
      // Postgres hashes the subquery; `<> ALL` would compare each row with up to OUTBOX_IN_FLIGHT ids.
      `SELECT ${COLUMNS} FROM outbox
       WHERE sent_at IS NULL AND id >= $1 AND id NOT IN (SELECT unnest($2::bigint[])) ORDER BY id LIMIT $3`,
      [fromId, inFlight, limit],
    );
    return rows.map(fromStored);
  }

  async readEnd(): Promise<OutboxEnd> {
    const [end] = await this.#db.query<{ last: number }>(
      "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM outbox_id_seq",
    );
    // A writer locks the table before it takes an id, so each transaction with an id up to `last` is seen here or has ended.
    const writers = await this.#db.query<{ id: string }>(
      `SELECT virtualtransaction AS id FROM pg_locks JOIN pg_database d ON d.oid = database
       WHERE datname = current_database() AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'`,
    );
    return { lastId: end?.last ?? 0, writers: new Set(writers.map(({ id }) => id)) };
  }

  async markSent(rows: readonly SentRow[]): Promise<boolean> {
    const marked = await this.#db.query(
      `UPDATE outbox SET sent_at = now()
       FROM unnest($1::bigint[], $2::text[]) AS sent (id, place) JOIN topic_place USING (place)
       WHERE outbox.id = sent.id AND outbox.topic = topic_place.topic
         -- A mark that is lost in a power cut only has its event sent twice, so the commit need not wait for the disk.
         AND set_config('synchronous_commit', 'off', true) IS NOT NULL
       RETURNING 1`,
      [rows.map(({ id }) => id), rows.map(({ streamId }) => streamId)],
    );
    return marked.length === rows.length;
  }

  /** Works in batches, oldest first, so that no statement reaches its time-out. */
  async markUnsent(topic: string, { sentWithinMinutes, since }: ResendRange = {}): Promise<number> {
    let count = 0;
    for (let after = 0; ; ) {
      const [batch] = await this.#db.query<{ rows: number; last: number | null }>(
        `WITH batch AS (
           SELECT id FROM outbox
           WHERE id > $1 AND topic = $2 AND sent_at >= coalesce(now() - make_interval(mins => $3), '-infinity')
             AND occurred_at >= coalesce($4::timestamptz, '-infinity')
           ORDER BY id LIMIT $5
         ), changed AS (
           UPDATE outbox SET sent_at = NULL WHERE id = ANY (ARRAY(SELECT id FROM batch))
         )
         SELECT count(*) AS rows, max(id) AS last FROM batch`,
        [after, topic, sentWithinMinutes ?? null, since ?? null, limits.OUTBOX_RESEND_ROWS],
      );
      count += batch?.rows ?? 0;
      if (!batch?.last) return count;
      after = batch.last;
    }
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

/** The age of the oldest event that is not sent yet, in seconds; 0 when all are sent. */
export async function oldestUnsentSeconds(db: Queryable): Promise<number> {
  const [row] = await db.query<{ occurred_at: Date }>(
    "SELECT occurred_at FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 1",
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
