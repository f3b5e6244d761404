import type { ServerResponse } from "node:http";
import { Redis } from "ioredis";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Env } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { gatewayLimits } from "./limits.ts";

/** Counts requests per caller: by identity where known, else by address. */
export class RequestLimiter {
  readonly #limiter: RateLimiterAbstract | undefined;
  readonly #redis: Redis | undefined;

  constructor(env: Env) {
    if (env.RATE_LIMIT === "off") return;
    const options = {
      keyPrefix: `${env.NAMESPACE}:rate`,
      points: gatewayLimits.RATE_POINTS,
      duration: gatewayLimits.RATE_WINDOW_SECONDS,
    };
    const memory = new RateLimiterMemory(options);
    if (!env.REDIS_URL) {
      this.#limiter = memory;
      return;
    }
    this.#redis = new Redis(env.REDIS_URL, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      lazyConnect: true,
      commandTimeout: 200,
      socketTimeout: limits.REDIS_SILENCE_MS,
    });
    this.#redis.on("error", () => undefined); // without Redis each gateway counts for itself
    this.#redis.connect().catch(() => undefined);
    this.#limiter = new RateLimiterRedis({ ...options, storeClient: this.#redis, insuranceLimiter: memory });
  }

  /**
   * Counts one request and says on the answer what is left.
   * @throws DomainError RATE_LIMITED
   */
  async count(auth: Auth, address: string, res: ServerResponse): Promise<void> {
    if (!this.#limiter) return;
    const outcome = await this.#limiter.consume(callerKey(auth, address)).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    });
    const resetSeconds = Math.ceil(outcome.msBeforeNext / 1_000);
    res.setHeader("RateLimit-Limit", gatewayLimits.RATE_POINTS);
    res.setHeader("RateLimit-Remaining", Math.max(0, outcome.remainingPoints));
    res.setHeader("RateLimit-Reset", resetSeconds);
    if (outcome.consumedPoints > gatewayLimits.RATE_POINTS)
      throw new DomainError("RATE_LIMITED", undefined, { retryAfterSeconds: resetSeconds });
  }

  close(): void {
    this.#redis?.disconnect();
  }
}

function callerKey(auth: Auth, address: string): string {
  if (auth.kind === "customer") return auth.customerId;
  if (auth.kind === "staff") return auth.staffId;
  return address;
}
