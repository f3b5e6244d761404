import { newId } from "#lib/contract/ids.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { backoffMs } from "#lib/work-queue/backoff.ts";
import type { WorkQueue } from "#lib/work-queue/work-queue.ts";
import {
  type ChangedPayable,
  type ChangedPayment,
  type Learned,
  type NewOperation,
  type NewPayment,
  saveChanges,
} from "../changes.store.ts";
import { paymentLimits } from "../domain/limits.ts";
import { canBeginAtOnce, type Result } from "../domain/operation.ts";
import {
  type ClientKey,
  commonOf,
  type Decision,
  type Decline,
  type Fact,
  type NextOperation,
  newPayment,
} from "../domain/payment.ts";
import type { ProviderName } from "../domain/provider-names.ts";
import { shareOf } from "../domain/split.ts";
import type { ClaimedOperation } from "../operations.store.ts";
import type { StoredPayable } from "../payables.store.ts";
import type { StoredPayment } from "../payments.store.ts";
import { emitFact } from "./emit-fact.ts";
import { type MovedPayment, planMovements, writeMovements } from "./move-stored-value.ts";

/** What a decision comes from, besides its payment. */
interface Origin {
  cause: Cause;
  /** The client's key, if a request caused the decision. */
  client?: ClientKey | undefined;
  learned?: Learned | undefined;
}

/** A payment to begin. The caller has locked its payable. */
export interface Start {
  orderId: string;
  created: NonNullable<StoredPayable["created"]>;
  cause: Cause;
  client?: ClientKey | undefined;
  /** Where they are fixed already; new ones otherwise. */
  ids?: { paymentId: string; operationId: string };
}

/** What carries out the operations that a transaction adds, and knows which provider takes a payment. */
export interface OperationsQueue {
  choose(created: Start["created"]): ProviderName;
  queue: Pick<WorkQueue<ClaimedOperation, never>, "room" | "begin">;
  timings: { leaseMs: number };
  wake(operationIds: readonly string[]): void;
}

type Added = Omit<NewOperation, "claimed"> & { stored: StoredPayment };
type Published = { stored: StoredPayment; fact: Fact; cause: Cause; after: StoredPayment["payment"] };

/**
 * Gathers what one transaction changes, and writes all of it in one statement. A payment may be decided on several times:
 * each decision gets the payment that the one before has returned.
 */
export class Changes {
  readonly #operations: OperationsQueue;
  readonly #moved = new Map<string, ChangedPayment>();
  readonly #begun = new Map<string, NewPayment>();
  readonly #settled: { operationId: string; answer: Result }[] = [];
  #added: Added[] = [];
  readonly #facts: Published[] = [];
  /** Payments of which gift cards or store credit pay a part, as they were before. */
  readonly #split = new Map<string, StoredPayment>();
  readonly #causes = new Map<string, Cause>();
  readonly #opened = new Map<string, ChangedPayable>();
  readonly #payables = new Map<string, ChangedPayable>();

  constructor(operations: OperationsQueue) {
    this.#operations = operations;
  }

  /** @param isKnown whether the payable is stored, and locked by the caller */
  setPayable(
    payable: StoredPayable,
    { isKnown, cancelReason = null }: { isKnown: boolean; cancelReason?: string | null },
  ): void {
    const payables = isKnown ? this.#payables : this.#opened;
    const earlier = payables.get(payable.orderId);
    payables.set(payable.orderId, { ...payable, cancelReason: earlier?.cancelReason ?? cancelReason });
  }

  settle(operationId: string, answer: Result): void {
    this.#settled.push({ operationId, answer });
  }

  /** @returns the payment as it is after the decision, and the id of the operation that the decision begins */
  decide(
    stored: StoredPayment,
    decision: Extract<Decision, { kind: "next" }>,
    { cause, client, learned = {} }: Origin,
  ): { stored: StoredPayment; operationId: string | undefined } {
    const { paymentId } = stored;
    const { payment, operation, facts } = decision;
    const decided = { ...stored, reference: learned.reference ?? stored.reference, payment };
    const begun = this.#begun.get(paymentId);
    if (begun) this.#begun.set(paymentId, { ...begun, payment });
    else this.#moved.set(paymentId, { paymentId, payment, learned });
    if (payment.parts.length > 0 && !this.#split.has(paymentId)) this.#split.set(paymentId, stored);
    for (const fact of facts) this.#facts.push({ stored, fact, cause, after: payment });
    return { stored: decided, operationId: operation && this.#add(decided, operation, { cause, client }) };
  }

  /** Begins a payment with the operation that authorises it. The caller lets the payable point to it. */
  start({ orderId, created, cause, client, ids }: Start): { stored: StoredPayment; operationId: string } {
    const { payment, operation } = newPayment(created.amountMinor, created.tenders);
    const { customerId, currency, paymentMethodId: methodId } = created;
    const paymentId = ids?.paymentId ?? newId("payment");
    const provider = this.#operations.choose(created);
    const begun = { paymentId, orderId, customerId, currency, methodId, provider, payment };
    this.#begun.set(paymentId, begun);
    const stored = { ...begun, reference: null, last4: null, expiresAt: null, createdAt: new Date(), updatedAt: "" };
    if (payment.parts.length > 0) {
      this.#split.set(paymentId, stored);
      this.#causes.set(paymentId, cause);
    }
    return { stored, operationId: this.#add(stored, operation, { cause, client }, ids?.operationId) };
  }

  /** An operation's id becomes the idempotency key at the provider, and the id of a refund is shown to clients. */
  #add(
    stored: StoredPayment,
    { kind, amountMinor, ...rest }: NextOperation,
    { cause, client }: Origin,
    operationId = newId(kind === "refund" ? "refund" : "operation"),
  ): string {
    const { paymentId, payment } = stored;
    const reason = "reason" in rest ? rest.reason : null;
    const delayMs = pauseAfter(payment.setbacks);
    const share = shareOf(payment, { kind, amountMinor });
    this.#added.push({ operationId, paymentId, kind, amountMinor, ...share, reason, delayMs, cause, client, stored });
    return operationId;
  }

  /**
   * Writes the changes and emits the events. This node claims the new operations in the same statement, as many as it has
   * room for, and attempts them right after the commit; it announces the others to the queue.
   * @returns why payments that were to begin are declined, by their ids: their gift cards or store credit do not suffice
   */
  async write(tx: Transaction): Promise<ReadonlyMap<string, Decline>> {
    if (this.#isEmpty()) return NONE_DECLINED;
    const { movements, declined } = this.#split.size > 0 ? await this.#planMovements(tx) : NOTHING_MOVES;
    const operations = this.#operations;
    let room = operations.queue.room;
    const added = this.#added.map(({ stored, ...operation }) => {
      const payment =
        this.#begun.get(stored.paymentId)?.payment ?? this.#moved.get(stored.paymentId)?.payment ?? stored.payment;
      const claimed = room > 0 && canBeginAtOnce(operation, payment.goal.kind);
      if (claimed) room -= 1;
      return { ...operation, claimed, stored: { ...stored, payment } };
    });
    saveChanges(tx, {
      opened: [...this.#opened.values()],
      payables: [...this.#payables.values()],
      payments: [...this.#moved.values()],
      begun: [...this.#begun.values()],
      settled: this.#settled,
      added: added.map(({ stored: _, ...operation }) => ({
        ...operation,
        // The lease is made for two calls; a first attempt makes one.
        delayMs: operation.claimed ? operations.timings.leaseMs / 2 : operation.delayMs,
      })),
    });
    writeMovements(tx, movements);
    for (const { stored, fact, cause, after } of this.#facts) emitFact(tx.because(cause), stored, fact, after);
    const [claimed, due] = [
      added.filter((one) => one.claimed),
      added.filter((one) => !one.claimed && one.delayMs === 0),
    ];
    tx.afterCommit(() => {
      operations.queue.begin(claimed.map(claimedOperation));
      operations.wake(due.map(({ operationId }) => operationId));
    });
    return declined;
  }

  /** Reserves, spends and releases what the changed payments do of gift cards and store credit. */
  async #planMovements(tx: Transaction) {
    const moved = [...this.#split.values()].map((stored): MovedPayment => {
      const { paymentId, orderId, customerId, currency } = stored;
      const begun = this.#begun.get(paymentId);
      const after = begun?.payment ?? this.#moved.get(paymentId)?.payment ?? stored.payment;
      return { paymentId, orderId, customerId, currency, before: begun ? undefined : stored.payment, after };
    });
    const planned = await planMovements(tx, moved);
    for (const [paymentId, decline] of planned.declined) this.#fail(paymentId, decline);
    return planned;
  }

  /** A payment that was to begin fails before its provider is asked. */
  #fail(paymentId: string, decline: Decline): void {
    const begun = this.#begun.get(paymentId);
    const stored = this.#split.get(paymentId);
    const cause = this.#causes.get(paymentId);
    if (!begun || !stored || !cause) throw new Error(`${paymentId} was not begun.`);
    const payment = { state: "failed" as const, ...commonOf(begun.payment), decline };
    this.#begun.set(paymentId, { ...begun, payment });
    this.#added = this.#added.filter((operation) => operation.paymentId !== paymentId);
    this.#facts.push({ stored, fact: { kind: "failed", decline }, cause, after: payment });
  }

  #isEmpty(): boolean {
    const { size } = this.#opened;
    return size + this.#payables.size + this.#moved.size + this.#begun.size + this.#settled.length === 0;
  }
}

const NONE_DECLINED: ReadonlyMap<string, Decline> = new Map();
const NOTHING_MOVES = { movements: [], declined: NONE_DECLINED };

/** The pause before the next try grows with the number of refusals. */
function pauseAfter(setbacks: number): number {
  const { OPERATION_BACKOFF_MS: firstMs, SETBACK_BACKOFF_CAP_MS: capMs } = paymentLimits;
  return setbacks === 0 ? 0 : backoffMs(setbacks, { firstMs, capMs });
}

/** An operation that the transaction which added it has claimed: this is its first attempt. */
function claimedOperation({ stored, ...operation }: Added): ClaimedOperation {
  const now = new Date();
  return {
    operationId: operation.operationId,
    paymentId: operation.paymentId,
    kind: operation.kind,
    amountMinor: operation.amountMinor,
    storedMinor: operation.storedMinor,
    asksProvider: operation.asksProvider,
    reason: operation.reason,
    attempts: 1,
    clientHash: operation.client?.hash ?? null,
    cause: operation.cause,
    settled: undefined,
    generation: 0,
    spentMs: undefined,
    createdAt: now,
    sentUntil: now,
    goal: stored.payment.goal.kind,
    orderId: stored.orderId,
    customerId: stored.customerId,
    currency: stored.currency,
    methodId: stored.methodId,
    provider: stored.provider,
    reference: stored.reference,
  };
}
