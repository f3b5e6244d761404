import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { nextState, type PiecesEvent, type PiecesState } from "../domain/pieces.ts";
import { lockOrders, saveStates } from "../pieces.store.ts";
import { forgetOffers } from "./forget-offers.ts";

interface PiecesMessage {
  orderId: string;
  /** Undefined: the order is only locked. */
  event: PiecesEvent | undefined;
}

/**
 * What becomes of the pieces of orders. The events of one order count in their order.
 * @param made orders that get a row when nothing is known of them
 * @returns what was known of the orders
 */
export async function applyPieces(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  events: readonly PiecesMessage[],
  made: readonly string[] = [],
): Promise<ReadonlyMap<string, PiecesState>> {
  const barring = events.flatMap(({ orderId, event }) =>
    event === "cancelled" || event === "givenBack" ? [orderId] : [],
  );
  const before = await lockOrders(
    tx,
    [...new Set(events.map(({ orderId }) => orderId))],
    [...new Set([...barring, ...made])],
  );
  const after = new Map(before);
  for (const { orderId, event } of events) {
    const state = after.get(orderId);
    const next = state && event && nextState(state, event);
    if (next) after.set(orderId, next);
  }
  const skus = await saveStates(tx, before, after);
  if (skus.length > 0) forgetOffers(ctx, tx, skus);
  return before;
}
