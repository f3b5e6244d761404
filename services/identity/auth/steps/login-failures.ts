import { createHash } from "node:crypto";
import type { Env } from "#config/env.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { WindowCounter } from "#lib/keyvalue/window-counter.ts";
import { authLimits } from "../domain/limits.ts";

const REDIS_TIMEOUT_MS = 300; // a login waits for Redis three times, and must be answered within two seconds

/**
 * Counts failed logins of one account from one address. While Redis is unavailable, customers can still log in, and an
 * attacker who can stop Redis has no more attempts than this limit on each node.
 */
export class LoginFailures {
  readonly #failures: WindowCounter | undefined;

  constructor(env: Pick<Env, "RATE_LIMIT" | "REDIS_URL" | "NAMESPACE">) {
    if (env.RATE_LIMIT === "off") return;
    this.#failures = new WindowCounter({
      name: `${env.NAMESPACE}:login-failures`,
      windowSeconds: authLimits.LOGIN_FAILURE_WINDOW_SECONDS,
      redisUrl: env.REDIS_URL,
      redisTimeoutMs: REDIS_TIMEOUT_MS,
    });
  }

  /** @throws DomainError RATE_LIMITED when there were too many */
  async refuseTooMany(account: string, address: string): Promise<void> {
    const failed = await this.#failures?.read(keyOf(account, address));
    if (!failed || failed.count < authLimits.LOGIN_FAILURES) return;
    const retryAfterSeconds = Math.max(1, Math.ceil(failed.endsInMs / 1_000));
    throw new DomainError("RATE_LIMITED", "Too many failed logins: please wait.", { retryAfterSeconds });
  }

  async count(account: string, address: string): Promise<void> {
    await this.#failures?.add(keyOf(account, address));
  }

  close(): void {
    this.#failures?.close();
  }
}

/** Hashed, so that keys are short whatever was typed, and Redis does not store email addresses. */
function keyOf(account: string, address: string): string {
  return createHash("sha256").update(`${account}\n${address}`).digest("base64url");
}
