import { skuFingerprint } from "#lib/contract/sku-fingerprint.ts";
import { causedBy } from "#lib/events/envelope.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { batchConsumer } from "#mixins/service/consumers.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { inventory } from "../contract.ts";
import { applyMessages, type Message, type StockFact } from "../domain/apply-messages.ts";
import { lockForOrders, savePlan } from "../inventory.store.ts";

/** A message about an order, and the event or job that caused it. */
export interface CausedMessage {
  message: Message;
  cause: Cause;
}

/** Declares a consumer by the message that its event means for the reservation of an order. */
export const reservationConsumer = batchConsumer<Message>((ctx, intents) =>
  applyToOrders(
    ctx,
    ctx.tx,
    intents.map(({ event, intent }) => ({ message: intent, cause: causedBy(event) })),
  ),
);

/**
 * Applies messages about many orders in two round trips: lock and read, decide, write. Each event that follows names the
 * cause of its message.
 */
export async function applyToOrders(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  caused: readonly CausedMessage[],
): Promise<void> {
  const messages = caused.map(({ message }) => message);
  const skus = messages.flatMap((message) => (message.kind === "created" ? message.lines.map(({ sku }) => sku) : []));
  const orderIds = messages.map(({ orderId }) => orderId);
  const { stock, reservations, supplies } = await lockForOrders(tx, [...new Set(orderIds)], [...new Set(skus)]);
  const plan = applyMessages(stock, reservations, messages, supplies);
  if (plan.opened.length + plan.changed.length === 0) return;
  savePlan(tx, stock, plan);
  for (const { index, fact } of plan.facts) {
    const cause = caused[index]?.cause;
    if (cause) emitFact(tx.because(cause), fact);
  }
  const changed = stock.changedAvailability().map(skuFingerprint);
  if (changed.length > 0) tx.afterCommit(() => ctx.signal("edge.invalidate", { skus: changed }));
}

function emitFact(tx: Transaction, fact: StockFact): void {
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
