import type Stripe from "stripe";
import { DomainError } from "#lib/contract/errors.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { Notification, Notifications } from "./provider.ts";

/** @param secret of the webhook endpoint, with which Stripe signs */
export function stripeNotifications(stripe: Stripe, secret: string): Notifications {
  return {
    read({ body, headers }, now) {
      const event = genuine(stripe, secret, body, headers["stripe-signature"] ?? "", now);
      return { eventId: event.id, type: event.type, about: aboutOf(event) };
    },
  };
}

function genuine(stripe: Stripe, secret: string, body: string, signature: string, now: Date): Stripe.Event {
  const { NOTIFICATION_AGE_SECONDS } = paymentLimits;
  let event: Partial<Stripe.Event> | null;
  try {
    event = stripe.webhooks.constructEvent(body, signature, secret, NOTIFICATION_AGE_SECONDS, undefined, now.getTime());
  } catch (error) {
    if ((error as Stripe.errors.StripeError).type === "StripeSignatureVerificationError") {
      throw new DomainError("INVALID_SIGNATURE", "The signature is not that of Stripe, or too old.");
    }
    throw unreadable();
  }
  // Signed by Stripe, but of a kind that has no object, such as those of its newer API.
  if (typeof event?.id !== "string" || typeof event.type !== "string" || !event.data?.object) throw unreadable();
  return event as Stripe.Event;
}

function unreadable(): DomainError {
  return new DomainError("VALIDATION_FAILED", "The notification is not an event of Stripe.");
}

const NOTHING: Notification["about"] = { kind: "nothing" };

/** What an event is about, by its type. What else it says is not used. */
function aboutOf({ type, data }: Stripe.Event): Notification["about"] {
  const object = data.object as { id?: string; payment_intent?: string | { id: string } | null };
  const { id, payment_intent: intent } = object;
  if (type.startsWith("payment_intent.")) return about("charge", id);
  if (type.startsWith("charge.dispute.")) return about("dispute", id);
  if (type === "charge.refunded" || type === "charge.refund.updated" || type.startsWith("refund.")) {
    return about("charge", typeof intent === "object" ? intent?.id : intent);
  }
  return type === "setup_intent.succeeded" ? about("setup", id) : NOTHING;
}

function about(kind: "charge" | "dispute" | "setup", reference: string | undefined): Notification["about"] {
  return reference === undefined ? NOTHING : { kind, reference };
}
