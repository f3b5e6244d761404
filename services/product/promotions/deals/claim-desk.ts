import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { gathered } from "../steps/gather.ts";
import { dealLimits } from "./domain/limits.ts";
import type { Outcome, Turned, TurnRequest } from "./domain/turns.ts";
import { turnDeals } from "./steps/turn-deals.ts";

/** Names its transactions for fail points. */
const SCOPE = "promotions.claimDeal";

/** What a request has led to. `outcome` is absent when nothing was asked. */
export interface Served {
  turned: Turned;
  outcome?: Outcome;
}

/** Those who ask for one deal. */
interface Queue {
  join: ReturnType<typeof gathered<TurnRequest | undefined, Served | undefined>>;
  length: number;
}

/**
 * Where claims are made and given back. Everybody who asks for one deal at the same time shares a transaction: it takes the
 * lock of the deal once, answers in the order in which the requests came, and the next one takes all that came meanwhile.
 * So a rush of thousands takes a few dozen transactions, none of which waits for another one of this node.
 */
export class ClaimDesk {
  readonly #db: Database;
  readonly #queues = new Map<string, Queue>();
  #waiting = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * @param request absent: slots that are free are given out, and nothing else
   * @returns undefined when there is no such deal
   * @throws DomainError SERVICE_UNAVAILABLE when too many wait
   */
  async ask(cause: Cause, dealId: string, request?: TurnRequest): Promise<Served | undefined> {
    if (this.#waiting >= dealLimits.CLAIMS_WAITING)
      throw new DomainError("SERVICE_UNAVAILABLE", "Too many ask for deals at this moment.", {
        retryAfterSeconds: limits.RETRY_AFTER_SECONDS,
      });
    const queue = this.#queues.get(dealId) ?? { join: gathered(dealLimits.CLAIMS_AT_ONCE), length: 0 };
    this.#queues.set(dealId, queue);
    this.#waiting += 1;
    queue.length += 1;
    try {
      return await queue.join(request, (asking) => this.#turn(cause, dealId, asking));
    } finally {
      this.#waiting -= 1;
      queue.length -= 1;
      if (queue.length === 0) this.#queues.delete(dealId);
    }
  }

  async #turn(
    cause: Cause,
    dealId: string,
    asking: readonly (TurnRequest | undefined)[],
  ): Promise<(Served | undefined)[]> {
    const requests = asking.flatMap((request) => request ?? []);
    const work = (tx: Transaction) => turnDeals(tx, new Map([[dealId, requests]]));
    const turned = (await this.#db.transaction(cause, work, SCOPE)).get(dealId);
    let answered = 0;
    return asking.map((request) => {
      const outcome = request && turned?.outcomes[answered++];
      return turned && { turned, ...(outcome ? { outcome } : {}) };
    });
  }
}
