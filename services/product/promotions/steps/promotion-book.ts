import type { Queryable } from "#lib/sql/transaction.ts";
import { promotionLimits } from "../domain/limits.ts";
import { statusAt } from "../domain/promotion.ts";
import { PromotionIndex } from "../domain/promotion-index.ts";
import { changedSince } from "../purchases.store.ts";

/**
 * The promotions without a code as this node has read them last. It reads what has changed when a node says so, every
 * BOOK_MS, because signals may be lost, and whenever a purchase finds that there is more.
 */
export class PromotionBook {
  readonly index = new PromotionIndex();
  readonly #db: Queryable;
  readonly #warn: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #version = 0;
  #clockOffsetMs = 0;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(db: Queryable, warn: (error: unknown) => void) {
    this.#db = db;
    this.#warn = warn;
    this.#timer = setInterval(() => this.changed(), promotionLimits.BOOK_MS);
    this.#timer.unref();
  }

  static async open(db: Queryable, warn: (error: unknown) => void): Promise<PromotionBook> {
    const book = new PromotionBook(db, warn);
    await book.refresh();
    return book;
  }

  /** Whether a promotion holds now, or starts within PROMOTIONS_KNOWN_MS, by the clock of the database. */
  get any(): boolean {
    return this.index.holdsWithin(
      new Date(performance.now() + this.#clockOffsetMs),
      promotionLimits.PROMOTIONS_KNOWN_MS,
    );
  }

  /** Some node has changed something. */
  changed(): void {
    this.refresh().catch(this.#warn);
  }

  /** Resolves when this node knows at least what had this version. */
  async atLeast(version: number): Promise<void> {
    if (this.#version < version) await this.refresh();
  }

  /** Resolves when what was stored by the time of the call has been read. */
  refresh(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#read();
      });
    this.#running = this.#next;
    return this.#next;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    const { version, now, promotions } = await changedSince(this.#db, this.#version);
    for (const promotion of promotions) {
      if (promotion.onlyWithCode || statusAt(promotion, now) === "ended") this.index.delete(promotion.promotionId);
      else this.index.set(promotion);
    }
    this.index.deleteEnded(now);
    this.#version = version;
    this.#clockOffsetMs = now.getTime() - performance.now();
  }
}
