import type { Queryable } from "#lib/sql/transaction.ts";
import { ABSENT, firstVersion, type KeyValue, type Stored, toJson } from "./keyvalue.ts";

/**
 * SQL: the expiry of a value that is written now. A value that is written often keeps its present expiry for a while, so
 * that the update changes no indexed column and writes no index. Therefore a value may live up to 1 % longer than asked for.
 * @param ttl SQL, its time to live in seconds
 * @param present SQL, the expiry that it has; NULL for a new value
 */
const expiry = (ttl: string, present: string) => `CASE
  WHEN ${present} BETWEEN now() + make_interval(secs => ${ttl}) AND now() + make_interval(secs => 1.01 * ${ttl}) THEN ${present}
  ELSE now() + make_interval(secs => 1.01 * ${ttl}) END`;

/** Keeps values in the table `keyvalue`, which every service's database has. */
export class PostgresKeyValue implements KeyValue {
  readonly durable = true;
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async get<T>(key: string): Promise<Stored<T> | undefined> {
    const [row] = await this.#db.query<Stored<T>>(
      "SELECT value, version FROM keyvalue WHERE key = $1 AND (expires_at IS NULL OR expires_at > now())",
      [key],
    );
    return row;
  }

  async set<T>(key: string, value: T, ttlSeconds: number): Promise<number> {
    const [version] = await this.setAll([[key, value]], ttlSeconds);
    return version ?? ABSENT;
  }

  async setAll(entries: readonly (readonly [key: string, value: unknown])[], ttlSeconds: number): Promise<number[]> {
    // In the order of their keys, so that two writers cannot deadlock.
    const rows = await this.#db.query<{ key: string; version: number }>(
      `INSERT INTO keyvalue AS k (key, value, version, expires_at)
       SELECT key, value, version, ${expiry("$4::float8", "NULL::timestamptz")}
       FROM unnest($1::text[], $2::json[], $3::bigint[]) AS n (key, value, version) ORDER BY key COLLATE "C"
       ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, version = k.version + 1,
                                       expires_at = ${expiry("$4::float8", "k.expires_at")}
       RETURNING key, version`,
      [entries.map(([key]) => key), entries.map(([, value]) => toJson(value)), entries.map(firstVersion), ttlSeconds],
    );
    const versions = new Map(rows.map(({ key, version }) => [key, version]));
    return entries.map(([key]) => versions.get(key) ?? ABSENT);
  }

  async compareAndSet<T>(key: string, value: T, version: number, ttlSeconds: number): Promise<number | undefined> {
    const json = toJson(value);
    const [row] =
      version === ABSENT
        ? await this.#db.query<{ version: number }>(
            `INSERT INTO keyvalue AS k (key, value, version, expires_at) VALUES ($1, $2::json, $3, now() + make_interval(secs => $4))
             ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, version = EXCLUDED.version, expires_at = EXCLUDED.expires_at
               WHERE k.expires_at <= now()
             RETURNING version`,
            [key, json, firstVersion(), ttlSeconds],
          )
        : await this.#db.query<{ version: number }>(
            `UPDATE keyvalue SET value = $2::json, version = version + 1, expires_at = ${expiry("$4::float8", "expires_at")}
             WHERE key = $1 AND version = $3 AND (expires_at IS NULL OR expires_at > now())
             RETURNING version`,
            [key, json, version, ttlSeconds],
          );
    return row?.version;
  }

  async increment(key: string, by: number, ttlSeconds: number): Promise<number> {
    const [row] = await this.#db.query<{ value: number }>(
      `INSERT INTO keyvalue AS k (key, value, version, expires_at) VALUES ($1, to_json($2::bigint), $3, now() + make_interval(secs => $4))
       ON CONFLICT (key) DO UPDATE SET
         value = CASE WHEN k.expires_at <= now() THEN EXCLUDED.value ELSE to_json((k.value #>> '{}')::bigint + $2::bigint) END,
         version = k.version + 1,
         expires_at = CASE WHEN k.expires_at <= now() THEN EXCLUDED.expires_at ELSE k.expires_at END
       RETURNING value`,
      [key, by, firstVersion(), ttlSeconds],
    );
    return row?.value ?? by;
  }

  async delete(key: string): Promise<boolean> {
    const rows = await this.#db.query(
      "DELETE FROM keyvalue WHERE key = $1 RETURNING expires_at IS NULL OR expires_at > now() AS alive",
      [key],
    );
    return rows[0]?.alive === true;
  }

  async close(): Promise<void> {}
}
