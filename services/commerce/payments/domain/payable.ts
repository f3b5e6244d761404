import type { PaymentState } from "./payment.ts";

/** An order as payments knows it. Its events may come in any order, so each part may be missing. */
export interface Payable {
  created: { customerId: string; amountMinor: number; currency: string; paymentMethodId: string } | null;
  reserved: boolean;
  cancelled: boolean;
  /** The latest attempt to pay it. */
  paymentId: string | null;
}

/** Whether the saga is to authorise now: it does so once, when the order is known and its stock is reserved. */
export function isDue(payable: Payable): boolean {
  return payable.created !== null && payable.reserved && !payable.cancelled && payable.paymentId === null;
}

/** What a request to authorise comes to. */
export type Verdict =
  | { kind: "unknownOrder" }
  | { kind: "foreignOrder" }
  | { kind: "wrongAmount"; amountMinor: number }
  | { kind: "notPayable" }
  | { kind: "newPayment" }
  /** There is a payment that says it all: one that lives never gets a second one beside it. */
  | { kind: "existing"; paymentId: string };

/** @param latest the payable's latest payment */
export function judge(
  payable: Payable | null,
  request: { customerId: string; methodId: string; amountMinor: (currency: string) => number },
  latest: { state: PaymentState; methodId: string } | null,
): Verdict {
  if (!payable?.created) return { kind: "unknownOrder" };
  const { customerId, amountMinor, currency } = payable.created;
  if (customerId !== request.customerId) return { kind: "foreignOrder" };
  if (request.amountMinor(currency) !== amountMinor) return { kind: "wrongAmount", amountMinor };
  if (
    payable.paymentId !== null &&
    latest?.state === "failed" &&
    latest.methodId === request.methodId &&
    payable.cancelled
  ) {
    // The saga tried this very method first, and the order ended with it. The decline is what the customer has to know.
    return { kind: "existing", paymentId: payable.paymentId };
  }
  if (payable.cancelled || latest?.state === "refunded" || latest?.state === "voided") return { kind: "notPayable" };
  if (payable.paymentId === null || latest === null || latest.state === "failed") return { kind: "newPayment" };
  return { kind: "existing", paymentId: payable.paymentId };
}
