import { decide, type Fact } from "#services/commerce/orders/domain/decide.ts";
import type { Input, Order } from "#services/commerce/orders/domain/order.ts";
import { faultsOf, inconsistencies, inputs, newOrder, TOTAL } from "./orders.ts";

/** How things outside of orders turn out. */
export interface Plan {
  inStock: boolean;
  payment: "accepted" | "declined" | "acted" | "abandoned";
  capture: "whole" | "parts" | "refused";
  /** The customer asks to pay before the reservation is decided. */
  eager: boolean;
  /** The customer cancels at some moment. */
  cancels: boolean;
  /** The deadline passes at some moment. */
  late: boolean;
}

/** What happens to a delivery: applied; nothing, as the node died first; applied, but delivered again, known or not. */
export type Fate = "applied" | "lost before the commit" | "delivered again" | "replayed";

type News = "created" | "reserved" | "confirmed" | "paid" | "cancelled" | "answered" | "acted";
type Mail = { id: number } & ({ to: "orders"; input: Input } | { to: "inventory" | "payments"; news: News });

/**
 * The saga in miniature: the real decisions of orders between small models of inventory and payments. All their mail
 * lies in one bag, from which any piece may come next: nothing arrives in the order it was sent.
 */
export class World {
  order: Order = newOrder;
  readonly facts: Fact[] = [];
  readonly faults: string[] = [];
  readonly bag: Mail[] = [];
  readonly #plan: Plan;
  readonly #seen = new Set<number>();
  #lastId = 0;

  stock: "none" | "reserved" | "rejected" | "released" | "committed" | "tombstone" | "prepaid" = "none";
  payment: "none" | "asked" | "requires_action" | "authorized" | "failed" | "voided" = "none";
  captured = 0;
  refunded = 0;
  readonly #heard = new Set<News>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#tell("created", "inventory", "payments");
    if (plan.cancels) this.#inform(inputs.CancelRequested);
    if (plan.late) this.#inform(inputs.DeadlinePassed);
  }

  deliver(pick: number, fate: Fate): void {
    const [mail] = this.bag.splice(pick % this.bag.length, 1);
    if (!mail) return;
    if (fate === "lost before the commit") return void this.bag.push(mail);
    if (fate === "replayed") this.bag.push({ ...mail, id: ++this.#lastId });
    if (this.#seen.has(mail.id)) return;
    this.#seen.add(mail.id);
    if (fate === "delivered again") this.bag.push(mail);
    if (mail.to === "orders") this.#decide(mail.input);
    else if (mail.to === "inventory") this.#inventory(mail.news);
    else this.#payments(mail.news);
  }

  /** Everything arrives in the end, and deadlines pass. */
  settle(): void {
    while (this.bag.length > 0) this.deliver(0, "applied");
    if (this.order.status !== "pending_payment") return;
    this.#inform(inputs.DeadlinePassed);
    this.settle();
  }

  #decide(input: Input): void {
    const decision = decide(this.order, input);
    this.faults.push(...inconsistencies(this.order, decision), ...faultsOf(decision.order));
    this.order = decision.order;
    this.facts.push(...decision.facts);
    for (const fact of decision.facts) {
      if (fact.type === "confirmed") this.#tell("confirmed", "payments");
      if (fact.type === "cancelled") this.#tell("cancelled", "inventory", "payments");
      if (fact.type === "statusChanged" && fact.to === "paid") this.#tell("paid", "inventory");
    }
  }

  #inventory(news: News): void {
    if (news === "created" && (this.stock === "none" || this.stock === "prepaid")) {
      const early = this.stock === "prepaid";
      this.stock = this.#plan.inStock ? "reserved" : "rejected";
      this.#inform(this.#plan.inStock ? inputs.InventoryReserved : inputs.InventoryRejected);
      if (this.#plan.inStock) this.#tell("reserved", "payments");
      if (early) this.#inventory("paid");
    } else if (news === "cancelled" && (this.stock === "reserved" || this.stock === "committed")) {
      this.stock = "released";
      this.#inform(inputs.InventoryReleased);
    } else if (news === "cancelled" && (this.stock === "none" || this.stock === "prepaid")) {
      this.stock = "tombstone";
    } else if (news === "paid" && this.stock === "reserved") {
      this.stock = "committed";
      this.#inform(inputs.InventoryCommitted);
    } else if (news === "paid" && this.stock === "none") {
      this.stock = "prepaid";
    }
  }

  #payments(news: News): void {
    this.#heard.add(news);
    const { payment, eager, capture } = this.#plan;
    if (news === "answered" && this.payment === "asked") {
      if (payment === "declined") this.#hold("failed", inputs.PaymentFailed);
      else if (payment === "accepted") this.#hold("authorized", inputs.PaymentAuthorized);
      else this.#hold("requires_action", inputs.PaymentActionRequired);
      if (payment === "acted") this.#tell("acted", "payments");
    }
    if (news === "acted" && this.payment === "requires_action") this.#hold("authorized", inputs.PaymentAuthorized);
    const cancelled = this.#heard.has("cancelled");
    if (this.payment === "none" && !cancelled && this.#heard.has("created") && (eager || this.#heard.has("reserved"))) {
      this.payment = "asked";
      this.#tell("answered", "payments");
    }
    if (this.payment === "authorized" && this.captured < TOTAL && this.#heard.has("confirmed") && !cancelled) {
      if (capture === "refused") this.#inform(inputs.PaymentFailed);
      if (capture === "parts") this.#capture(TOTAL / 4);
      if (capture !== "refused") this.#capture(TOTAL);
    }
    if (cancelled) this.#giveBack();
  }

  #capture(total: number): void {
    this.captured = total;
    this.#inform({ ...inputs.PaymentCompleted, totalMinor: total });
  }

  #giveBack(): void {
    if (this.captured > this.refunded) {
      this.refunded = this.captured;
      this.#inform({ ...inputs.PaymentRefunded, totalMinor: this.refunded });
    } else if (this.captured === 0 && (this.payment === "authorized" || this.payment === "requires_action")) {
      this.#hold("voided", inputs.PaymentVoided);
    }
  }

  #hold(payment: World["payment"], input: Input): void {
    this.payment = payment;
    this.#inform(input);
  }

  #inform(input: Input): void {
    this.bag.push({ id: ++this.#lastId, to: "orders", input });
  }

  #tell(news: News, ...to: ("inventory" | "payments")[]): void {
    for (const each of to) this.bag.push({ id: ++this.#lastId, to: each, news });
  }
}
