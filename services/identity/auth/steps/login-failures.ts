import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import type { Env } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { authLimits } from "../domain/limits.ts";

const REDIS_MS = 300; // a login asks three times, and is answered within two seconds whatever Redis does

/**
 * Counts failed logins of one account from one address: in this process, and in Redis for all nodes together. While
 * Redis is away, and when it comes back empty, this node's own count holds: people go on logging in, and an attacker who
 * can hurt Redis gains no more than this limit on each node.
 */
export class LoginFailures {
  readonly #limiters: readonly RateLimiterAbstract[];
  readonly #redis: Redis | undefined;

  constructor(env: Pick<Env, "RATE_LIMIT" | "REDIS_URL" | "NAMESPACE">) {
    this.#limiters = [];
    if (env.RATE_LIMIT === "off") return;
    const options = {
      keyPrefix: `${env.NAMESPACE}:login-failures`,
      points: authLimits.LOGIN_FAILURES,
      duration: authLimits.LOGIN_FAILURE_WINDOW_SECONDS,
    };
    const own = new RateLimiterMemory(options);
    this.#limiters = [own];
    if (!env.REDIS_URL) return;
    this.#redis = new Redis(env.REDIS_URL, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: REDIS_MS,
      socketTimeout: limits.REDIS_SILENCE_MS,
    });
    this.#redis.on("error", () => undefined); // the own count goes on
    this.#limiters = [own, new RateLimiterRedis({ ...options, storeClient: this.#redis })];
  }

  /** @throws DomainError RATE_LIMITED when there were too many */
  async refuseTooMany(account: string, address: string): Promise<void> {
    for (const counted of await this.#each((limiter) => limiter.get(keyOf(account, address)))) {
      if (!counted || counted.consumedPoints < authLimits.LOGIN_FAILURES) continue;
      const retryAfterSeconds = Math.max(1, Math.ceil(counted.msBeforeNext / 1_000));
      throw new DomainError("RATE_LIMITED", "Too many failed logins: please wait.", { retryAfterSeconds });
    }
  }

  async count(account: string, address: string): Promise<void> {
    await this.#each((limiter) => limiter.penalty(keyOf(account, address)));
  }

  close(): void {
    this.#redis?.disconnect();
  }

  /** What each says that can be asked. */
  async #each<T>(ask: (limiter: RateLimiterAbstract) => Promise<T>): Promise<T[]> {
    const answers = await Promise.allSettled(this.#limiters.map(ask));
    return answers.filter((answer) => answer.status === "fulfilled").map(({ value }) => value);
  }
}

/** Hashed, so that keys are short whatever was typed and Redis learns no email addresses. */
function keyOf(account: string, address: string): string {
  return createHash("sha256").update(`${account}\n${address}`).digest("base64url");
}
