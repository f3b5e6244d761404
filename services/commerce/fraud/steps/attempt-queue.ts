import { DomainError } from "#lib/contract/errors.ts";
import type { Log } from "#lib/log.ts";
import type { AssessedAttempt } from "../attempts.store.ts";
import { fraudLimits } from "../domain/limits.ts";
import type { Assessment } from "../domain/score.ts";
import { type Attempt, mattersToOrder } from "./assess-attempts.ts";

interface Waiting {
  attempt: Attempt;
  resolve(assessment: Assessment): void;
  reject(error: unknown): void;
}

interface AttemptQueueOptions {
  score(attempts: readonly Attempt[]): Promise<readonly AssessedAttempt[]>;
  keep(assessed: readonly AssessedAttempt[]): Promise<void>;
  log: Log;
}

/**
 * Joins attempts of one moment into one statement. Only one batch runs at a time on a node: so each batch counts the
 * attempts of the batch before it, and the more attempts there are, the more share a statement.
 *
 * What an order is held or cancelled for is stored before the answer. The reasons of accepted orders are stored after it,
 * so that nobody waits for them.
 */
export class AttemptQueue {
  readonly #options: AttemptQueueOptions;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(options: AttemptQueueOptions) {
    this.#options = options;
  }

  /** @throws DomainError SERVICE_UNAVAILABLE when too many attempts wait */
  ask(attempt: Attempt): Promise<Assessment> {
    if (this.#waiting.length >= fraudLimits.ASSESS_WAITING) throw new DomainError("SERVICE_UNAVAILABLE");
    return new Promise((resolve, reject) => {
      this.#waiting.push({ attempt, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      await new Promise(setImmediate); // for the other requests of this turn of the event loop
      await this.#assess(this.#waiting.splice(0, fraudLimits.ASSESS_BATCH));
    }
    this.#isRunning = false;
  }

  async #assess(batch: readonly Waiting[]): Promise<void> {
    const { score, keep, log } = this.#options;
    try {
      const assessed = await score(batch.map(({ attempt }) => attempt));
      const answer = () => {
        for (const [i, { resolve, reject }] of batch.entries()) {
          const one = assessed[i];
          if (one) resolve(one);
          else reject(new Error("An attempt was not assessed."));
        }
      };
      if (assessed.some(mattersToOrder)) {
        await keep(assessed);
        answer();
      } else {
        answer();
        await keep(assessed).catch((error: unknown) =>
          log.warn("Reasons of accepted orders are lost.", { reason: String(error) }),
        );
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
