import type { EventEnvelope } from "#lib/events/envelope.ts";
import type { IdRange } from "#lib/events/outbox/id-ranges.ts";
import type { OutboxPosition, OutboxRow, OutboxStore } from "#lib/events/outbox/outbox-port.ts";
import { someTurns } from "./simulation.ts";

/** An outbox that fails now and then, and records the rows that the position has passed although they are not sent. */
export class InMemoryOutbox implements OutboxStore {
  /** The committed rows, in the order of their commits. */
  readonly rows: OutboxRow[] = [];
  /** Open transactions, with the id that each has taken. */
  readonly writers = new Map<string, number>();
  readonly wronglyPassed: number[] = [];
  /** The ranges of each read. */
  asked: (readonly IdRange[])[] = [];
  position: OutboxPosition = { sentTo: 0, moves: 0 };
  streamId: string | undefined;
  readonly #chance: () => number;
  readonly #failureRate: number;
  readonly #isStored: (event: EventEnvelope) => boolean;

  /** @param isStored whether the stream has stored an event: only then the position may pass it */
  constructor(chance: () => number, failureRate: number, isStored: (event: EventEnvelope) => boolean) {
    this.#chance = chance;
    this.#failureRate = failureRate;
    this.#isStored = isStored;
  }

  get allPassed(): boolean {
    return this.rows.every(({ id }) => id <= this.position.sentTo);
  }

  read(ranges: readonly IdRange[], limit: number): Promise<{ position: OutboxPosition; rows: OutboxRow[] }> {
    return this.#answer(() => {
      this.asked.push(ranges);
      const rows = this.rows
        .filter(({ id }) => id > this.position.sentTo && ranges.some(({ first, last }) => first <= id && id <= last))
        .sort((a, b) => a.id - b.id)
        .slice(0, limit);
      return { position: this.position, rows };
    });
  }

  openWriters(): Promise<ReadonlySet<string>> {
    return this.#answer(() => new Set(this.writers.keys()));
  }

  savePosition({ sentTo, moves }: OutboxPosition): Promise<boolean> {
    return this.#answer(() => {
      if (moves !== this.position.moves) return false;
      for (const { id, event } of this.rows) if (id <= sentTo && !this.#isStored(event)) this.wronglyPassed.push(id);
      for (const id of this.writers.values()) if (id <= sentTo) this.wronglyPassed.push(id);
      this.position = { sentTo: Math.max(sentTo, this.position.sentTo), moves };
      return true;
    });
  }

  /** Every range begins at the first row, because all rows were sent recently. */
  moveBack(): Promise<number> {
    return this.#answer(() => {
      const { sentTo, moves } = this.position;
      this.position = { sentTo: 0, moves: moves + 1 };
      return sentTo;
    });
  }

  streamOf(): Promise<string | undefined> {
    return this.#answer(() => this.streamId);
  }

  setStream(_topic: string, streamId: string): Promise<void> {
    return this.#answer(() => {
      this.streamId = streamId;
    });
  }

  async #answer<T>(statement: () => T): Promise<T> {
    await someTurns(this.#chance);
    if (this.#chance() < this.#failureRate) throw new Error("The database is away.");
    const answer = statement();
    await someTurns(this.#chance);
    return answer;
  }
}
