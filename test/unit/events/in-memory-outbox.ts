import type { EventEnvelope } from "#lib/events/envelope.ts";
import type { OutboxEnd, OutboxRow, OutboxStore, SentRow, UnsentQuery } from "#lib/events/outbox/outbox-port.ts";
import { someTurns } from "./simulation.ts";

export interface StoredRow extends OutboxRow {
  sent: boolean;
}

/** An outbox that fails now and then, and records the rows that must not have been marked as sent. */
export class InMemoryOutbox implements OutboxStore {
  /** The committed rows, in the order of their commits. */
  readonly rows: StoredRow[] = [];
  /** Open transactions. */
  readonly writers = new Set<string>();
  readonly wronglyMarked: string[] = [];
  /** The id from which on each read has looked for unsent rows. */
  readFrom: number[] = [];
  lastId = 0;
  streamId: string | undefined;
  readonly #chance: () => number;
  readonly #failureRate: number;
  readonly #isStored: (event: EventEnvelope) => boolean;

  /** @param isStored whether the stream has stored an event: only then its row may be marked as sent */
  constructor(chance: () => number, failureRate: number, isStored: (event: EventEnvelope) => boolean) {
    this.#chance = chance;
    this.#failureRate = failureRate;
    this.#isStored = isStored;
  }

  readUnsent({ fromId, inFlight, limit }: UnsentQuery): Promise<OutboxRow[]> {
    return this.#answer(() => {
      this.readFrom.push(fromId);
      return this.rows
        .filter(({ id, sent }) => !sent && id >= fromId && !inFlight.includes(id))
        .sort((a, b) => a.id - b.id)
        .slice(0, limit);
    });
  }

  async readEnd(): Promise<OutboxEnd> {
    const lastId = await this.#answer(() => this.lastId);
    const writers = await this.#answer(() => new Set(this.writers));
    return { lastId, writers };
  }

  markSent(sent: readonly SentRow[]): Promise<boolean> {
    return this.#answer(() => {
      const ids = new Set(sent.filter(({ streamId }) => streamId === this.streamId).map(({ id }) => id));
      const marked = this.rows.filter(({ id }) => ids.has(id));
      for (const row of marked) {
        if (!this.#isStored(row.event)) this.wronglyMarked.push(row.event.eventId);
        row.sent = true;
      }
      return marked.length === sent.length;
    });
  }

  /** All rows belong to one topic and were sent recently, so every range contains all of them. */
  markUnsent(): Promise<number> {
    return this.#answer(() => {
      const sent = this.rows.filter((row) => row.sent);
      for (const row of sent) row.sent = false;
      return sent.length;
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
