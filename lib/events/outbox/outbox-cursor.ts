import type { Queryable } from "#lib/sql/transaction.ts";
import { type OutboxEnd, readEnd } from "./outbox.ts";

/** One look into an outbox: from which id on, and what its end says of the next. */
export interface Look {
  readonly from: number;
  /** What it found has been taken. @param unmarked the ids of all that were read and are not marked as sent */
  end(unmarked: Iterable<number>): void;
}

/**
 * Where a relay begins to look. Postgres keeps the index entries of rows that were sent for as long as any transaction on
 * the server is older: a look that begins where all before is sent does not wade through them.
 */
export class OutboxCursor {
  readonly #db: Queryable;
  /** Below this id everything is sent, and nobody writes there any more. */
  #id = 0;
  /** Whether to look from the start: what is unsent again for a reason of its own is found then. */
  #whole = true;
  #end: OutboxEnd | undefined;
  #lastTaken = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** The next look begins at the start. */
  lookWhole(): void {
    this.#whole = true;
  }

  /** What was sent may be unsent again, which comes before everything new. */
  forget(): void {
    this.#id = 0;
    this.#whole = true;
  }

  took(id: number): void {
    this.#lastTaken = Math.max(this.#lastTaken, id);
  }

  async look(): Promise<Look> {
    if (!this.#whole) return { from: this.#id, end: () => undefined };
    const settled = await this.#settledId(); // before the look, which sees what they wrote
    return {
      from: 0,
      end: (unmarked) => {
        this.#whole = false;
        this.#id = Math.min(settled + 1, ...unmarked);
      },
    };
  }

  /** The highest id of which is known that all up to it have been written, or never will be. */
  async #settledId(): Promise<number> {
    if (this.#lastTaken < this.#id) return this.#id - 1; // nothing has happened since
    const before = this.#end;
    const now = await readEnd(this.#db);
    this.#end = now;
    const ended = before && [...before.writers].every((writer) => !now.writers.has(writer));
    return ended ? before.lastId : this.#id - 1;
  }
}
