import { isOutage } from "#lib/contract/outage.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import type { RunningQueue, ServiceQueue } from "#mixins/service/work-queue.ts";
import type { Fact } from "../domain/due.ts";
import { billingLimits } from "../domain/limits.ts";
import { claimOverdue } from "../due.store.ts";
import type { BillingDeps } from "../setup.ts";
import { issueCreditNotes } from "../steps/issue-credit-notes.ts";
import { issueInvoices } from "../steps/issue-invoices.ts";

type Context = ServiceContext<BillingDeps> & Transactions;

/**
 * Makes documents of what is due. It is no queue of `lib/work-queue`, because that claims and settles each item: here many
 * become documents in one transaction, and a node that has heard of a fact needs no claim. A fact of a node that has died,
 * or that could not be dealt with, is claimed by a slow poll.
 */
export const documents: ServiceQueue<BillingDeps> = {
  name: "documents",
  open: (ctx) => new DocumentQueue(ctx),
};

class DocumentQueue implements RunningQueue {
  readonly #ctx: Context;
  #gathering: NodeJS.Timeout | undefined;
  #polling: NodeJS.Timeout | undefined;
  #issuing: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  start(): void {
    if (!this.#ctx.deps.seller) return;
    this.#ctx.deps.pending.onAdded = () => this.#gather();
    this.#polling = setInterval(() => this.#poll(), billingLimits.DOCUMENT_POLL_MS);
    this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#gathering);
    clearInterval(this.#polling);
    await this.#issuing;
    await this.#looking;
  }

  #gather(): void {
    if (this.#stopped || this.#gathering || this.#issuing) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#issuing = this.#issuePending().finally(() => {
        this.#issuing = undefined;
        if (this.#ctx.deps.pending.size > 0) this.#gather();
      });
    }, billingLimits.GATHER_MS);
  }

  async #issuePending(): Promise<void> {
    const { pending } = this.#ctx.deps;
    do await this.#issue(pending.take(billingLimits.DOCUMENTS_PER_BATCH));
    while (pending.size >= billingLimits.DOCUMENTS_PER_BATCH && !this.#stopped);
  }

  #poll(): void {
    this.#looking ??= this.#claimAndIssue().finally(() => {
      this.#looking = undefined;
    });
  }

  async #claimAndIssue(): Promise<void> {
    for (let batch = 0; batch < billingLimits.DOCUMENT_POLL_BATCHES && !this.#stopped; batch++) {
      const claimed = await claimOverdue(this.#ctx.db, billingLimits.DOCUMENTS_PER_BATCH).catch((error: unknown) => {
        this.#ctx.log.warn("It cannot be read which documents are due.", { reason: String(error) });
        return [];
      });
      const issued = await this.#issue(claimed);
      if (!issued || claimed.length < billingLimits.DOCUMENTS_PER_BATCH) return;
    }
  }

  /** @returns false when another service, or the database, is away: then everything stays due */
  async #issue(facts: readonly Fact[]): Promise<boolean> {
    const { seller } = this.#ctx.deps;
    if (!seller || facts.length === 0) return true;
    try {
      const captured = facts.filter((fact) => fact.kind === "captured");
      const refunded = facts.filter((fact) => fact.kind === "refunded");
      if (captured.length > 0) await issueInvoices(this.#ctx, seller, captured);
      if (refunded.length > 0) await issueCreditNotes(this.#ctx, seller, refunded);
      return true;
    } catch (error) {
      if (isOutage(error)) {
        this.#ctx.log.warn("Documents wait until an outage has ended.", { due: facts.length, reason: String(error) });
        return false;
      }
      // One of them is at fault, and the others must not suffer from it.
      if (facts.length > 1) for (const fact of facts) await this.#issue([fact]);
      else this.#ctx.log.error("A document cannot be issued.", { event: facts[0]?.eventId, reason: String(error) });
      return true;
    }
  }
}
