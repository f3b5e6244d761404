import { randomInt } from "node:crypto";
import { Redis } from "ioredis";
import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";

/** A value as it is stored, with the version that `compareAndSet` wants back. */
export interface Stored<T> {
  value: T;
  version: number;
}

/**
 * Values that may be lost: carts, challenges, counters. JSON under a key, for a time.
 * While the store is away every call fails with an error that `isOutage` knows.
 */
export interface KeyValue {
  get<T>(key: string): Promise<Stored<T> | undefined>;
  /** @returns the new version */
  set<T>(key: string, value: T, ttlSeconds: number): Promise<number>;
  /**
   * Sets the value if nobody else did since it was read.
   * @param version of the value as it was read; ABSENT where there was none
   * @returns the new version, or undefined when somebody was faster
   */
  compareAndSet<T>(key: string, value: T, version: number, ttlSeconds: number): Promise<number | undefined>;
  /** Adds to a counter, made with this time to live if it is not there. @returns the sum */
  increment(key: string, by: number, ttlSeconds: number): Promise<number>;
  /** @returns whether it was there */
  delete(key: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The version of what is not there. */
export const ABSENT = 0;

/** Redis where a URL is given, else the `keyvalue` table that every service's database has. */
export function keyvalue(db: Queryable & { url: string }, redisUrl?: string): KeyValue {
  return redisUrl ? new RedisKeyValue(redisUrl, new URL(db.url).pathname.slice(1)) : new PostgresKeyValue(db);
}

/** @throws DomainError BODY_TOO_LARGE */
function toJson(value: unknown): string {
  const json = JSON.stringify(value ?? null);
  if (Buffer.byteLength(json) > limits.KEYVALUE_BYTES) {
    throw new DomainError("BODY_TOO_LARGE", `A stored value has at most ${limits.KEYVALUE_BYTES} bytes.`);
  }
  return json;
}

const FIRST_VERSIONS = 2 ** 47;

/** Versions begin anywhere, so that a value made again after its deletion does not pass for the old one. */
function firstVersion(): number {
  return randomInt(1, FIRST_VERSIONS);
}

class PostgresKeyValue implements KeyValue {
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
    const [row] = await this.#db.query<{ version: number }>(
      `INSERT INTO keyvalue AS k (key, value, version, expires_at) VALUES ($1, $2::json, $3, now() + make_interval(secs => $4))
       ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, version = k.version + 1, expires_at = EXCLUDED.expires_at
       RETURNING version`,
      [key, toJson(value), firstVersion(), ttlSeconds],
    );
    return row?.version ?? ABSENT;
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
            `UPDATE keyvalue SET value = $2::json, version = version + 1, expires_at = now() + make_interval(secs => $4)
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

// A value is a hash of `value` (JSON) and `version`; each script is one atomic step.
const SET = `
  local version = redis.call("HGET", KEYS[1], "version")
  version = version and string.format("%.0f", tonumber(version) + 1) or ARGV[2]
  redis.call("HSET", KEYS[1], "value", ARGV[1], "version", version)
  redis.call("PEXPIRE", KEYS[1], ARGV[3])
  return version`;
const COMPARE_AND_SET = `
  local version = redis.call("HGET", KEYS[1], "version")
  if (version or "0") ~= ARGV[4] then return false end
  version = version and string.format("%.0f", tonumber(version) + 1) or ARGV[2]
  redis.call("HSET", KEYS[1], "value", ARGV[1], "version", version)
  redis.call("PEXPIRE", KEYS[1], ARGV[3])
  return version`;
const INCREMENT = `
  local version = redis.call("HGET", KEYS[1], "version")
  if version then
    redis.call("HINCRBY", KEYS[1], "version", 1)
  else
    redis.call("HSET", KEYS[1], "version", ARGV[2])
    redis.call("PEXPIRE", KEYS[1], ARGV[3])
  end
  return redis.call("HINCRBY", KEYS[1], "value", ARGV[1])`;

const RECONNECT_CAP_MS = 1_000;

class RedisKeyValue implements KeyValue {
  readonly #redis: Redis;
  readonly #prefix: string;

  /** @param space keeps the keys of services and clusters apart that share one Redis */
  constructor(url: string, space: string) {
    this.#prefix = `${space}:`;
    this.#redis = new Redis(url, {
      commandTimeout: limits.KEYVALUE_TIMEOUT_MS,
      connectTimeout: limits.CONNECT_TIMEOUT_MS,
      socketTimeout: limits.REDIS_SILENCE_MS,
      maxRetriesPerRequest: 1,
      retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_CAP_MS),
    });
    // Each failing call says so itself; without a listener ioredis writes to the console.
    this.#redis.on("error", () => undefined);
  }

  async get<T>(key: string): Promise<Stored<T> | undefined> {
    const [value, version] = await this.#ask(() => this.#redis.hmget(this.#prefix + key, "value", "version"));
    return value && version ? { value: JSON.parse(value) as T, version: Number(version) } : undefined;
  }

  async set<T>(key: string, value: T, ttlSeconds: number): Promise<number> {
    return Number(await this.#run(SET, key, toJson(value), firstVersion(), ttlSeconds * 1_000));
  }

  async compareAndSet<T>(key: string, value: T, version: number, ttlSeconds: number): Promise<number | undefined> {
    const set = await this.#run(COMPARE_AND_SET, key, toJson(value), firstVersion(), ttlSeconds * 1_000, version);
    return set === null ? undefined : Number(set);
  }

  async increment(key: string, by: number, ttlSeconds: number): Promise<number> {
    return Number(await this.#run(INCREMENT, key, by, firstVersion(), ttlSeconds * 1_000));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#ask(() => this.#redis.del(this.#prefix + key))) > 0;
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }

  #run(script: string, key: string, ...values: (string | number)[]): Promise<unknown> {
    return this.#ask(() => this.#redis.eval(script, 1, this.#prefix + key, ...values));
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (isMistake(error)) throw error;
      throw new DomainError("SERVICE_UNAVAILABLE", "The key-value store does not answer.", {
        retryAfterSeconds: limits.RETRY_AFTER_SECONDS,
      });
    }
  }
}

/** Redis understood the command and calls it wrong; anything else (no connection, loading, no memory) passes. */
function isMistake(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError" && /^(ERR|WRONGTYPE|NOPERM)\b/.test(error.message);
}
