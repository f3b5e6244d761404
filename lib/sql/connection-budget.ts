/** A pool of one service, as the budget sees it. */
export interface BudgetedPool {
  /** Begins to close a connection that nobody uses. @returns whether there was one */
  closeIdle(): boolean;
}

/** The part of a budget that one pool uses. */
export interface BudgetShare {
  /** Resolves when the pool may open one more connection. */
  take(): Promise<void>;
  /** Call it when a connection of the pool has ended. */
  give(): void;
}

interface Share extends BudgetShare {
  open: number;
  /** How many of these the budget is having closed. */
  closing: number;
  pool: BudgetedPool;
}

interface Waiting {
  share: Share;
  proceed: () => void;
}

/**
 * Bounds the connections that the services of one process have open to one server. Each service may always open
 * `reserved` connections. Above that it gets what is left; when nothing is left, unused connections of other services
 * are closed for it, and it waits until one has ended. Of several that wait, the one with the fewest connections is next.
 */
export class ConnectionBudget {
  readonly #total: number;
  readonly #reserved: number;
  readonly #shares = new Set<Share>();
  #waiting: Waiting[] = [];

  /** @param total connections; more when the reserved ones of all services are more */
  constructor(total: number, reserved: number) {
    this.#total = total;
    this.#reserved = reserved;
  }

  join(pool: BudgetedPool): BudgetShare {
    const share: Share = {
      open: 0,
      closing: 0,
      pool,
      take: () => this.#take(share),
      give: () => this.#give(share),
    };
    this.#shares.add(share);
    return share;
  }

  #take(share: Share): Promise<void> {
    if (this.#mayOpen(share)) {
      share.open += 1;
      return Promise.resolve();
    }
    return new Promise((proceed) => {
      this.#waiting.push({ share, proceed });
      this.#makeRoom(share);
    });
  }

  #give(share: Share): void {
    share.open -= 1;
    share.closing = Math.max(0, share.closing - 1);
    const byFewest = this.#waiting.toSorted((a, b) => a.share.open - b.share.open);
    const next = byFewest.find((waiting) => this.#mayOpen(waiting.share));
    if (!next) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    next.share.open += 1;
    next.proceed();
  }

  #mayOpen({ open }: Share): boolean {
    if (open < this.#reserved) return true;
    let taken = 0;
    for (const share of this.#shares) taken += Math.max(share.open, this.#reserved);
    return taken < this.#total;
  }

  /** Closes one unused connection of the service that has the most. */
  #makeRoom(forShare: Share): void {
    const others = [...this.#shares].filter((share) => share !== forShare);
    for (const share of others.toSorted((a, b) => b.open - a.open)) if (this.#closeIdle(share)) return;
  }

  /** Call it when a connection of a pool is not used any more: it is closed if another service waits for one. */
  released(share: BudgetShare): void {
    if (this.#waiting.some((waiting) => waiting.share !== share)) this.#closeIdle(share as Share);
  }

  #closeIdle(share: Share): boolean {
    if (share.open - share.closing <= this.#reserved || !share.pool.closeIdle()) return false;
    share.closing += 1;
    return true;
  }
}
