import type { Transaction } from "#lib/sql/transaction.ts";
import { batchConsumer } from "#mixins/service/consumers.ts";
import { followOrders, type OrderFate } from "../deals/steps/order-claims.ts";
import { isAccount } from "../domain/purchase.ts";
import { type Message, type ReservationState, statesAfter } from "../domain/reservation.ts";
import { savePayingCustomers } from "../projections.store.ts";
import { lockReservations, saveStates } from "../reservations.store.ts";
import type { Deps } from "../setup.ts";

/** What an event means: for the reservation of its order, and who has paid. */
export interface Told {
  message: Message;
  payer?: string;
}

/** Declares a consumer by what its event means. */
export const reservationConsumer = batchConsumer<Told, Deps>(async ({ tx }, items) => {
  savePayingCustomers(
    tx,
    items.flatMap(({ intent: { payer } }) => (isAccount(payer) ? [payer] : [])),
  );
  await applyMessages(
    tx,
    items.map(({ intent: { message } }) => message),
  );
});

/** Applies messages about orders: lock and read, decide, write. */
export async function applyMessages(tx: Transaction, messages: readonly Message[]): Promise<void> {
  const orderIds = new Set(messages.map(({ orderId }) => orderId));
  const barring = messages.filter(({ kind }) => kind === "cancelled" || kind === "givenBack");
  const stored = await lockReservations(tx, [...orderIds], [...new Set(barring.map(({ orderId }) => orderId))]);
  const states = statesAfter(stored, messages);
  saveStates(tx, states);
  await followOrders(
    tx,
    [...states].flatMap(([orderId, state]) => fateOf(orderId, state, messages) ?? []),
  );
}

/** What becomes of the claims of an order whose reservation has changed. */
function fateOf(orderId: string, state: ReservationState, messages: readonly Message[]): OrderFate | undefined {
  if (state === "committed") return { orderId, kind: "sell" };
  if (state !== "released") return undefined;
  const isCancelled = messages.some((message) => message.orderId === orderId && message.kind === "cancelled");
  return { orderId, kind: isCancelled ? "cancel" : "restore" };
}
