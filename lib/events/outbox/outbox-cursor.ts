import type { OutboxEnd, OutboxStore } from "./outbox-port.ts";

/** One read of the unsent rows. */
export interface OutboxRead {
  readonly fromId: number;
  /** Call it when the rows that were found are in flight. @param unmarked ids of all rows that are read and not marked as sent */
  finish(unmarked: Iterable<number>): void;
}

/**
 * Decides from which id on the relay reads. Postgres keeps the index entries of rows that were marked as sent for as long
 * as any older transaction is open on the server. A read that begins behind them does not have to skip them.
 */
export class OutboxCursor {
  readonly #store: Pick<OutboxStore, "readEnd">;
  /** Every row with a lower id is sent, and no open transaction can add one. */
  #fromId = 0;
  /** Whether the next read begins at the first row, which also finds rows that another process has marked as unsent. */
  #fromStart = true;
  #lastEnd: OutboxEnd | undefined;
  #lastReadId = 0;

  constructor(store: Pick<OutboxStore, "readEnd">) {
    this.#store = store;
  }

  /** The next read begins at the first row. */
  readFromStart(): void {
    this.#fromStart = true;
  }

  /** Rows that were sent may be unsent again, and they must be sent before newer ones. */
  reset(): void {
    this.#fromId = 0;
    this.#fromStart = true;
  }

  noteRead(id: number): void {
    this.#lastReadId = Math.max(this.#lastReadId, id);
  }

  async beginRead(): Promise<OutboxRead> {
    if (!this.#fromStart) return { fromId: this.#fromId, finish: () => undefined };
    const highWaterMark = await this.#highWaterMark(); // before the read, so that the read sees all rows up to it
    return {
      fromId: 0,
      finish: (unmarked) => {
        this.#fromStart = false;
        this.#fromId = Math.min(highWaterMark + 1, ...unmarked);
      },
    };
  }

  /** The highest id for which every row up to it is committed, or will never be. */
  async #highWaterMark(): Promise<number> {
    if (this.#lastReadId < this.#fromId) return this.#fromId - 1; // no row was read since the last time
    const before = this.#lastEnd;
    const now = await this.#store.readEnd();
    this.#lastEnd = now;
    const allEnded = before && [...before.writers].every((writer) => !now.writers.has(writer));
    return allEnded ? before.lastId : this.#fromId - 1;
  }
}
