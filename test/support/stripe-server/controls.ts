import type { Account } from "./account.ts";
import { changeBalance } from "./balance.ts";
import { decline } from "./bank.ts";
import { completeSetup } from "./customers.ts";
import { closeDispute, escalate, getDispute, openDispute } from "./disputes.ts";
import { StripeFailure } from "./failure.ts";
import { agree, cancelIntent, captureIntent, createIntent, getIntent } from "./payment-intents.ts";
import { createRefund, failRefund } from "./refunds.ts";
import type { Intent, Refund } from "./shapes.ts";
import { signatureOf, type Webhooks } from "./webhooks.ts";

/** What the shop holds, has and has given back of one intent. */
export interface ChargeAtStripe {
  reference: string;
  status: Intent["status"];
  held: number;
  captured: number;
  refunded: number;
}

/** What customers, banks and the people at the dashboard do, for tests. Everything is done at once, and told by webhook. */
export function controlsOf(account: Account, webhooks: Webhooks) {
  const { store } = account;
  const act = <T>(work: () => T): T => {
    const result = store.transaction(work);
    webhooks.nudge();
    return result;
  };
  const amountForm = (name: string, amount: number | undefined) =>
    amount === undefined ? {} : { [name]: `${amount}` };
  return {
    /** The customer does what was asked for: the 3-D Secure page, or the UPI app. */
    authenticate: (intentId: string) => act(() => agree(account, intentId)),
    /** The customer does not succeed in it. */
    failAuthentication: (intentId: string) => act(() => refuseAuthentication(account, intentId)),
    /** The customer has accepted in the app, and the bank still works on it. */
    process: (intentId: string) =>
      act(() => {
        const intent = getIntent(account, intentId);
        Object.assign(intent, { status: "processing", next_action: null });
        account.saveIntent(intent, "payment_intent.processing");
      }),
    /** The customer enters a card for a setup intent. */
    completeSetup: (setupId: string, token = "pm_card_visa") => act(() => completeSetup(account, setupId, token)),
    openDispute: (intentId: string, how?: Parameters<typeof openDispute>[2]) =>
      act(() => openDispute(account, intentId, how)),
    escalateDispute: (disputeId: string) => act(() => escalate(account, disputeId)),
    closeDispute: (disputeId: string, outcome: "won" | "lost") => act(() => closeDispute(account, disputeId, outcome)),
    dispute: (disputeId: string) => getDispute(account, disputeId),
    /** In the dashboard; the whole rest unless an amount is given. */
    refund: (intentId: string, amount?: number) =>
      act(() => createRefund(account, { payment_intent: intentId, ...amountForm("amount", amount) })),
    capture: (intentId: string, amount?: number) =>
      act(() => captureIntent(account, intentId, amountForm("amount_to_capture", amount))),
    cancel: (intentId: string) => act(() => cancelIntent(account, intentId, {})),
    /** The customer's bank sends a refund back. */
    failRefund: (refundId: string) => act(() => failRefund(account, refundId)),
    /** Somebody else makes an intent in the same account, and it is accepted. */
    addIntent: (metadata: Record<string, string>) =>
      act(() =>
        createIntent(account, {
          ...{ amount: "1000", currency: "usd", capture_method: "manual", confirm: "true" },
          ...{ payment_method: "pm_card_visa", metadata },
        }),
      ),
    /** From now on Stripe keeps this of each charge. */
    keepFees: (feeOf: (amount: number) => number) => {
      account.feeOf = feeOf;
    },
    /** Stripe sends money to the owner's bank. */
    payOut: (amount: number, currency = "usd") =>
      act(() => changeBalance(account, { type: "payout", amount: -amount, currency })),
    /** Stripe keeps a fee that is for no charge. */
    keepFee: (amount: number, currency = "usd") =>
      act(() => changeBalance(account, { type: "stripe_fee", amount: -amount, currency })),
    intentsOf: (orderId: string) => store.intentsWith("orderId", orderId),
    refundsOf: (intentId: string) => store.ofParent("refund", intentId).reverse(),
    /** The intents of an order that its bank has agreed to, as money. */
    chargesOf: (orderId: string): ChargeAtStripe[] =>
      store
        .intentsWith("orderId", orderId)
        .filter(({ id }) => store.ofParent("charge", id).some(({ paid }) => paid))
        .map((intent) => chargeAt(intent, store.ofParent("refund", intent.id))),
    /** Events that are not delivered yet. */
    undelivered: () => store.countDeliveries(),
    eventsOf: (type: string) =>
      store.page("event", { limit: Number.MAX_SAFE_INTEGER }).filter((event) => event.type === type),
    /** Stripe's signature of a body, now unless another time is given. */
    sign: (body: string, secret: string, at: Date = account.now()) => signatureOf(body, secret, at),
  };
}

function refuseAuthentication(account: Account, intentId: string): void {
  const code = "payment_intent_authentication_failure";
  const message = "The provided PaymentMethod has failed authentication.";
  try {
    decline(account, getIntent(account, intentId), { kind: "declined", code, declineCode: code, message });
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error; // the refusal is for whoever confirmed, not for the test
  }
}

function chargeAt(intent: Intent, refunds: readonly Refund[]): ChargeAtStripe {
  const sum = refunds.filter(({ status }) => status !== "failed").reduce((total, { amount }) => total + amount, 0);
  const { id: reference, status, amount, amount_capturable: held, amount_received: captured } = intent;
  return { reference, status, held, captured, refunded: captured === 0 ? 0 : sum - (amount - captured) };
}
