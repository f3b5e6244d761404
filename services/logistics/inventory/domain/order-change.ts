import type { EventData } from "#lib/contract/types.ts";
import type { Message } from "./apply-messages.ts";

/** A change of an order's status that matters to its pieces. */
export type OrderChange = Pick<EventData<"orders.OrderStatusChanged">, "orderId" | "previousStatus" | "newStatus">;

/**
 * What a change of status means for the pieces: paid or shipped ones are sold. Those of an order that is refunded in full
 * before it is shipped go back on the shelf; shipped ones come back by a return, if at all.
 */
export function messageOf({ orderId, previousStatus, newStatus }: OrderChange): Message {
  const stays = previousStatus === "shipped" || previousStatus === "delivered";
  if (newStatus === "refunded" && !stays) return { kind: "cancelled", orderId, reason: "refunded" };
  return { kind: "paid", orderId };
}
