import type Stripe from "stripe";
import type { Dispute } from "../domain/charge.ts";
import type { Disputes, Evidence } from "./provider.ts";
import { fromStripe } from "./stripe-amounts.ts";
import { isSpent, isUnknown, type StripeError } from "./stripe-answers.ts";

export function stripeDisputes(stripe: Stripe): Disputes {
  return {
    async get(reference) {
      try {
        return disputeFrom(await stripe.disputes.retrieve(reference));
      } catch (error) {
        if (isUnknown(error as StripeError)) return undefined;
        throw error;
      }
    },
    submitEvidence: (reference, evidence, key) => submit(stripe, reference, evidence, key),
  };
}

/** Stripe takes evidence once. What was submitted before, perhaps with a lost answer, is not submitted again. */
async function submit(stripe: Stripe, reference: string, evidence: Evidence, key: string): Promise<Dispute> {
  const before = await stripe.disputes.retrieve(reference);
  const dispute = before.evidence_details.submission_count > 0 ? before : await send(stripe, reference, evidence, key);
  const submitted = disputeFrom(dispute);
  if (!submitted) throw new Error(`Stripe says ${dispute.status} of ${reference}.`);
  return submitted;
}

async function send(
  stripe: Stripe,
  reference: string,
  { explanation, trackingNumber, customerEmail }: Evidence,
  key: string,
): Promise<Stripe.Dispute> {
  const update = (idempotencyKey: string) =>
    stripe.disputes.update(
      reference,
      {
        submit: true,
        evidence: {
          uncategorized_text: explanation,
          ...(trackingNumber === undefined ? {} : { shipping_tracking_number: trackingNumber }),
          ...(customerEmail === undefined ? {} : { customer_email_address: customerEmail }),
        },
      },
      { idempotencyKey },
    );
  try {
    return await update(key);
  } catch (error) {
    // Stripe repeats a failure of its own. Nothing was submitted, as the caller has just read, so another key may be used.
    if (!isSpent(error as StripeError)) throw error;
    return update(`${key}.1`);
  }
}

/**
 * undefined for an inquiry (`warning_…`) and for a dispute that was prevented: the bank has taken nothing back. If it does
 * so later, the same dispute goes on as `needs_response`.
 */
function disputeFrom(dispute: Stripe.Dispute): Dispute | undefined {
  const status = STATUSES[dispute.status];
  const { payment_intent: intent, currency, evidence_details: details } = dispute;
  if (!status || intent === null) return undefined;
  const open = status === "needs_response" && details.due_by !== null;
  return {
    reference: dispute.id,
    chargeReference: typeof intent === "string" ? intent : intent.id,
    currency: currency.toUpperCase(),
    amountMinor: fromStripe(dispute.amount, currency),
    reason: dispute.reason,
    status,
    evidenceDueBy: open ? new Date((details.due_by ?? 0) * 1_000) : null,
  };
}

/** An appeal is made in Stripe's dashboard, after the bank has decided. */
const STATUSES: Readonly<Record<string, Dispute["status"]>> = {
  needs_response: "needs_response",
  under_review: "under_review",
  won: "won",
  lost: "lost",
  appeal_needs_response: "lost",
  appeal_under_review: "lost",
};
