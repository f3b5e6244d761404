import { DomainError } from "#lib/contract/errors.ts";
import { fraudLimits } from "../domain/limits.ts";
import type { Assessment } from "../domain/score.ts";
import type { Attempt } from "./assess-attempts.ts";

interface Waiting {
  attempt: Attempt;
  resolve(assessment: Assessment): void;
  reject(error: unknown): void;
}

/**
 * Joins attempts of one moment into one statement. Only one batch runs at a time on a node: so each batch counts the
 * attempts of the batch before it, and the more attempts there are, the more share a statement.
 */
export class AttemptQueue {
  readonly #assess: (attempts: readonly Attempt[]) => Promise<readonly Assessment[]>;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(assess: (attempts: readonly Attempt[]) => Promise<readonly Assessment[]>) {
    this.#assess = assess;
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
      const batch = this.#waiting.splice(0, fraudLimits.ASSESS_BATCH);
      try {
        const assessments = await this.#assess(batch.map(({ attempt }) => attempt));
        for (const [i, { resolve, reject }] of batch.entries()) {
          const assessment = assessments[i];
          if (assessment) resolve(assessment);
          else reject(new Error("An attempt was not assessed."));
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }
}
