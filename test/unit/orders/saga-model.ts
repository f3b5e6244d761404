import { decide, type Fact } from "#services/commerce/orders/domain/decide.ts";
import type { Input, Order } from "#services/commerce/orders/domain/order.ts";
import { faultsOf, inconsistencies, inputs, newOrder, TOTAL } from "./order-examples.ts";

/** What happens outside of orders in one run. */
export interface Scenario {
  inStock: boolean;
  payment: "accepted" | "declined" | "acted" | "abandoned";
  capture: "whole" | "parts" | "refused";
  /** The customer asks to pay before inventory has decided about the reservation. */
  paysEarly: boolean;
  /** The customer cancels at some point. */
  cancels: boolean;
  /** The deadline passes at some point. */
  deadlinePasses: boolean;
}

/**
 * What happens to one delivery of a message. `lost before the commit`: the node crashes, so nothing is applied.
 * `delivered again`: it is applied, and delivered again under the same id. `replayed`: it comes again under a new id.
 */
export type Delivery = "applied" | "lost before the commit" | "delivered again" | "replayed";

type Notification = "created" | "reserved" | "confirmed" | "paid" | "cancelled" | "answered" | "acted";
type Message = { id: number } & (
  | { to: "orders"; input: Input }
  | { to: "inventory" | "payments"; notification: Notification }
);

/**
 * A model of the saga: the real decisions of orders, with small models of inventory and payments. Their messages are
 * delivered in any sequence, not in the one in which they were sent.
 */
export class SagaModel {
  order: Order = newOrder;
  readonly facts: Fact[] = [];
  readonly faults: string[] = [];
  readonly messages: Message[] = [];
  readonly #scenario: Scenario;
  readonly #seen = new Set<number>();
  #lastId = 0;

  stock: "none" | "reserved" | "rejected" | "released" | "committed" | "tombstone" | "prepaid" = "none";
  payment: "none" | "asked" | "requires_action" | "authorized" | "failed" | "voided" = "none";
  captured = 0;
  refunded = 0;
  readonly #received = new Set<Notification>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#notify("created", "inventory", "payments");
    if (scenario.cancels) this.#sendToOrders(inputs.CancelRequested);
    if (scenario.deadlinePasses) this.#sendToOrders(inputs.DeadlinePassed);
  }

  deliver(pick: number, delivery: Delivery): void {
    const [message] = this.messages.splice(pick % this.messages.length, 1);
    if (!message) return;
    if (delivery === "lost before the commit") return void this.messages.push(message);
    if (delivery === "replayed") this.messages.push({ ...message, id: ++this.#lastId });
    if (this.#seen.has(message.id)) return;
    this.#seen.add(message.id);
    if (delivery === "delivered again") this.messages.push(message);
    if (message.to === "orders") this.#decide(message.input);
    else if (message.to === "inventory") this.#inventory(message.notification);
    else this.#payments(message.notification);
  }

  /** Delivers all messages; then the deadline of an unpaid order passes. */
  settle(): void {
    while (this.messages.length > 0) this.deliver(0, "applied");
    if (this.order.status !== "pending_payment") return;
    this.#sendToOrders(inputs.DeadlinePassed);
    this.settle();
  }

  #decide(input: Input): void {
    const decision = decide(this.order, input);
    this.faults.push(...inconsistencies(this.order, decision), ...faultsOf(decision.order));
    this.order = decision.order;
    this.facts.push(...decision.facts);
    for (const fact of decision.facts) {
      if (fact.type === "cancelled") this.#notify("cancelled", "inventory", "payments");
      if (fact.type === "statusChanged" && fact.to === "confirmed") this.#notify("confirmed", "payments");
      if (fact.type === "statusChanged" && fact.to === "paid") this.#notify("paid", "inventory");
    }
  }

  #inventory(notification: Notification): void {
    if (notification === "created" && (this.stock === "none" || this.stock === "prepaid")) {
      const early = this.stock === "prepaid";
      this.stock = this.#scenario.inStock ? "reserved" : "rejected";
      this.#sendToOrders(this.#scenario.inStock ? inputs.InventoryReserved : inputs.InventoryRejected);
      if (this.#scenario.inStock) this.#notify("reserved", "payments");
      if (early) this.#inventory("paid");
    } else if (notification === "cancelled" && (this.stock === "reserved" || this.stock === "committed")) {
      this.stock = "released";
      this.#sendToOrders(inputs.InventoryReleased);
    } else if (notification === "cancelled" && (this.stock === "none" || this.stock === "prepaid")) {
      this.stock = "tombstone";
    } else if (notification === "paid" && this.stock === "reserved") {
      this.stock = "committed";
      this.#sendToOrders(inputs.InventoryCommitted);
    } else if (notification === "paid" && this.stock === "none") {
      this.stock = "prepaid";
    }
  }

  #payments(notification: Notification): void {
    this.#received.add(notification);
    const { payment, paysEarly, capture } = this.#scenario;
    if (notification === "answered" && this.payment === "asked") {
      if (payment === "declined") this.#hold("failed", inputs.PaymentFailed);
      else if (payment === "accepted") this.#hold("authorized", inputs.PaymentAuthorized);
      else this.#hold("requires_action", inputs.PaymentActionRequired);
      if (payment === "acted") this.#notify("acted", "payments");
    }
    if (notification === "acted" && this.payment === "requires_action")
      this.#hold("authorized", inputs.PaymentAuthorized);
    const cancelled = this.#received.has("cancelled");
    if (
      this.payment === "none" &&
      !cancelled &&
      this.#received.has("created") &&
      (paysEarly || this.#received.has("reserved"))
    ) {
      this.payment = "asked";
      this.#notify("answered", "payments");
    }
    if (this.payment === "authorized" && this.captured < TOTAL && this.#received.has("confirmed") && !cancelled) {
      if (capture === "refused") this.#sendToOrders(inputs.PaymentFailed);
      if (capture === "parts") this.#capture(TOTAL / 4);
      if (capture !== "refused") this.#capture(TOTAL);
    }
    if (cancelled) this.#releaseOrRefund();
  }

  #capture(total: number): void {
    this.captured = total;
    this.#sendToOrders({ ...inputs.PaymentCompleted, totalMinor: total });
  }

  #releaseOrRefund(): void {
    if (this.captured > this.refunded) {
      this.refunded = this.captured;
      this.#sendToOrders({ ...inputs.PaymentRefunded, totalMinor: this.refunded });
    } else if (this.captured === 0 && (this.payment === "authorized" || this.payment === "requires_action")) {
      this.#hold("voided", inputs.PaymentVoided);
    }
  }

  #hold(payment: SagaModel["payment"], input: Input): void {
    this.payment = payment;
    this.#sendToOrders(input);
  }

  #sendToOrders(input: Input): void {
    this.messages.push({ id: ++this.#lastId, to: "orders", input });
  }

  #notify(notification: Notification, ...to: ("inventory" | "payments")[]): void {
    for (const each of to) this.messages.push({ id: ++this.#lastId, to: each, notification });
  }
}
