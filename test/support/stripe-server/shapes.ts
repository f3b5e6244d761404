import { randomBytes } from "node:crypto";
import type Stripe from "stripe";
import type { Card } from "./cards.ts";

// The shapes of Stripe's answers, as far as anybody here reads them, against the types of Stripe's library: one that
// drifts does not compile. References to other objects are ids; whoever asks with `expand` gets the objects.

export interface Intent
  extends Pick<
    Stripe.PaymentIntent,
    | ("id" | "object" | "amount" | "amount_capturable" | "amount_received" | "allowed_payment_method_types")
    | ("canceled_at" | "cancellation_reason" | "capture_method" | "client_secret" | "confirmation_method" | "created")
    | ("currency" | "last_payment_error" | "livemode" | "metadata" | "next_action" | "payment_method_types" | "status")
  > {
  customer: string | null;
  latest_charge: string | null;
  payment_method: string | null;
  payment_method_options: Pick<Stripe.PaymentIntent.PaymentMethodOptions, "card"> | null;
}

export interface Charge
  extends Pick<
    Stripe.Charge,
    | ("id" | "object" | "amount" | "amount_captured" | "amount_refunded" | "captured" | "created" | "currency")
    | ("disputed" | "failure_code" | "failure_message" | "livemode" | "metadata" | "paid" | "payment_method_details")
    | ("refunded" | "status")
  > {
  payment_intent: string;
  payment_method: string | null;
}

export interface Refund
  extends Pick<
    Stripe.Refund,
    "id" | "object" | "amount" | "created" | "currency" | "failure_reason" | "metadata" | "reason" | "status"
  > {
  charge: string;
  payment_intent: string;
}

export interface Dispute
  extends Pick<
    Stripe.Dispute,
    | ("id" | "object" | "amount" | "created" | "currency" | "is_charge_refundable" | "livemode" | "metadata")
    | ("reason" | "status")
  > {
  charge: string;
  payment_intent: string;
  evidence: Partial<Stripe.Dispute.Evidence>;
  evidence_details: Pick<
    Stripe.Dispute.EvidenceDetails,
    "due_by" | "has_evidence" | "past_due" | "submission_count" | "submission_method"
  >;
}

export interface BalanceTransaction
  extends Pick<
    Stripe.BalanceTransaction,
    "id" | "object" | "amount" | "created" | "currency" | "fee" | "net" | "status" | "type"
  > {
  source: string | null;
}

export interface SetupIntent
  extends Pick<
    Stripe.SetupIntent,
    | ("id" | "object" | "client_secret" | "created" | "last_setup_error" | "livemode" | "metadata" | "next_action")
    | ("payment_method_types" | "status" | "usage")
  > {
  customer: string | null;
  payment_method: string | null;
}

export type Customer = Pick<Stripe.Customer, "id" | "object" | "created" | "email" | "livemode" | "metadata">;

export interface PaymentMethod
  extends Pick<Stripe.PaymentMethod, "id" | "object" | "created" | "livemode" | "metadata" | "type"> {
  customer: string | null;
  card?: Pick<Stripe.PaymentMethod.Card, "brand" | "country" | "exp_month" | "exp_year" | "funding" | "last4">;
  upi?: Stripe.PaymentMethod.Upi;
}

export interface StripeEvent
  extends Pick<
    Stripe.Event,
    "id" | "object" | "api_version" | "created" | "livemode" | "pending_webhooks" | "request" | "type"
  > {
  data: { object: object };
}

/** Everything that an account keeps, by the name that Stripe gives to its kind. */
export interface Objects {
  payment_intent: Intent;
  charge: Charge;
  refund: Refund;
  dispute: Dispute;
  balance_transaction: BalanceTransaction;
  setup_intent: SetupIntent;
  customer: Customer;
  payment_method: PaymentMethod;
  event: StripeEvent;
}

/** An id that looks like one of Stripe's. */
export function stripeId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

/** A list, as far as it was asked for. */
export function listOf<T>(url: string, data: T[], limit: number): Stripe.ApiList<T> {
  return { object: "list", data: data.slice(0, limit), has_more: data.length > limit, url };
}

export function cardDetails(card: Card, captureBefore: number | undefined): Stripe.Charge.PaymentMethodDetails {
  const details = {
    brand: card.brand,
    country: "US",
    exp_month: card.expMonth,
    exp_year: card.expYear,
    last4: card.last4,
    ...(captureBefore === undefined ? {} : { capture_before: captureBefore }),
  } satisfies Partial<Stripe.Charge.PaymentMethodDetails.Card>;
  return { type: "card", card: details as unknown as Stripe.Charge.PaymentMethodDetails.Card };
}
