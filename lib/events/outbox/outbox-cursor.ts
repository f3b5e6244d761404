import { ALL_IDS, type IdRange, including, without } from "./id-ranges.ts";
import type { OutboxRow, OutboxStore } from "./outbox-port.ts";

/** Ids without a row, and the transactions that may still commit one. */
interface Gaps {
  /** The gaps are at or below this id. */
  upTo: number;
  writers: ReadonlySet<string>;
}

/**
 * Knows which rows of the outbox its relay has not read yet, and which are in flight. All others are sent. A transaction
 * may commit after one that has taken a higher id, so there may be gaps between the ids that were read. The rows in them
 * are read when they are committed. A gap ends as well when every transaction that could fill it has ended without a row.
 */
export class OutboxCursor {
  readonly #store: OutboxStore;
  /** Ascending; the last one has no end. */
  #unread = ALL_IDS;
  readonly #inFlight = new Set<number>();
  #gaps: Gaps | undefined;
  /** Of the position that this cursor knows; undefined until it has read one. */
  #moves: number | undefined;
  #saved = 0;

  constructor(store: OutboxStore) {
    this.#store = store;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Whether a row may still be committed whose id is lower than one that was read. */
  get hasGaps(): boolean {
    return this.#unread.length > 1;
  }

  /** Forgets everything: the next read begins behind the stored position. Call it while nothing is in flight. */
  reset(): void {
    this.#unread = ALL_IDS;
    this.#inFlight.clear();
    this.#gaps = undefined;
    this.#moves = undefined;
    this.#saved = 0;
  }

  /**
   * Reads rows that are neither sent nor in flight.
   * @param endsGaps whether to find out which gaps will never be filled
   * @returns undefined when the position was moved back by something else: then the cursor has to be reset
   */
  async read(limit: number, endsGaps: boolean): Promise<OutboxRow[] | undefined> {
    const emptyUpTo = endsGaps ? await this.#emptyUpTo() : 0; // before the read, so that the read sees what was committed
    const asked = this.#unread;
    const { position, rows } = await this.#store.read(asked, limit);
    this.#moves ??= position.moves;
    if (position.moves !== this.#moves) return undefined;
    this.#saved = position.sentTo;
    this.#unread = without(this.#unread, { first: 0, last: position.sentTo }); // another relay may have sent some of them
    const seenUpTo = rows.length < limit ? emptyUpTo : Math.min(emptyUpTo, rows.at(-1)?.id ?? 0);
    for (const { first, last } of asked) {
      if (first <= seenUpTo) this.#unread = without(this.#unread, { first, last: Math.min(last, seenUpTo) });
    }
    for (const { id } of rows) if (id <= seenUpTo) this.#unread = including(this.#unread, id);
    return rows;
  }

  /** Whether these rows, in the order of their ids, follow directly on what was read so far. */
  isNext(rows: readonly OutboxRow[]): boolean {
    const [next] = this.#unread;
    return (
      this.#moves !== undefined &&
      !this.hasGaps &&
      rows.every(({ id }, index) => id === (next as IdRange).first + index)
    );
  }

  take(id: number): void {
    this.#unread = without(this.#unread, { first: id, last: id });
    this.#inFlight.add(id);
  }

  /** The row is sent. */
  settle(id: number): void {
    this.#inFlight.delete(id);
  }

  /** The row is to be read again. */
  giveBack(id: number): void {
    this.#inFlight.delete(id);
    this.#unread = including(this.#unread, id);
  }

  /**
   * Stores the position if it has advanced.
   * @returns false when the position was moved back by something else: then the cursor has to be reset
   */
  async save(): Promise<boolean> {
    const moves = this.#moves;
    const sentTo = Math.min((this.#unread[0] as IdRange).first, ...this.#inFlight) - 1;
    if (moves === undefined || sentTo <= this.#saved) return true;
    const saved = await this.#store.savePosition({ sentTo, moves });
    if (saved && moves === this.#moves) this.#saved = Math.max(this.#saved, sentTo);
    return saved;
  }

  /**
   * The id up to which a read finds every row that there will ever be. Each id below one that was read was given out before
   * it, so once the transactions that were open then have ended, its row is committed or will never be.
   */
  async #emptyUpTo(): Promise<number> {
    const gap = this.#unread.at(-2);
    if (!gap) {
      this.#gaps = undefined;
      return 0;
    }
    const writers = await this.#store.openWriters();
    const gaps = this.#gaps ?? { upTo: gap.last, writers };
    const ended = ![...gaps.writers].some((writer) => writers.has(writer));
    this.#gaps = ended ? undefined : gaps;
    return ended ? gaps.upTo : 0;
  }
}
