import { type Funds, fundsOf, type NextOperation, type Payment } from "./payment.ts";
import type { Part } from "./tender.ts";

// A payment is of the whole total of its order. Gift cards and store credit pay the first part of it, each its own interval
// in the sequence in which they are spent; the provider has the rest. What is captured is captured in this sequence, and
// what is refunded goes back in the opposite one. So the amounts of a payment say what every part is at any moment.

/** What a payment has of one account: reserved for it, and spent and not given back. */
export interface Position {
  reservedMinor: number;
  spentMinor: number;
}

/** What a provider is asked for of an operation, and whether it is asked at all. */
export interface Share {
  storedMinor: number;
  asksProvider: boolean;
}

const NONE: Position = { reservedMinor: 0, spentMinor: 0 };

/** What gift cards and store credit pay of a payment. */
export function storedMinorOf({ parts }: Pick<Payment, "parts">): number {
  return parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** What they got back. */
export function storedRefundedOf({ parts }: Pick<Payment, "parts">): number {
  return parts.reduce((sum, { refundedMinor }) => sum + refundedMinor, 0);
}

/** What the parts of a payment hold, of what is held. */
function storedHeld(payment: Payment): number {
  const { heldMinor, capturedMinor } = fundsOf(payment);
  return Math.min(heldMinor, Math.max(0, storedMinorOf(payment) - capturedMinor));
}

/** The provider's part of a payment: what its charge says when both agree. */
export function providerFundsOf(payment: Payment): Funds & { amountMinor: number } {
  const { heldMinor, capturedMinor, refundedMinor } = fundsOf(payment);
  const stored = storedMinorOf(payment);
  return {
    amountMinor: payment.amountMinor - stored,
    heldMinor: heldMinor - storedHeld(payment),
    capturedMinor: Math.max(0, capturedMinor - stored),
    refundedMinor: refundedMinor - storedRefundedOf(payment),
  };
}

/**
 * The funds of a payment whose charge says `theirs`. What the provider has captured means that everything before it was
 * captured, too. A provider that has released all of a payment, before anything was captured, has ended the payment.
 */
export function totalFundsOf(payment: Payment, theirs: Funds): Funds {
  const stored = storedMinorOf(payment);
  const refundedMinor = theirs.refundedMinor + storedRefundedOf(payment);
  if (theirs.capturedMinor > 0) {
    return { heldMinor: theirs.heldMinor, capturedMinor: stored + theirs.capturedMinor, refundedMinor };
  }
  const { capturedMinor } = fundsOf(payment);
  const isReleased = capturedMinor === 0 && theirs.heldMinor === 0;
  return { heldMinor: isReleased ? 0 : theirs.heldMinor + storedHeld(payment), capturedMinor, refundedMinor };
}

/** Whether parts of a payment that were never captured were given back, so that they cannot be captured any more. */
export function hasReleasedParts(payment: Payment): boolean {
  return storedHeld(payment) < storedMinorOf(payment) - fundsOf(payment).capturedMinor;
}

/** What becomes of the funds when a capture succeeds. @param providerHeldMinor what the provider holds now, if it was asked */
export function fundsAfterCapture(payment: Payment, amountMinor: number, providerHeldMinor = Infinity): Funds {
  const { capturedMinor, refundedMinor } = fundsOf(payment);
  const { storedMinor } = shareOf(payment, { kind: "capture", amountMinor });
  const left = providerFundsOf(payment).heldMinor - (amountMinor - storedMinor);
  return {
    // A provider may release the rest with the first capture; it cannot hold more than was left.
    heldMinor: Math.min(providerHeldMinor, left) + storedHeld(payment) - storedMinor,
    capturedMinor: capturedMinor + amountMinor,
    refundedMinor,
  };
}

/** What gift cards and store credit have of an operation on a payment. */
export function shareOf(payment: Payment, { kind, amountMinor }: Pick<NextOperation, "kind" | "amountMinor">): Share {
  const stored = storedMinorOf(payment);
  if (stored === 0) return { storedMinor: 0, asksProvider: true };
  const { capturedMinor } = fundsOf(payment);
  const theirs = providerFundsOf(payment);
  switch (kind) {
    case "authorize":
    case "confirm":
      return { storedMinor: stored, asksProvider: theirs.amountMinor > 0 };
    case "capture": {
      const storedMinor = Math.min(capturedMinor + amountMinor, stored) - Math.min(capturedMinor, stored);
      return { storedMinor, asksProvider: amountMinor > storedMinor };
    }
    case "refund": {
      const storedMinor = Math.max(0, amountMinor - (theirs.capturedMinor - theirs.refundedMinor));
      return { storedMinor, asksProvider: amountMinor > storedMinor };
    }
    case "void": {
      // While the customer has to act, nothing is held yet, and there is something to end at the provider.
      const isWaiting = amountMinor === 0 && capturedMinor === 0;
      return { storedMinor: storedHeld(payment), asksProvider: isWaiting || theirs.heldMinor > 0 };
    }
    default:
      return kind satisfies never;
  }
}

/** The parts of a payment after a refund. The provider's part is given back first, then what was spent last. */
export function partsAfterRefund(payment: Payment, amountMinor: number): readonly Part[] {
  let left = shareOf(payment, { kind: "refund", amountMinor }).storedMinor;
  const captured = capturedParts(payment);
  return payment.parts
    .map((part, i) => ({ part, spent: (captured[i] ?? 0) - part.refundedMinor }))
    .toReversed()
    .map(({ part, spent }) => {
      const back = Math.min(left, spent);
      left -= back;
      return { ...part, refundedMinor: part.refundedMinor + back };
    })
    .toReversed();
}

/** What was captured of each part. */
export function capturedParts(payment: Payment): number[] {
  return within(payment, 0, fundsOf(payment).capturedMinor);
}

/** What the payment has of each account that pays it. Refunds are counted by part, so that each capture takes what is reserved. */
export function positionsOf(payment: Payment): Position[] {
  const { capturedMinor } = fundsOf(payment);
  switch (payment.state) {
    case "failed":
    case "voided":
      return payment.parts.map(() => NONE);
    case "authorizing":
    case "requires_action":
    case "confirming":
      return payment.parts.map(({ amountMinor }) => ({ reservedMinor: amountMinor, spentMinor: 0 }));
    default: {
      // A payment that waited for its customer holds nothing while it is voided; another one may take over what is reserved.
      const isWaiting = payment.state === "voiding" && payment.heldMinor === 0 && capturedMinor === 0;
      const held = isWaiting ? storedMinorOf(payment) : storedHeld(payment);
      const reserved = within(payment, capturedMinor, capturedMinor + held);
      const captured = capturedParts(payment);
      return payment.parts.map(({ refundedMinor }, i) => ({
        reservedMinor: reserved[i] ?? 0,
        spentMinor: (captured[i] ?? 0) - refundedMinor,
      }));
    }
  }
}

/** How much of each part lies between two amounts of the payment. */
function within({ parts }: Payment, from: number, to: number): number[] {
  let begin = 0;
  return parts.map(({ amountMinor }) => {
    const end = begin + amountMinor;
    const inside = Math.max(0, Math.min(end, to) - Math.max(begin, from));
    begin = end;
    return inside;
  });
}
