import { causedBy } from "#lib/events/envelope.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { batchConsumer } from "#mixins/service/consumers.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { inventory } from "../contract.ts";
import { applyMessages, type Fact, type Message } from "../domain/apply-messages.ts";
import { lockForOrders, savePlan } from "../inventory.store.ts";

/** News of an order and what caused it. */
export interface Caused {
  message: Message;
  cause: Cause;
}

/** Consumers that say what an event means to the stock of an order. */
export const moves = batchConsumer<Message>((ctx, news) =>
  apply(
    ctx,
    ctx.tx,
    news.map(({ event, intent }) => ({ message: intent, cause: causedBy(event) })),
  ),
);

/**
 * Applies news of many orders in two round trips: lock and read, decide, write. What follows from each is told with it
 * as the cause.
 */
export async function apply(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  news: readonly Caused[],
): Promise<void> {
  const messages = news.map(({ message }) => message);
  const skus = messages.flatMap((message) => (message.kind === "created" ? message.lines.map(({ sku }) => sku) : []));
  const orderIds = messages.map(({ orderId }) => orderId);
  const { stock, known } = await lockForOrders(tx, [...new Set(orderIds)], [...new Set(skus)]);
  const plan = applyMessages(stock, known, messages);
  if (plan.opened.length + plan.changed.length === 0) return;
  savePlan(tx, stock, plan);
  for (const { cause, fact } of plan.facts) {
    const caused = news[cause];
    if (caused) tell(tx.because(caused.cause), fact);
  }
  if (stock.changesAvailability()) tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
}

function tell(tx: Transaction, fact: Fact): void {
  const { orderId } = fact;
  const { InventoryReserved, InventoryRejected, InventoryReleased, InventoryCommitted } = inventory.events;
  switch (fact.type) {
    case "reserved":
      tx.emit(InventoryReserved, { orderId, lines: [...fact.lines] });
      break;
    case "rejected":
      tx.emit(InventoryRejected, { orderId, reason: fact.reason, missing: [...fact.missing] });
      break;
    case "released":
      tx.emit(InventoryReleased, { orderId, reason: fact.reason });
      break;
    case "committed":
      tx.emit(InventoryCommitted, { orderId });
      break;
    default:
      fact satisfies never;
  }
}
