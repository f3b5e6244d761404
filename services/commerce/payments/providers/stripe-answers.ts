import type Stripe from "stripe";
import type { Charge } from "../domain/charge.ts";
import type { Answer } from "../domain/operation.ts";
import type { CustomerAction, Decline } from "../domain/payment.ts";
import { SpentKey } from "./provider.ts";
import { fromStripe } from "./stripe-amounts.ts";

const HOLD_DAYS = 7; // how long card networks keep an authorisation unless Stripe says otherwise
const DAY_MS = 86_400_000;
const DEFINITE = new Set([400, 402, 404]); // 409 and 429 mean that Stripe is busy, 5xx that the outcome is unknown

/** What of an error of Stripe's library is used. */
export type StripeError = Pick<
  Stripe.errors.StripeError,
  "type" | "statusCode" | "headers" | "message" | "code" | "decline_code" | "payment_intent"
>;

/** Turns a definite refusal into an answer. Any other error stays an error, because the outcome is unknown. */
export async function answer(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const failure = error as StripeError;
    if (!isRefusal(failure)) throw isSpent(failure) ? new SpentKey(failure.message) : error;
    const { payment_intent: intent } = failure;
    return { kind: "declined", decline: declineOf(failure), ...(intent ? namesOf(intent) : {}) };
  }
}

/** Whether Stripe has refused for good, and changed nothing. */
export function isRefusal({ type, statusCode }: StripeError): boolean {
  const refuses = type === "StripeCardError" || type === "StripeInvalidRequestError";
  return refuses && DEFINITE.has(statusCode ?? 0);
}

/**
 * Whether no request under the same key will have an effect any more: Stripe repeats a failure that it has stored, or
 * says that the key belongs to a request with other parameters, such as one that an older version of this program sent.
 */
export function isSpent({ type, headers }: StripeError): boolean {
  return headers?.["idempotent-replayed"] === "true" || type === "StripeIdempotencyError";
}

export function isUnknown({ code, statusCode }: StripeError): boolean {
  return statusCode === 404 && code === "resource_missing";
}

/** The answer to an authorisation. */
export function fromIntent(intent: Stripe.PaymentIntent): Answer {
  const names = namesOf(intent);
  const { reference, last4 = null } = names;
  switch (intent.status) {
    case "requires_capture":
    case "succeeded":
      return { kind: "authorized", reference, last4, expiresAt: expiryOf(intent).toISOString() };
    case "requires_action":
      return { kind: "actionRequired", reference, last4, action: actionOf(intent) };
    case "processing":
      // A bank that works on a card answers soon. A customer who accepts in an app may take minutes.
      if (isUpi(intent)) return { kind: "actionRequired", reference, last4, action: actionOf(intent) };
      throw new Error(`Stripe is still working on ${reference}.`);
    case "requires_payment_method":
    case "requires_confirmation":
    case "canceled":
      return { kind: "declined", ...names, decline: declineOf(intent.last_payment_error ?? { code: intent.status }) };
    default:
      throw new Error(`Stripe says ${String(intent.status)} of ${reference}.`);
  }
}

function isUpi({ metadata }: Stripe.PaymentIntent): boolean {
  return metadata.method === "upi";
}

/** What the customer has to do. The client secret is for Stripe.js, which knows every kind of action. */
function actionOf(intent: Stripe.PaymentIntent): CustomerAction {
  const { next_action: next, client_secret: clientSecret } = intent;
  const secret = clientSecret === null ? {} : { clientSecret };
  if (isUpi(intent)) {
    const url = next?.upi_handle_redirect_or_display_qr_code?.hosted_instructions_url ?? "";
    return { type: "wait", url, ...secret };
  }
  const url = next?.redirect_to_url?.url ?? "";
  return { type: url ? "redirect" : "use_stripe_sdk", url, ...secret };
}

function expiryOf(intent: Stripe.PaymentIntent): Date {
  const before = chargeOf(intent)?.payment_method_details?.card?.capture_before;
  return new Date(before ? before * 1_000 : intent.created * 1_000 + HOLD_DAYS * DAY_MS);
}

function chargeOf({ latest_charge: charge }: Stripe.PaymentIntent): Stripe.Charge | null {
  return typeof charge === "object" ? charge : null;
}

/** The intent's id, and the card's last digits if they are known. */
function namesOf(intent: Stripe.PaymentIntent): { reference: string; last4?: string } {
  const card = chargeOf(intent)?.payment_method_details?.card ?? intent.last_payment_error?.payment_method?.card;
  return { reference: intent.id, ...(card?.last4 ? { last4: card.last4 } : {}) };
}

/** What can still be captured, in minor units. */
export function heldOf({ amount_capturable, currency }: Stripe.PaymentIntent): number {
  return fromStripe(amount_capturable, currency);
}

/** What `chargeFrom` needs of an intent that is read. In a list, each name begins with `data.`. */
export const EXPANDED = ["latest_charge", "latest_charge.refunds"];

/**
 * What Stripe says of an intent.
 * @param refunds all of them, where the intent's own list is not complete
 */
export function chargeFrom(intent: Stripe.PaymentIntent, refunds?: readonly Stripe.Refund[]): Charge {
  const minor = (amount: number) => fromStripe(amount, intent.currency);
  return {
    reference: intent.id,
    state: stateOf(intent.status),
    paymentId: intent.metadata.paymentId ?? null,
    orderId: intent.metadata.orderId ?? null,
    currency: intent.currency.toUpperCase(),
    amountMinor: minor(intent.amount),
    heldMinor: heldOf(intent),
    capturedMinor: minor(intent.amount_received),
    refundedMinor: minor(refundedOf(intent, refunds ?? chargeOf(intent)?.refunds?.data ?? [])),
  };
}

/** Whether the intent brings only the latest of its refunds. */
export function hasMoreRefunds(intent: Stripe.PaymentIntent): boolean {
  return chargeOf(intent)?.refunds?.has_more ?? false;
}

/**
 * What was given back of what was captured. Stripe also calls it a refund when it releases what was held: everything with
 * the end of an intent, the rest with a partial capture. And a refund may fail days after it was made.
 */
function refundedOf({ amount, amount_received: captured }: Stripe.PaymentIntent, refunds: readonly Stripe.Refund[]) {
  if (captured === 0) return 0;
  const effective = refunds.filter(({ status }) => !isFailed(status));
  const sum = effective.reduce((total, refund) => total + refund.amount, 0);
  const released = amount - captured;
  const rest = effective.some((refund) => refund.amount === released && !refund.metadata?.operation) ? released : 0;
  return sum - rest;
}

function isFailed(status: string | null): boolean {
  return status === "failed" || status === "canceled";
}

function stateOf(status: Stripe.PaymentIntent.Status): Charge["state"] {
  switch (status) {
    case "requires_capture":
    case "succeeded":
      return "accepted";
    case "canceled":
      return "released";
    case "requires_payment_method":
      return "declined";
    default:
      return "waiting";
  }
}

export function fromRefund(refund: Stripe.Refund): Answer {
  if (isFailed(refund.status)) {
    const code = refund.failure_reason ?? refund.status ?? "failed";
    return { kind: "declined", decline: { code, message: "Stripe could not give the money back." } };
  }
  return { kind: "refunded" }; // also while it is pending: Stripe completes it, and reports a failure by webhook
}

interface Facts {
  code?: string | undefined;
  decline_code?: string | undefined;
  message?: string | undefined;
}

/** The reason of the card's issuer if there is one, otherwise Stripe's. */
function declineOf({ code, decline_code, message }: Facts): Decline {
  const reason = decline_code && decline_code !== "generic_decline" ? decline_code : code;
  return { code: reason ?? "card_declined", message: message ?? "The payment was declined." };
}
