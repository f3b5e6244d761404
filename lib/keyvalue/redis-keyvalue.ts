import { Redis } from "ioredis";
import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { firstVersion, type KeyValue, type Stored, toJson } from "./keyvalue.ts";

// A stored value is a Redis hash with the fields `value` (JSON) and `version`. Each script runs atomically.
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

/** Keeps values in Redis. */
export class RedisKeyValue implements KeyValue {
  readonly durable = false;
  readonly #redis: Redis;
  readonly #prefix: string;

  /** @param namespace prefix of all keys, because several services and clusters may share one Redis */
  constructor(url: string, namespace: string) {
    this.#prefix = `${namespace}:`;
    this.#redis = new Redis(url, {
      commandTimeout: limits.KEYVALUE_TIMEOUT_MS,
      connectTimeout: limits.CONNECT_TIMEOUT_MS,
      socketTimeout: limits.REDIS_SILENCE_MS,
      maxRetriesPerRequest: 1,
      retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_CAP_MS),
    });
    // Each failed call throws. Without a listener ioredis would also write to the console.
    this.#redis.on("error", () => undefined);
  }

  async get<T>(key: string): Promise<Stored<T> | undefined> {
    const [value, version] = await this.#send(() => this.#redis.hmget(this.#prefix + key, "value", "version"));
    return value && version ? { value: JSON.parse(value) as T, version: Number(version) } : undefined;
  }

  async set<T>(key: string, value: T, ttlSeconds: number): Promise<number> {
    return Number(await this.#runScript(SET, key, toJson(value), firstVersion(), ttlSeconds * 1_000));
  }

  setAll(entries: readonly (readonly [key: string, value: unknown])[], ttlSeconds: number): Promise<number[]> {
    return Promise.all(entries.map(([key, value]) => this.set(key, value, ttlSeconds)));
  }

  async compareAndSet<T>(key: string, value: T, version: number, ttlSeconds: number): Promise<number | undefined> {
    const set = await this.#runScript(COMPARE_AND_SET, key, toJson(value), firstVersion(), ttlSeconds * 1_000, version);
    return set === null ? undefined : Number(set);
  }

  async increment(key: string, by: number, ttlSeconds: number): Promise<number> {
    return Number(await this.#runScript(INCREMENT, key, by, firstVersion(), ttlSeconds * 1_000));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#send(() => this.#redis.del(this.#prefix + key))) > 0;
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }

  #runScript(script: string, key: string, ...values: (string | number)[]): Promise<unknown> {
    return this.#send(() => this.#redis.eval(script, 1, this.#prefix + key, ...values));
  }

  async #send<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (error) {
      if (isRejectedCommand(error)) throw error;
      throw new DomainError("SERVICE_UNAVAILABLE", "The key-value store does not answer.", {
        retryAfterSeconds: limits.RETRY_AFTER_SECONDS,
      });
    }
  }
}

/** Whether Redis rejected the command itself: a bug. All other errors (no connection, loading, no memory) are outages. */
function isRejectedCommand(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError" && /^(ERR|WRONGTYPE|NOPERM)\b/.test(error.message);
}
