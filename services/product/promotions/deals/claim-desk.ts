import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
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

interface Waiting {
  request?: TurnRequest | undefined;
  cause: Cause;
  resolve(served: Served | undefined): void;
  reject(error: unknown): void;
}

/**
 * Where claims are made and given back. Everybody who asks for one deal at the same time shares a transaction: it takes the
 * lock of the deal once, answers in the order in which the requests came, and the next one takes all that came meanwhile.
 * So a rush of thousands takes a few dozen transactions, none of which waits for another one of this node.
 */
export class ClaimDesk {
  readonly #db: Database;
  readonly #queues = new Map<string, Waiting[]>();
  #waiting = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * @param request absent: slots that are free are given out, and nothing else
   * @returns undefined when there is no such deal
   * @throws DomainError SERVICE_UNAVAILABLE when too many wait
   */
  ask(cause: Cause, dealId: string, request?: TurnRequest): Promise<Served | undefined> {
    if (this.#waiting >= dealLimits.CLAIMS_WAITING)
      throw new DomainError("SERVICE_UNAVAILABLE", "Too many ask for deals at this moment.", {
        retryAfterSeconds: limits.RETRY_AFTER_SECONDS,
      });
    return new Promise((resolve, reject) => {
      const waiting = { request, cause, resolve, reject };
      this.#waiting += 1;
      const queue = this.#queues.get(dealId);
      if (queue) return queue.push(waiting);
      const first = [waiting];
      this.#queues.set(dealId, first);
      return this.#serve(dealId, first);
    });
  }

  async #serve(dealId: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      await new Promise(setImmediate); // what arrives with it comes along
      const batch = queue.splice(0, dealLimits.CLAIMS_AT_ONCE);
      this.#waiting -= batch.length;
      await this.#turn(dealId, batch);
    }
    this.#queues.delete(dealId);
  }

  async #turn(dealId: string, batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    const requests = batch.flatMap(({ request }) => request ?? []);
    const work = (tx: Transaction) => turnDeals(tx, new Map([[dealId, requests]]));
    try {
      const turned = (await this.#db.transaction(first.cause, work, SCOPE)).get(dealId);
      let answered = 0;
      for (const { request, resolve } of batch) {
        const outcome = request && turned?.outcomes[answered++];
        resolve(turned && { turned, ...(outcome ? { outcome } : {}) });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
