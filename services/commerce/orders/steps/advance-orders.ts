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

/** Something that happened to one order, and where it comes from. */
export interface News {
  orderId: string;
  input: Input;
  cause: Cause;
  service: string;
  node: string;
  attempts: number;
  /** What the history keeps of it. */
  detail: object;
}

/** Consumers that say what an event means to the order it is about. */
export const advances = batchConsumer<Input>((ctx, news) =>
  advance(
    ctx,
    ctx.tx,
    news.map(({ event, intent }) => heard(event, intent, ctx.attempt)),
  ),
);

/** News that came as another service's event, which is kept under the id of its order. */
export function heard(event: EventEnvelope, input: Input, attempts: number): News {
  const { orderId: _, customerId: __, ...detail } = event.data as Record<string, unknown>;
  const [service = event.producer, ...node] = event.producer.split("@");
  return { orderId: event.key, input, cause: causedBy(event), service, node: node.join("@"), attempts, detail };
}

/** News of our own: a request, or the passing of time. */
export function ours(ctx: Pick<ServiceContext, "cause" | "node">, orderId: string, input: Input): News {
  const { kind: _, ...detail } = input;
  return { orderId, input, cause: ctx.cause, service: orders.name, node: ctx.node, attempts: 1, detail };
}

/**
 * Applies news to orders: the only way an order changes. Two round trips for any number of them: lock, decide, write.
 * What follows from each is told with it as the cause.
 * @returns one decision for each piece of news, in their order
 * @throws Error when an order is unknown. Each order exists before anybody else hears of it, so this is no crossing but
 * lost data or a foreign message: the event is dead-lettered for somebody to look at, not forgotten
 */
export async function advance(
  ctx: Pick<ServiceContext, "signal" | "env">,
  tx: Transaction,
  news: readonly News[],
): Promise<Decision[]> {
  const current = await lockOrders(tx, [...new Set(news.map(({ orderId }) => orderId))]);
  const changed = new Map<string, ChangedOrder>();
  const history: HistoryStep[] = [];
  const decisions = news.map(({ orderId, input, cause, service, node, attempts, detail }) => {
    const order = current.get(orderId);
    if (!order) throw new Error(`${input.kind} speaks of the unknown order ${orderId}.`);
    const decision = decide(order, input);
    if (decision.steps.length === 0) return decision;
    current.set(orderId, decision.order);
    changed.set(orderId, {
      order: decision.order,
      overdue: decision.overdue === true,
      deadlineMinutes:
        decision.deadlineMinutes === undefined ? changed.get(orderId)?.deadlineMinutes : decision.deadlineMinutes,
    });
    const { causationId, correlationId } = cause;
    const origin = { orderId, step: input.kind, cause: causationId, correlationId, service, node, attempts, detail };
    history.push(...decision.steps.map((step) => ({ ...step, ...origin })));
    for (const fact of decision.facts) tell(tx.because(cause), decision.order, fact);
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

function tell(tx: Transaction, order: Order, fact: Fact): void {
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
    case "confirmed":
      tx.emit(orders.events.OrderConfirmed, {
        orderId,
        customerId,
        totalAmount: toMajor(order.totalMinor, currency),
        currency,
      });
      break;
    case "cancelled":
      tx.emit(orders.events.OrderCancelled, {
        orderId,
        customerId,
        reason: fact.reason,
        refundAmount: toMajor(fact.refundMinor, currency),
        currency,
      });
      break;
    default:
      fact satisfies never;
  }
}
