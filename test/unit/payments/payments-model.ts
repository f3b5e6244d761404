import { decide } from "#services/commerce/payments/domain/decide.ts";
import {
  answerWithoutProvider,
  inputFrom,
  isCurrent,
  keyOf,
  nextStep,
  type OperationKind,
  type Result,
} from "#services/commerce/payments/domain/operation.ts";
import { judgeRequest, type Payable, shouldAuthorize } from "#services/commerce/payments/domain/payable.ts";
import {
  type Input,
  isDead,
  type NextOperation,
  newPayment,
  type Payment,
  type Replacement,
} from "#services/commerce/payments/domain/payment.ts";
import { shareOf } from "#services/commerce/payments/domain/split.ts";
import type { Tender } from "#services/commerce/payments/domain/tender.ts";
import { type Method, Provider, type Request, SETTLING } from "./provider-model.ts";

export const AMOUNT = 100;

interface Row {
  paymentId: string;
  orderId: string;
  method: Method;
  reference: string;
  payment: Payment;
}

interface Operation {
  id: string;
  row: Row;
  kind: OperationKind;
  amountMinor: number;
  storedMinor: number;
  asksProvider: boolean;
  reason: string | null;
  attempts: number;
  generation: number;
  spentAt: number | undefined;
  leased: boolean;
  open: boolean;
}

/** An attempt under way. What it has not recorded is lost when its worker crashes. */
interface Task {
  operation: Operation;
  attempts: number;
  generation: number;
  spent: number | undefined;
  goal: Payment["goal"]["kind"];
  outcome?: Result | "unknown" | "spent" | "renew";
}

export const FATES = ["answered", "answerLost", "timedOut", "failedForGood", "doneAndFailed", "doneLater"] as const;
export type Fate = (typeof FATES)[number];

export const EVENTS = ["created", "reserved", "confirmed", "cancelled"] as const;
export type EventType = (typeof EVENTS)[number];

/** A model of payments: rows in arrays, and the real decisions. Every method is one transaction or one call. */
export class PaymentsModel {
  readonly provider = new Provider();
  readonly payables = new Map<string, Payable & { method: Method }>();
  readonly rows: Row[] = [];
  readonly operations: Operation[] = [];
  readonly facts: { orderId: string; kind: string; amountMinor: number }[] = [];
  tasks: Task[] = [];
  /** Requests that timed out and may still reach the provider. */
  delayed: Request[] = [];
  now = 0;
  #requested = 0;
  /** What pays a part of each order. */
  readonly #tenders: readonly Tender[];

  constructor(tenders: readonly Tender[] = []) {
    this.#tenders = tenders;
  }

  applyEvent(orderId: string, event: EventType, method: Method): void {
    const payable = this.payables.get(orderId) ?? {
      created: null,
      reserved: false,
      approved: false,
      cancelled: false,
      paymentId: null,
      method,
    };
    this.payables.set(orderId, payable);
    switch (event) {
      case "created":
        payable.created = {
          customerId: "c",
          amountMinor: AMOUNT,
          currency: "USD",
          paymentMethodId: method,
          country: null,
          tenders: [],
          underReview: false,
        };
        break;
      case "reserved":
        payable.reserved = true;
        break;
      case "confirmed":
        for (const row of this.#live(orderId)) this.applyInput(row, { kind: "captureAll" });
        return;
      case "cancelled":
        payable.cancelled = true;
        for (const row of this.#latest(orderId)) this.applyInput(row, { kind: "cancel", reason: "cancelled" });
        return;
      default:
        event satisfies never;
    }
    if (shouldAuthorize(payable)) this.#begin(orderId, payable.method);
  }

  /** A customer requests the authorisation. */
  authorize(orderId: string, method: Method): void {
    const payable = this.payables.get(orderId);
    const [latest] = this.#latest(orderId);
    const verdict = judgeRequest(
      payable ?? null,
      { customerId: "c", methodId: method, amountMinor: () => AMOUNT },
      latest ? { state: latest.payment.state, goal: latest.payment.goal.kind, methodId: latest.method } : null,
    );
    if (verdict.kind === "newPayment") this.#begin(orderId, method);
    if (verdict.kind === "replace" && latest) {
      this.#requested += 1;
      const ids = { paymentId: `next${this.#requested}`, operationId: `nextOp${this.#requested}` };
      this.applyInput(latest, { kind: "replace", replacement: { ...ids, methodId: method } });
    }
  }

  /** A client requests something. Even if it is refused, the invariants must hold. */
  request(orderId: string, input: Input): void {
    for (const row of this.#latest(orderId)) this.applyInput(row, input);
  }

  applyInput(row: Row, input: Input): void {
    const decision = decide(row.payment, input);
    if (decision.kind === "contradiction") throw new Error(`${input.kind} contradicts ${JSON.stringify(row.payment)}`);
    if (decision.kind !== "next") return;
    row.payment = decision.payment;
    for (const fact of decision.facts) {
      this.facts.push({
        orderId: row.orderId,
        kind: fact.kind,
        amountMinor: "amountMinor" in fact ? fact.amountMinor : AMOUNT,
      });
    }
    if (decision.operation) this.#addOperation(row, decision.operation);
    if (decision.successor) this.#begin(row.orderId, decision.successor.methodId as Method, decision.successor);
  }

  /** The customer does what the bank asked for, and payments does not know it yet. */
  customerActs(pick: number): void {
    this.provider.customerActs(pick);
  }

  claim(pick: number): void {
    const due = this.operations.filter(({ open, leased }) => open && !leased);
    const operation = due[pick % due.length];
    if (!operation) return;
    operation.leased = true;
    operation.attempts += 1;
    const { attempts, generation, spentAt } = operation;
    const spent = spentAt === undefined ? undefined : this.now - spentAt;
    this.tasks.push({ operation, attempts, generation, spent, goal: operation.row.payment.goal.kind });
  }

  /** A worker calls the provider. */
  call(pick: number, fate: Fate): void {
    const idle = this.tasks.filter(({ outcome }) => outcome === undefined);
    const task = idle[pick % idle.length];
    if (task) task.outcome = this.#ask(task, fate);
  }

  #ask({ operation, attempts, generation, spent, goal }: Task, fate: Fate): Task["outcome"] {
    const { lookup, otherwise } = nextStep({ kind: operation.kind, attempts, spentMs: spent }, goal, SETTLING);
    if (!operation.asksProvider && (lookup !== "none" || otherwise !== "abandon"))
      return answerWithoutProvider(operation.kind, new Date(0));
    const known = lookup === "none" ? undefined : this.provider.find(operation.id, lookup === "complete");
    if (known) return known;
    if (otherwise === "wait") return "unknown";
    if (otherwise === "renewKey") return "renew";
    if (otherwise === "abandon") return { kind: "abandoned" };
    return this.#send(requestOf(operation, generation), fate);
  }

  #send(request: Request, fate: Fate): Task["outcome"] {
    switch (fate) {
      case "answered":
        return this.provider.perform(request);
      case "answerLost":
        this.provider.perform(request);
        return "unknown";
      case "timedOut":
        this.delayed.push(request);
        return "unknown";
      case "failedForGood":
        this.provider.failForGood(request, "nothing");
        return "unknown";
      case "doneAndFailed":
        this.provider.failForGood(request, "all");
        return "unknown";
      case "doneLater":
        this.provider.failForGood(request, "later");
        return "unknown";
      default:
        return fate satisfies never;
    }
  }

  /** Time passes. */
  turn(turns = 1): void {
    this.now += turns;
    this.provider.turn(turns);
  }

  /** A worker records its outcome, unless another one has. */
  write(pick: number): void {
    const done = this.tasks.filter(({ outcome }) => outcome !== undefined);
    const task = done[pick % done.length];
    if (!task?.outcome) return;
    this.tasks = this.tasks.filter((other) => other !== task);
    const { operation, outcome } = task;
    if (!operation.open) return;
    operation.leased = false;
    if (outcome === "unknown") return;
    if (outcome === "spent" || outcome === "renew") {
      if (operation.generation === task.generation) this.#leaveKey(operation, outcome);
      return;
    }
    if (!isCurrent(outcome, { claimed: task.attempts, now: operation.attempts })) return;
    operation.open = false;
    if ("reference" in outcome && outcome.reference) operation.row.reference = outcome.reference;
    this.applyInput(
      operation.row,
      inputFrom({ operationId: operation.id, amountMinor: operation.amountMinor, reason: operation.reason }, outcome),
    );
  }

  #leaveKey(operation: Operation, how: "spent" | "renew"): void {
    if (how === "spent") operation.spentAt ??= this.now;
    else Object.assign(operation, { generation: operation.generation + 1, spentAt: undefined });
  }

  /** The provider refuses one of the next operations for a reason of its own. */
  refuse(): void {
    this.provider.refusals += 1;
  }

  crash(pick: number): void {
    const [dead] = this.tasks.splice(pick % Math.max(1, this.tasks.length), 1);
    if (dead) dead.operation.leased = false;
  }

  /** A lease ends while its worker is still busy: another worker takes over, and both continue. */
  expire(pick: number): void {
    const leased = this.operations.filter(({ open, leased: held }) => open && held);
    const operation = leased[pick % leased.length];
    if (operation) operation.leased = false;
  }

  /** A request that timed out reaches the provider after all. */
  deliverLate(pick: number): void {
    const [request] = this.delayed.splice(pick % Math.max(1, this.delayed.length), 1);
    if (request) this.provider.perform(request);
  }

  /** Nothing fails any more, and all operations settle. @throws Error if they do not */
  settle(): void {
    this.provider.refusals = 0;
    for (let round = 0; round < 100; round++) {
      for (const operation of this.operations) operation.leased = false;
      if (!this.operations.some(({ open }) => open)) break;
      this.claim(0);
      while (this.tasks.some(({ outcome }) => outcome === undefined)) this.call(0, "answered");
      while (this.tasks.length > 0) this.write(0);
      this.turn(SETTLING);
    }
    if (this.operations.some(({ open }) => open)) throw new Error("The operations do not settle.");
    while (this.delayed.length > 0) this.deliverLate(0);
  }

  #begin(orderId: string, method: Method, ids?: Pick<Replacement, "paymentId" | "operationId">): void {
    if (this.#live(orderId).length > 0) throw new Error(`${orderId} would have two live payments.`);
    const { payment, operation } = newPayment(AMOUNT, this.#tenders);
    const row: Row = { paymentId: ids?.paymentId ?? `pay${this.rows.length}`, orderId, method, reference: "", payment };
    this.rows.push(row);
    const payable = this.payables.get(orderId);
    if (payable) payable.paymentId = row.paymentId;
    this.#addOperation(row, operation, ids?.operationId);
  }

  #addOperation(row: Row, { kind, amountMinor, ...rest }: NextOperation, id?: string): void {
    if (this.operations.some((other) => other.open && other.row === row))
      throw new Error(`${row.paymentId} has two operations.`);
    const reason = "reason" in rest ? rest.reason : null;
    this.operations.push({
      id: id ?? `op${this.operations.length}`,
      row,
      kind,
      amountMinor,
      ...shareOf(row.payment, { kind, amountMinor }),
      reason,
      attempts: 0,
      generation: 0,
      spentAt: undefined,
      leased: false,
      open: true,
    });
  }

  #live(orderId: string): Row[] {
    return this.rows.filter((row) => row.orderId === orderId && !isDead(row.payment.state));
  }

  #latest(orderId: string): Row[] {
    return this.rows.filter(({ paymentId }) => paymentId === this.payables.get(orderId)?.paymentId);
  }
}

function requestOf({ id, row, kind, amountMinor, storedMinor }: Operation, generation: number): Request {
  const key = keyOf({ operationId: id, generation });
  return {
    operationId: id,
    key,
    kind,
    orderId: row.orderId,
    method: row.method,
    reference: row.reference,
    amountMinor: amountMinor - storedMinor,
  };
}
