import type { Part, Tender } from "./tender.ts";

/** What the customer has to do before their bank agrees. */
export interface CustomerAction {
  type: string;
  url: string;
  /** For the provider's library in the customer's browser. */
  clientSecret?: string;
}

/** A definite refusal of the provider, and its reason. */
export interface Decline {
  code: string;
  message: string;
}

/** The client that requested an operation, and its key. The same request again finds the operation that it made. */
export interface ClientKey {
  client: string;
  key: string;
  hash: string;
}

/** The payment that takes the place of one that waits for its customer. Its ids are fixed when it is requested. */
export interface Replacement {
  paymentId: string;
  /** The operation that authorises it. */
  operationId: string;
  methodId: string;
  client?: ClientKey | undefined;
}

/**
 * What the order or its customer wants of the payment. It is pursued when the operation in flight, if there is one, has
 * settled.
 */
export type Goal =
  | { kind: "none" }
  | { kind: "capture" }
  | { kind: "cancel"; reason: string }
  /** The customer pays with another method, which may begin when this payment is certainly voided. */
  | { kind: "replace"; replacement: Replacement };

interface CommonFields {
  /** The total of the order. */
  amountMinor: number;
  /** What gift cards and store credit pay of it, in this sequence. The provider has the rest. */
  parts: readonly Part[];
  goal: Goal;
  /** How often the provider has refused what a cancelled order needs. The pause before the next try grows with it. */
  setbacks: number;
}

export interface Funds {
  /** Authorised and neither captured nor released. */
  heldMinor: number;
  capturedMinor: number;
  refundedMinor: number;
}

/** Nothing is held yet. In `authorizing` and `confirming` an operation is in flight, and may have charged already. */
type Unfunded =
  | { state: "authorizing" }
  | { state: "requires_action"; action: CustomerAction }
  | { state: "confirming"; action: CustomerAction }
  | { state: "failed"; decline: Decline };

type Funded =
  | ({ state: "authorized" } & Funds)
  | ({ state: "capturing" } & Funds)
  | ({ state: "captured" } & Funds)
  | ({ state: "refunding" } & Funds)
  | ({ state: "refunded" } & Funds)
  | ({ state: "voiding" } & Funds)
  | ({ state: "voided" } & Funds);

export type Payment = CommonFields & (Unfunded | Funded);
export type PaymentState = Payment["state"];
export type PaymentIn<S extends PaymentState> = CommonFields & Extract<Unfunded | Funded, { state: S }>;

/** What can happen to a payment: goals of the order, requests of people, results of operations. */
export type Input =
  | { kind: "cancel"; reason: string }
  | { kind: "captureAll" }
  | { kind: "replace"; replacement: Replacement }
  | { kind: "confirm" }
  | { kind: "void" }
  /** What the provider says of its part while nothing is asked of it: somebody has captured, refunded or released there. */
  | { kind: "observed"; heldMinor: number; capturedMinor: number; refundedMinor: number; refundId: string }
  | { kind: "capture"; amountMinor: number }
  | { kind: "refund"; amountMinor: number; reason: string }
  | { kind: "authorized" }
  | { kind: "actionRequired"; action: CustomerAction }
  | { kind: "declined"; decline: Decline }
  | { kind: "abandoned" }
  /** `heldMinor` is what the provider holds; undefined when it was not asked. */
  | { kind: "captured"; amountMinor: number; heldMinor: number | undefined }
  | { kind: "voided" }
  | { kind: "refunded"; refundId: string; amountMinor: number; reason: string };
export type InputKind = Input["kind"];
export type InputOf<K extends InputKind> = Extract<Input, { kind: K }>;

/** What the provider is asked to do next. */
export type NextOperation =
  | { kind: "authorize" | "confirm"; amountMinor: number }
  | { kind: "capture"; amountMinor: number }
  | { kind: "void"; amountMinor: number; reason: string }
  | { kind: "refund"; amountMinor: number; reason: string };

/** What is published as an event. */
export type Fact =
  | { kind: "authorized" }
  | { kind: "actionRequired"; action: CustomerAction }
  | { kind: "completed"; amountMinor: number; totalMinor: number }
  | { kind: "failed"; decline: Decline }
  | { kind: "voided"; amountMinor: number; reason: string }
  | { kind: "replaced"; nextPaymentId: string }
  | { kind: "refunded"; refundId: string; amountMinor: number; totalMinor: number; reason: string }
  /** A refund came back: `totalMinor` is what remains refunded. */
  | { kind: "refundFailed"; amountMinor: number; totalMinor: number };

export type Decision =
  | {
      kind: "next";
      payment: Payment;
      operation?: NextOperation;
      /** The payment to begin in the same transaction, because this one has ended. */
      successor?: Replacement;
      facts: readonly Fact[];
    }
  /** The input has no effect in this state, for example because it came twice. */
  | { kind: "nothing" }
  /** An operation is in flight: the request can be decided when it has settled. */
  | { kind: "busy" }
  | { kind: "refused"; code: "AMOUNT_TOO_HIGH"; remainingMinor: number }
  | { kind: "refused"; code: "INVALID_PAYMENT_STATE" }
  /** Cannot happen while each payment has one operation at a time. It is logged as an error. */
  | { kind: "contradiction" };

/** The status that clients see. While an operation is in flight, they see the status before it. */
export type PaymentStatus =
  | "authorizing"
  | "requires_action"
  | "authorized"
  | "captured"
  | "refunded"
  | "voided"
  | "failed";

/** A new payment, and the operation it begins with. */
export function newPayment(
  amountMinor: number,
  tenders: readonly Tender[],
): { payment: PaymentIn<"authorizing">; operation: NextOperation } {
  const paying = tenders.filter((tender) => tender.amountMinor > 0);
  const parts = paying.map((tender) => ({ ...tender, refundedMinor: 0 }));
  return {
    payment: { state: "authorizing", amountMinor, parts, goal: { kind: "none" }, setbacks: 0 },
    operation: { kind: "authorize", amountMinor },
  };
}

/** What stays the same when a payment changes its state. */
export function commonOf({ amountMinor, parts, goal, setbacks }: CommonFields): CommonFields {
  return { amountMinor, parts, goal, setbacks };
}

/** Whether the payment has ended without money, so that another attempt to pay may follow. */
export function isDead(state: PaymentState): boolean {
  return state === "failed" || state === "voided";
}

export function fundsOf(payment: Payment): Funds {
  return "heldMinor" in payment ? payment : { heldMinor: 0, capturedMinor: 0, refundedMinor: 0 };
}

export function statusOf(payment: Payment): PaymentStatus {
  switch (payment.state) {
    case "confirming":
      return "requires_action";
    case "capturing":
    case "voiding":
    case "refunding":
      if (payment.capturedMinor > 0) return "captured";
      return payment.state === "voiding" && payment.heldMinor === 0 ? "requires_action" : "authorized";
    case "authorizing":
    case "requires_action":
    case "authorized":
    case "captured":
    case "refunded":
    case "voided":
    case "failed":
      return payment.state;
    default:
      return payment satisfies never;
  }
}
