import type { ServerResponse } from "node:http";
import type { Env } from "#config/env.ts";
import { addressKey } from "#lib/client-address.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { WindowCounter } from "#lib/keyvalue/window-counter.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { accountOf, type Caller } from "../rest/caller.ts";

/** Counts requests per caller: by identity where it is known, otherwise by address. */
export class RateLimiter {
  readonly #requests: WindowCounter | undefined;

  constructor(env: Env) {
    if (env.RATE_LIMIT === "off") return;
    this.#requests = new WindowCounter({
      name: `${env.NAMESPACE}:rate`,
      windowSeconds: gatewayLimits.RATE_WINDOW_SECONDS,
      redisUrl: env.REDIS_URL,
      redisTimeoutMs: gatewayLimits.RATE_REDIS_TIMEOUT_MS,
    });
  }

  /**
   * Counts one request and writes the rate-limit headers of its response.
   * @throws DomainError RATE_LIMITED
   */
  async count(caller: Caller, res: ServerResponse): Promise<void> {
    if (!this.#requests) return;
    const { count, endsInMs } = await this.#requests.add(accountOf(caller.auth) ?? addressKey(caller.address));
    const resetSeconds = Math.ceil(endsInMs / 1_000);
    res.setHeader("RateLimit-Limit", gatewayLimits.RATE_POINTS);
    res.setHeader("RateLimit-Remaining", Math.max(0, gatewayLimits.RATE_POINTS - count));
    res.setHeader("RateLimit-Reset", resetSeconds);
    if (count > gatewayLimits.RATE_POINTS)
      throw new DomainError("RATE_LIMITED", undefined, { retryAfterSeconds: resetSeconds });
  }

  close(): void {
    this.#requests?.close();
  }
}
