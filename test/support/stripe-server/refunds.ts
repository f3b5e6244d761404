import type Stripe from "stripe";
import type { Account } from "./account.ts";
import { changeBalance } from "./balance.ts";
import { checkAmount } from "./currencies.ts";
import { missing, refused } from "./failure.ts";
import { amountIn, type Form, metadataIn, required, textOf } from "./form.ts";
import { type Charge, listOf, type Refund, stripeId } from "./shapes.ts";

export function createRefund(account: Account, form: Form): Refund {
  const intent = account.store.find("payment_intent", required(form, "payment_intent"));
  if (!intent) throw missing("payment_intent", required(form, "payment_intent"));
  const charge = account.store.find("charge", intent.latest_charge ?? "");
  if (!charge || intent.amount_received === 0) throw refused("charge_not_captured", "There is nothing to refund.");
  const left = charge.amount - charge.amount_refunded;
  if (left <= 0) throw refused("charge_already_refunded", `Charge ${charge.id} has already been refunded.`);
  const amount = amountIn(form, "amount") ?? left;
  checkAmount(amount, intent.currency);
  if (amount > left) throw refused("amount_too_large", `The amount is greater than the unrefunded ${left}.`);
  if (charge.disputed) throw refused("charge_disputed", `Charge ${charge.id} is disputed.`);
  const refund = makeRefund(account, charge, amount, metadataIn(form));
  changeBalance(account, { type: "refund", amount: -amount, currency: charge.currency, source: refund.id });
  return refund;
}

/** Stripe calls it a refund, too, when it releases what was held and is not captured. */
export function releaseHold(account: Account, charge: Charge, amount: number): void {
  makeRefund(account, charge, amount, {});
}

function makeRefund(account: Account, charge: Charge, amount: number, metadata: Record<string, string>): Refund {
  const refund: Refund = {
    id: stripeId("re"),
    object: "refund",
    amount,
    charge: charge.id,
    created: account.seconds,
    currency: charge.currency,
    metadata,
    payment_intent: charge.payment_intent,
    reason: null,
    status: "succeeded",
  };
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  account.store.save("refund", refund, charge.payment_intent);
  account.saveCharge(charge, "charge.refunded");
  account.emit<"refund">("refund.created", refund);
  return refund;
}

/** The bank sends a refund back, days after it was made. */
export function failRefund(account: Account, id: string): Refund {
  const refund = getRefund(account, id);
  const charge = account.store.find("charge", refund.charge);
  if (!charge) throw missing("charge", refund.charge);
  Object.assign(refund, { status: "failed", failure_reason: "lost_or_stolen_card" });
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
  account.store.save("refund", refund);
  account.saveCharge(charge);
  changeBalance(account, { type: "refund_failure", amount: refund.amount, currency: refund.currency, source: id });
  account.emit<"refund">("charge.refund.updated", refund);
  account.emit<"refund">("refund.failed", refund);
  return refund;
}

export function getRefund(account: Account, id: string): Refund {
  const refund = account.store.find("refund", id);
  if (!refund) throw missing("refund", id);
  return refund;
}

export function listRefunds(account: Account, query: Form): Stripe.ApiList<Refund> {
  const all = account.store.ofParent("refund", required(query, "payment_intent"));
  const after = all.findIndex(({ id }) => id === textOf(query, "starting_after")) + 1;
  return listOf("/v1/refunds", all.slice(after), amountIn(query, "limit") ?? 10);
}
