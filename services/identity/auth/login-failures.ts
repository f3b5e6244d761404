import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import type { Env } from "../../../config/env.ts";
import { limits } from "../../../config/limits.ts";
import { Problem } from "../../../mixins/errors.ts";

const REDIS_MS = 500; // a login waits this long for the count and is then refused

/**
 * Counts failed logins of one account from one address, in Redis for all nodes together, else in this process. When
 * Redis is away nobody logs in: an attacker who can hurt Redis must not gain unlimited guesses by it.
 */
export class LoginFailures {
  readonly #limiter: RateLimiterAbstract | undefined;
  readonly #redis: Redis | undefined;

  constructor(env: Pick<Env, "RATE_LIMIT" | "REDIS_URL" | "NAMESPACE">) {
    if (env.RATE_LIMIT === "off") return;
    const options = {
      keyPrefix: `${env.NAMESPACE}:login-failures`,
      points: limits.LOGIN_FAILURES,
      duration: limits.LOGIN_FAILURE_WINDOW_SECONDS,
    };
    if (!env.REDIS_URL) {
      this.#limiter = new RateLimiterMemory(options);
      return;
    }
    this.#redis = new Redis(env.REDIS_URL, {
      maxRetriesPerRequest: 1,
      commandTimeout: REDIS_MS,
      socketTimeout: limits.REDIS_SILENCE_MS,
    });
    this.#redis.on("error", () => undefined); // each login meets the failure itself
    this.#limiter = new RateLimiterRedis({ ...options, storeClient: this.#redis });
  }

  /** @throws Problem RATE_LIMITED when there were too many, SERVICE_UNAVAILABLE when they cannot be counted */
  async refuseTooMany(account: string, address: string): Promise<void> {
    const counted = await closed(() => this.#limiter?.get(keyOf(account, address)));
    if (!counted || counted.consumedPoints < limits.LOGIN_FAILURES) return;
    const retryAfterSeconds = Math.max(1, Math.ceil(counted.msBeforeNext / 1_000));
    throw new Problem("RATE_LIMITED", "Too many failed logins: please wait.", { retryAfterSeconds });
  }

  async count(account: string, address: string): Promise<void> {
    await closed(() => this.#limiter?.penalty(keyOf(account, address)));
  }

  close(): void {
    this.#redis?.disconnect();
  }
}

async function closed<T>(counting: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await counting();
  } catch {
    throw new Problem("SERVICE_UNAVAILABLE", undefined, { retryAfterSeconds: limits.RETRY_AFTER_SECONDS });
  }
}

/** Hashed, so that keys are short whatever was typed and Redis learns no email addresses. */
function keyOf(account: string, address: string): string {
  return createHash("sha256").update(`${account}\n${address}`).digest("base64url");
}
