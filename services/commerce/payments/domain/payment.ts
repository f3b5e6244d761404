/** What the customer has to do before their bank agrees. */
export interface CustomerAction {
  type: string;
  url: string;
}

/** A definite no, and why. */
export interface Decline {
  code: string;
  message: string;
}

/** What the order wants of its payment. It outlives the operation in flight, which settles first. */
export type Wish = { kind: "none" } | { kind: "capture" } | { kind: "cancel"; reason: string };

interface Always {
  amountMinor: number;
  wish: Wish;
  /** How often the provider refused what a cancelled order needs; the next try waits longer. */
  setbacks: number;
}

export interface Funds {
  /** Authorised and neither captured nor released. */
  heldMinor: number;
  capturedMinor: number;
  refundedMinor: number;
}

/** Before anything is held. In `authorizing` and `confirming` the provider is asked, and may have charged already. */
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

export type Payment = Always & (Unfunded | Funded);
export type PaymentState = Payment["state"];
export type In<S extends PaymentState> = Always & Extract<Unfunded | Funded, { state: S }>;

/** What can happen to a payment: wishes of the order, requests of people, answers of the provider. */
export type Input =
  | { kind: "cancel"; reason: string }
  | { kind: "captureAll" }
  | { kind: "confirm" }
  | { kind: "capture"; amountMinor: number }
  | { kind: "refund"; amountMinor: number; reason: string }
  | { kind: "authorized" }
  | { kind: "actionRequired"; action: CustomerAction }
  | { kind: "declined"; decline: Decline }
  | { kind: "abandoned" }
  | { kind: "captured"; amountMinor: number; heldMinor: number }
  | { kind: "voided" }
  | { kind: "refunded"; refundId: string; amountMinor: number; reason: string };
export type InputKind = Input["kind"];
export type Of<K extends InputKind> = Extract<Input, { kind: K }>;

/** What the provider is to be asked next. */
export type NextOperation =
  | { kind: "authorize" | "confirm"; amountMinor: number }
  | { kind: "capture"; amountMinor: number }
  | { kind: "void"; amountMinor: number; reason: string }
  | { kind: "refund"; amountMinor: number; reason: string };

/** What the others are told. */
export type Fact =
  | { kind: "authorized" }
  | { kind: "actionRequired"; action: CustomerAction }
  | { kind: "completed"; amountMinor: number; totalMinor: number }
  | { kind: "failed"; decline: Decline }
  | { kind: "voided"; amountMinor: number; reason: string }
  | { kind: "refunded"; refundId: string; amountMinor: number; totalMinor: number; reason: string };

export type Decision =
  | { kind: "next"; payment: Payment; operation?: NextOperation; facts: readonly Fact[] }
  /** Seen before, or of no consequence here. */
  | { kind: "nothing" }
  /** The provider is being asked something: ask again when it has answered. */
  | { kind: "busy" }
  | { kind: "refused"; code: "AMOUNT_TOO_HIGH"; remainingMinor: number }
  | { kind: "refused"; code: "INVALID_PAYMENT_STATE" }
  /** Cannot happen while each payment has one operation at a time. Worth a loud line in the log. */
  | { kind: "contradiction" };

/** What people are told of a payment; the states in which the provider is asked stay with what was known before. */
export type PaymentStatus =
  | "authorizing"
  | "requires_action"
  | "authorized"
  | "captured"
  | "refunded"
  | "voided"
  | "failed";

/** A payment's first moment. */
export function newPayment(amountMinor: number): { payment: Payment; operation: NextOperation } {
  return {
    payment: { state: "authorizing", amountMinor, wish: { kind: "none" }, setbacks: 0 },
    operation: { kind: "authorize", amountMinor },
  };
}

/** Nothing more can happen to it, and another attempt may follow. */
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
