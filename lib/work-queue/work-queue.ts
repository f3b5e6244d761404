import type { Log } from "#lib/log.ts";

/** Which items to claim, if they are due: these, or at most so many of any. */
export type Claim = { ids: readonly string[] } | { limit: number };

/**
 * The table behind a queue. `TableQueue` has one for plain work; a service whose work lives in a domain table of its own
 * implements these two functions itself.
 */
export interface WorkStore<Item, Outcome> {
  /**
   * Claims due items, each for one worker of the cluster until its lease ends, and counts the attempt. Skips what others
   * have locked.
   */
  claim(claim: Claim, leaseMs: number): Promise<readonly Item[]>;
  /**
   * Records how attempts ended, in one transaction. Must ignore an outcome that a later attempt has made obsolete.
   * @returns ids of items that are due now: those to attempt again at once, and new ones that follow
   */
  record(outcomes: readonly Outcome[]): Promise<readonly string[]>;
}

/** How much a queue does at once, and how often it looks. */
export interface WorkQueueBounds {
  /** Attempts at once on one node. */
  concurrency: number;
  /** Items claimed, and outcomes recorded, by one transaction. */
  batch: number;
  /** A worker that has recorded nothing for so long counts as dead: its item is due again. Longer than an attempt takes. */
  leaseMs: number;
  /** How often to look for due items without being woken. */
  pollMs: number;
}

export interface WorkQueueOptions<Item, Outcome> extends WorkStore<Item, Outcome> {
  /** Shown in the log. */
  name: string;
  bounds: WorkQueueBounds;
  /** Does the work of one item. Never rejects: a failure is an outcome as well. */
  attempt(item: Item): Promise<Outcome>;
  /** The item's id, for the log. */
  idOf(outcome: Outcome): string;
  log: Log;
}

/**
 * Does durable work: claims due items in batches, attempts them side by side, and records the outcomes, in batches again.
 * An attempt that hangs delays no other item. New items are announced by `wake` after their commit; a slow poll finds
 * those whose retry is due and those of workers that died. All state is in the database, so a node may die at any moment.
 */
export class WorkQueue<Item, Outcome> {
  readonly #options: WorkQueueOptions<Item, Outcome>;
  readonly #attempts = new Set<Promise<void>>();
  /** Items that were claimed elsewhere while all workers were busy. */
  #claimed: Item[] = [];
  #outcomes: Outcome[] = [];
  #recording: Promise<void> | undefined;
  #claiming: Promise<void> | undefined;
  /** Announced items. A claim by id is an index look-up, however many rows were due before and are not vacuumed yet. */
  #announced: string[] = [];
  /** Whether to look for anything that is due. */
  #look = false;
  #stopped = false;
  #poll: NodeJS.Timeout | undefined;

  constructor(options: WorkQueueOptions<Item, Outcome>) {
    this.#options = options;
  }

  /** Begins with what an earlier run has left, and polls from then on. */
  start(): void {
    this.#poll = setInterval(() => this.#lookForDue(), this.#options.bounds.pollMs);
    this.#lookForDue();
  }

  /** Announces items whose transaction has committed. If an announcement is lost, the poll finds the items. */
  wake(ids: readonly string[]): void {
    if (this.#announced.length < this.#options.bounds.concurrency) this.#announced.push(...ids);
    else this.#look = true; // all workers are busy; a look finds these items when one is free
    this.#claim();
  }

  /** How many items a transaction may claim for this node itself, and give to `begin` after its commit. */
  get room(): number {
    return this.#stopped
      ? 0
      : Math.max(0, this.#options.bounds.concurrency - this.#attempts.size - this.#claimed.length);
  }

  /**
   * Attempts items that their transaction has claimed for this node. They wait for a worker when other transactions have
   * used the same room. If the queue has stopped, the items are due again when their leases end.
   */
  begin(items: readonly Item[]): void {
    if (this.#stopped) return;
    this.#claimed.push(...items);
    this.#beginClaimed();
  }

  #beginClaimed(): void {
    const free = this.#options.bounds.concurrency - this.#attempts.size;
    for (const item of this.#claimed.splice(0, Math.max(0, free))) this.#begin(item);
  }

  /** Claims nothing more, and waits until the attempts under way have ended and are recorded. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#claimed = [];
    clearInterval(this.#poll);
    await this.#claiming;
    await Promise.all(this.#attempts);
    await this.#recording;
  }

  #lookForDue(): void {
    this.#look = true;
    this.#claim();
  }

  #claim(): void {
    if (!this.#stopped) this.#claiming ??= this.#claimAll();
  }

  async #claimAll(): Promise<void> {
    const { bounds, log, name } = this.#options;
    await Promise.resolve(); // items that are announced in one turn are claimed together
    while ((this.#look || this.#announced.length > 0) && !this.#stopped) {
      const room = Math.min(bounds.batch, bounds.concurrency - this.#attempts.size);
      if (room <= 0) break; // the next attempt that ends claims again
      const looking = this.#look;
      this.#look = false;
      const claim: Claim = looking ? { limit: room } : { ids: this.#announced.splice(0, room) };
      try {
        const claimed = await this.#options.claim(claim, bounds.leaseMs);
        for (const item of claimed) this.#begin(item);
        if (looking && claimed.length === room) this.#look = true; // there may be more
      } catch (error) {
        log.warn(`The queue of ${name} cannot claim items; the next poll tries again.`, { reason: String(error) });
      }
    }
    this.#claiming = undefined; // in the same turn as the last look, so that no announcement is missed
  }

  #begin(item: Item): void {
    const attempt = this.#options.attempt(item).then((outcome) => {
      this.#attempts.delete(attempt);
      this.#outcomes.push(outcome);
      this.#recording ??= this.#recordAll();
      this.#beginClaimed();
      this.#claim();
    });
    this.#attempts.add(attempt);
  }

  async #recordAll(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve)); // outcomes of one turn are recorded together
    while (this.#outcomes.length > 0) await this.#record(this.#outcomes.splice(0, this.#options.bounds.batch));
    this.#recording = undefined;
  }

  async #record(outcomes: readonly Outcome[]): Promise<void> {
    const { idOf, log, name } = this.#options;
    try {
      this.wake(await this.#options.record(outcomes));
    } catch (error) {
      // Either one outcome is at fault, and the others must not suffer from it, or the database is away. An outcome that
      // cannot be recorded is lost; its item is attempted again when the lease ends.
      if (outcomes.length > 1) for (const outcome of outcomes) await this.#record([outcome]);
      else
        for (const outcome of outcomes)
          log.error(`An outcome of ${name} cannot be recorded; the item is attempted again.`, {
            item: idOf(outcome),
            reason: String(error),
          });
    }
  }
}
