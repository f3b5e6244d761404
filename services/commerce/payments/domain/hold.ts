import type { CallResult } from "#lib/contract/types.ts";
import type { OrderMessage } from "./payable.ts";

/** The status of an order according to orders; undefined when orders does not know it. */
export type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"] | undefined;

/**
 * The message about an order whose money has been held for long: the one that its event would have given, if it had
 * arrived. Undefined changes nothing.
 */
export function messageForLongHold(orderId: string, status: OrderStatus): OrderMessage | undefined {
  switch (status) {
    case undefined:
      return { kind: "cancelled", orderId, reason: "the order is unknown" };
    case "cancelled":
    case "refunded":
      return { kind: "cancelled", orderId, reason: `the order is ${status}` };
    case "confirmed":
      return { kind: "confirmed", orderId };
    case "shipped":
    case "delivered":
      return { kind: "handedOff", orderId };
    case "pending_payment": // the order has a deadline of its own
    case "paid":
    case "processing":
      return undefined; // the rest of an authorisation: staff decide
    default:
      return status satisfies never;
  }
}
