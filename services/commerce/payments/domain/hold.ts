import type { CallResult } from "#lib/contract/types.ts";
import type { Input } from "./payment.ts";

/** Where orders says an order is; undefined when it knows no such order. */
export type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"] | undefined;

/**
 * What money that has been held for long is to do, by where its order is: what the order's event would have had it do,
 * had it arrived. Undefined leaves it as it is.
 */
export function overdueInput(
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
    case "pending_payment": // its own deadline ends it
    case "paid":
    case "processing":
    case "shipped":
    case "delivered":
      return undefined; // the rest of an authorisation, or goods that left before they were paid: people decide
    default:
      return status satisfies never;
  }
}
