import type { CallResult } from "#lib/contract/types.ts";
import type { Input } from "./payment.ts";

/** The status of an order according to orders; undefined when orders does not know it. */
export type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"] | undefined;

/**
 * The input for a payment whose money has been held for long: the one that the order's event would have given, if it had
 * arrived. Undefined changes nothing.
 */
export function inputForLongHold(
  status: OrderStatus,
  captureOn: "confirmation" | "handoff",
): Extract<Input, { kind: "cancel" | "captureAll" }> | undefined {
  switch (status) {
    case undefined:
      return { kind: "cancel", reason: "the order is unknown" };
    case "cancelled":
    case "refunded":
      return { kind: "cancel", reason: `the order is ${status}` };
    case "confirmed":
      return captureOn === "confirmation" ? { kind: "captureAll" } : undefined;
    case "pending_payment": // the order has a deadline of its own
    case "paid":
    case "processing":
    case "shipped":
    case "delivered":
      return undefined; // the rest of an authorisation, or goods that left unpaid: staff decide
    default:
      return status satisfies never;
  }
}
