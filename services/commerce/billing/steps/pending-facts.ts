import type { Fact } from "../domain/due.ts";
import { billingLimits } from "../domain/limits.ts";

/**
 * The facts of committed events that this node has noted, so that they need not be read from the table. Whatever is lost
 * here, or does not fit, is found there.
 */
export class PendingFacts {
  #facts: Fact[] = [];
  /** Is called when there are facts. */
  onAdded: (() => void) | undefined;

  add(facts: readonly Fact[]): void {
    const room = Math.max(0, billingLimits.PENDING_FACTS - this.#facts.length);
    this.#facts.push(...facts.slice(0, room));
    this.onAdded?.();
  }

  get size(): number {
    return this.#facts.length;
  }

  take(count: number): Fact[] {
    return this.#facts.splice(0, count);
  }
}
