import { Redis } from "ioredis";
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from "rate-limiter-flexible";
import { limits } from "#config/limits.ts";

/** How often something was counted in the current window. */
export interface Count {
  count: number;
  /** Milliseconds until the window ends and the count is 0 again; 0 if nothing was counted. */
  endsInMs: number;
}

export interface WindowCounterOptions {
  /** Prefix of the keys in Redis, which several clusters and counters may share. */
  name: string;
  /** A window begins with the first count of a key. */
  windowSeconds: number;
  /** Absent: only this process counts. */
  redisUrl?: string | undefined;
  /** Redis has this long to answer. */
  redisTimeoutMs: number;
}

const NOTHING: Count = { count: 0, endsInMs: 0 };

/**
 * Counts by key in fixed windows of time: in this process and, with Redis, for all nodes together. The larger of both
 * counts is the answer. So each node still has its own count while Redis is unavailable, and after Redis has lost its
 * data. No call fails because of Redis.
 */
export class WindowCounter {
  readonly #counters: readonly RateLimiterAbstract[];
  readonly #redis: Redis | undefined;

  constructor({ name, windowSeconds, redisUrl, redisTimeoutMs }: WindowCounterOptions) {
    const options = { keyPrefix: name, points: 1, duration: windowSeconds }; // `points`, its limit, is not used here
    const own = new RateLimiterMemory(options);
    this.#counters = [own];
    if (!redisUrl) return;
    this.#redis = new Redis(redisUrl, {
      enableOfflineQueue: false, // without a connection a command fails at once
      maxRetriesPerRequest: 0,
      commandTimeout: redisTimeoutMs,
      socketTimeout: limits.REDIS_SILENCE_MS,
    });
    this.#redis.on("error", () => undefined); // without a listener ioredis would write to the console
    this.#counters = [own, new RateLimiterRedis({ ...options, storeClient: this.#redis })];
  }

  /** Adds one. @returns the count including this one */
  add(key: string): Promise<Count> {
    return this.#largest((counter) => counter.penalty(key));
  }

  read(key: string): Promise<Count> {
    return this.#largest((counter) => counter.get(key));
  }

  close(): void {
    this.#redis?.disconnect();
  }

  async #largest(ask: (counter: RateLimiterAbstract) => Promise<RateLimiterRes | null>): Promise<Count> {
    const answers = await Promise.allSettled(this.#counters.map(ask));
    return answers.reduce((largest, answer) => {
      if (answer.status === "rejected" || !answer.value) return largest;
      const { consumedPoints, msBeforeNext } = answer.value;
      return consumedPoints > largest.count ? { count: consumedPoints, endsInMs: msBeforeNext } : largest;
    }, NOTHING);
  }
}
