import { toMajor } from "#lib/contract/money.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { causedBy } from "#lib/events/envelope.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { batchConsumer } from "#mixins/service/consumers.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { orders } from "../contract.ts";
import { type Decision, decide, type Fact } from "../domain/decide.ts";
import { type Input, isSettled, type Order } from "../domain/order.ts";
import { type ChangedOrder, type HistoryStep, lockOrders, saveOrders } from "../orders.store.ts";

/** An input of one order, with what its history keeps about where it comes from. */
export interface OrderInput {
  orderId: string;
  input: Input;
  cause: Cause;
  service: string;
  node: string;
  attempts: number;
  detail: object;
}

/** Makes a consumer of one event type. It says which input the event is to the order that it is about. */
export const advanceOn = batchConsumer<Input>((ctx, intents) =>
  advanceOrders(
    ctx,
    ctx.tx,
    intents.map(({ event, intent }) => eventInput(event, intent, ctx.attempt)),
  ),
);

/** An input that another service has published as an event. The key of such an event is the order's id. */
export function eventInput(event: EventEnvelope, input: Input, attempts: number): OrderInput {
  const { orderId: _, customerId: __, ...detail } = event.data as Record<string, unknown>;
  const [service = event.producer, ...node] = event.producer.split("@");
  return { orderId: event.key, input, cause: causedBy(event), service, node: node.join("@"), attempts, detail };
}

/** An input of this service itself: a request, or a deadline that has passed. */
export function ownInput(ctx: Pick<ServiceContext, "cause" | "node">, orderId: string, input: Input): OrderInput {
  const { kind: _, ...detail } = input;
  return { orderId, input, cause: ctx.cause, service: orders.name, node: ctx.node, attempts: 1, detail };
}

/**
 * Applies inputs to orders: the only way in which an order changes. It takes two round trips for any number of orders:
 * one locks and reads them, one writes them. Each published event names the input that it follows from as its cause.
 * @returns one decision for each input, in the same order
 * @throws Error when an order is unknown. Every order is stored before other services learn its id, so an unknown order
 * means lost data or a foreign message: the event becomes a dead letter, and an operator decides
 */
export async function advanceOrders(
  ctx: Pick<ServiceContext, "signal" | "env">,
  tx: Transaction,
  inputs: readonly OrderInput[],
): Promise<Decision[]> {
  const current = await lockOrders(tx, [...new Set(inputs.map(({ orderId }) => orderId))]);
  const changed = new Map<string, ChangedOrder>();
  const history: HistoryStep[] = [];
  const decisions = inputs.map(({ orderId, input, cause, service, node, attempts, detail }) => {
    const order = current.get(orderId);
    if (!order) throw new Error(`${input.kind} is about the unknown order ${orderId}.`);
    const decision = decide(order, input);
    if (decision.steps.length === 0) return decision;
    current.set(orderId, decision.order);
    changed.set(orderId, changeOf(decision, changed.get(orderId)));
    const { causationId, correlationId } = cause;
    const origin = { orderId, step: input.kind, cause: causationId, correlationId, service, node, attempts, detail };
    history.push(...decision.steps.map((step) => ({ ...step, ...origin })));
    for (const fact of decision.facts) emitFact(tx.because(cause), decision.order, fact);
    return decision;
  });
  if (changed.size > 0) saveOrders(tx, [...changed.values()], history);
  tx.afterCommit(() => {
    for (const { order } of changed.values()) {
      const settled = isSettled(order, ctx.env.CAPTURE_ON);
      ctx.signal("orders.changed", { orderId: order.orderId, version: order.version, settled });
    }
  });
  return decisions;
}

/** @param earlier the change that an earlier input of the same transaction has made to the same order */
function changeOf(decision: Decision, earlier: ChangedOrder | undefined): ChangedOrder {
  const { order, overdue, deadlineMinutes = earlier?.deadlineMinutes } = decision;
  return { order, overdue: overdue === true, deadlineMinutes };
}

function emitFact(tx: Transaction, order: Order, fact: Fact): void {
  const { orderId, customerId, currency } = order;
  switch (fact.type) {
    case "statusChanged":
      tx.emit(orders.events.OrderStatusChanged, {
        orderId,
        customerId,
        previousStatus: fact.from,
        newStatus: fact.to,
        reason: fact.reason,
      });
      break;
    case "cancelled":
      tx.emit(orders.events.OrderCancelled, {
        orderId,
        customerId,
        reason: fact.reason,
        refundAmount: toMajor(fact.refundMinor, currency),
        currency,
        ...(fact.underReview ? { underReview: true } : {}),
      });
      break;
    default:
      fact satisfies never;
  }
}
