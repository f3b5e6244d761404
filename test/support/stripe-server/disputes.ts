import type Stripe from "stripe";
import type { Account } from "./account.ts";
import { changeBalance } from "./balance.ts";
import { missing, refused } from "./failure.ts";
import { amountIn, type Form, formOf, listIn, metadataIn, textOf } from "./form.ts";
import { type Dispute, listOf, stripeId } from "./shapes.ts";

const EVIDENCE_SECONDS = 7 * 86_400;

/** The customer's bank takes a payment back, or only asks about it (an inquiry). */
export function openDispute(
  account: Account,
  intentId: string,
  { amount, reason = "fraudulent", isInquiry = false }: { amount?: number; reason?: string; isInquiry?: boolean } = {},
): Dispute {
  const intent = account.store.find("payment_intent", intentId);
  const charge = intent && account.store.find("charge", intent.latest_charge ?? "");
  if (!charge || charge.amount_captured === 0) throw refused("charge_not_captured", "There is nothing to dispute.");
  const dispute: Dispute = {
    id: stripeId("du"),
    object: "dispute",
    amount: amount ?? charge.amount_captured,
    charge: charge.id,
    created: account.seconds,
    currency: charge.currency,
    evidence: {},
    evidence_details: {
      due_by: account.seconds + EVIDENCE_SECONDS,
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    payment_intent: intentId,
    reason,
    status: isInquiry ? "warning_needs_response" : "needs_response",
  };
  charge.disputed = !isInquiry;
  account.saveCharge(charge);
  if (!isInquiry) take(account, dispute, -1);
  save(account, dispute, "charge.dispute.created");
  return dispute;
}

/** The bank decides. */
export function closeDispute(account: Account, id: string, outcome: "won" | "lost"): Dispute {
  const dispute = getDispute(account, id);
  dispute.status = outcome;
  if (outcome === "won") take(account, dispute, 1);
  save(account, dispute, "charge.dispute.closed");
  return dispute;
}

/** An inquiry becomes a dispute: the bank takes the money back. */
export function escalate(account: Account, id: string): Dispute {
  const dispute = getDispute(account, id);
  Object.assign(dispute, { status: "needs_response", is_charge_refundable: false });
  take(account, dispute, -1);
  save(account, dispute, "charge.dispute.updated");
  return dispute;
}

/** The bank takes the amount, or gives it back. */
function take(account: Account, { id, amount, currency }: Dispute, sign: 1 | -1): void {
  changeBalance(account, { type: "adjustment", amount: sign * amount, currency, source: id });
}

export function getDispute(account: Account, id: string): Dispute {
  const dispute = account.store.find("dispute", id);
  if (!dispute) throw missing("dispute", id);
  return dispute;
}

/** Evidence is kept; with `submit` it goes to the bank, and then it is final. */
export function updateDispute(account: Account, id: string, form: Form): Dispute {
  const dispute = getDispute(account, id);
  const needsResponse = dispute.status === "needs_response" || dispute.status === "warning_needs_response";
  if (!needsResponse) throw refused("dispute_unexpected_state", `The dispute is ${dispute.status}.`);
  Object.assign(dispute.evidence, formOf(form, "evidence"));
  Object.assign(dispute.metadata, metadataIn(form));
  dispute.evidence_details.has_evidence = Object.keys(dispute.evidence).length > 0;
  if (textOf(form, "submit") !== "false") {
    dispute.evidence_details.submission_count += 1;
    dispute.evidence_details.submission_method = "manual";
    dispute.status = dispute.status === "needs_response" ? "under_review" : "warning_under_review";
  }
  save(account, dispute, "charge.dispute.updated");
  return dispute;
}

export function listDisputes(account: Account, query: Form): Stripe.ApiList<Dispute> {
  const limit = amountIn(query, "limit") ?? 10;
  const intent = textOf(query, "payment_intent");
  const after = textOf(query, "starting_after");
  const data = intent
    ? account.store.ofParent("dispute", intent)
    : account.store.page("dispute", { after, limit: limit + 1 });
  return listOf("/v1/disputes", data, limit);
}

export function listEvents(account: Account, query: Form): Stripe.ApiList<object> {
  const limit = amountIn(query, "limit") ?? 10;
  const wanted = [...listIn(query, "types"), ...(textOf(query, "type") ?? "").split(",").filter(Boolean)];
  const all = account.store.page("event", { after: textOf(query, "starting_after"), limit: Number.MAX_SAFE_INTEGER });
  const data = all.filter(({ type }) => wanted.length === 0 || wanted.includes(type));
  return listOf("/v1/events", data, limit);
}

function save(
  account: Account,
  dispute: Dispute,
  told: "charge.dispute.created" | "charge.dispute.updated" | "charge.dispute.closed",
) {
  account.store.save("dispute", dispute, dispute.payment_intent);
  account.emit<"dispute">(told, dispute);
}
