import type { EventEnvelope } from "#lib/events/envelope.ts";
import type { EventPublisher, StreamIdentity } from "#lib/events/transport/transport.ts";
import { someTurns } from "./simulation.ts";

/**
 * One stream for all relays of a simulation. With `oneInFlightPerKey` it is like a broker: it may store events in another
 * order than they were published, refuse one, or lose an answer. Otherwise it is like the queue of a group in the same
 * process.
 */
export class SimulatedStream implements EventPublisher {
  readonly oneInFlightPerKey: boolean;
  stored: EventEnvelope[] = [];
  #id = 1;
  #opened = false;
  readonly #chance: () => number;
  readonly #failureRate: number;

  constructor(oneInFlightPerKey: boolean, chance: () => number, failureRate: number) {
    this.oneInFlightPerKey = oneInFlightPerKey;
    this.#chance = chance;
    this.#failureRate = failureRate;
  }

  get id(): string {
    return String(this.#id);
  }

  /** Loses every event; an empty stream takes its place. */
  lose(): void {
    this.stored = [];
    this.#id += 1;
    this.#opened = false;
  }

  async open(): Promise<StreamIdentity> {
    await someTurns(this.#chance);
    if (this.#chance() < this.#failureRate) throw new Error("The broker is away.");
    this.#opened = true;
    return { id: this.id, intact: true };
  }

  async publish(event: EventEnvelope, streamId: string): Promise<void> {
    if (!this.oneInFlightPerKey) {
      this.stored.push(event);
      await someTurns(this.#chance);
      return;
    }
    const id = this.#id;
    if (!this.#opened || streamId !== this.id) throw new Error("The stream has to be opened first.");
    await someTurns(this.#chance);
    if (this.#chance() < this.#failureRate) throw new Error("The event was not stored.");
    if (id === this.#id) this.stored.push(event);
    await someTurns(this.#chance);
    if (id !== this.#id || this.#chance() < this.#failureRate) throw new Error("The answer was lost.");
  }
}
