import type Stripe from "stripe";
import type { Account } from "./account.ts";
import { addCharge } from "./balance.ts";
import { type Behaviour, type Card, testCard } from "./cards.ts";
import { StripeFailure } from "./failure.ts";
import { type Charge, cardDetails, type Intent, type PaymentMethod, stripeId } from "./shapes.ts";

const HOLD_SECONDS = 7 * 86_400;
const UPI_SECONDS = 300;

/** The bank answers to a confirmed intent. @throws StripeFailure for a declined card, with everything recorded */
export function attempt(account: Account, intent: Intent, behaviour: Behaviour, returnUrl: string | undefined): Intent {
  switch (behaviour.kind) {
    case "accepted":
      return accept(account, intent);
    case "action":
      intent.status = "requires_action";
      intent.next_action = returnUrl
        ? { type: "redirect_to_url", redirect_to_url: { url: actionUrl(intent), return_url: returnUrl } }
        : { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect", stripe_js: actionUrl(intent) } };
      account.saveIntent(intent, "payment_intent.requires_action");
      return intent;
    case "declined":
      return decline(account, intent, behaviour);
    default:
      return behaviour satisfies never;
  }
}

function actionUrl({ id }: Intent): string {
  return `https://hooks.stripe.invalid/3ds/${id}`;
}

/** The customer is asked to accept in their app. */
export function askForUpi(account: Account, intent: Intent): Intent {
  const image = `https://qr.stripe.invalid/${intent.id}`;
  intent.status = "requires_action";
  intent.next_action = {
    type: "upi_handle_redirect_or_display_qr_code",
    upi_handle_redirect_or_display_qr_code: {
      hosted_instructions_url: `https://payments.stripe.invalid/upi/instructions/${intent.id}`,
      qr_code: {
        expires_at: account.seconds + UPI_SECONDS,
        image_url_png: `${image}.png`,
        image_url_svg: `${image}.svg`,
      },
    },
  };
  account.saveIntent(intent, "payment_intent.requires_action");
  return intent;
}

/** The bank agrees: the money is held, or taken where the intent says so. */
export function accept(account: Account, intent: Intent): Intent {
  const isHeld = intent.capture_method === "manual";
  const charge = newCharge(account, intent, isHeld ? 0 : intent.amount);
  intent.latest_charge = charge.id;
  intent.next_action = null;
  intent.last_payment_error = null;
  intent.status = isHeld ? "requires_capture" : "succeeded";
  intent.amount_capturable = isHeld ? intent.amount : 0;
  intent.amount_received = isHeld ? 0 : intent.amount;
  account.saveCharge(charge, "charge.succeeded");
  if (!isHeld) addCharge(account, charge);
  account.saveIntent(intent, isHeld ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded");
  return intent;
}

/** The bank refuses. @throws StripeFailure always: Stripe answers it with 402 */
export function decline(
  account: Account,
  intent: Intent,
  { code, declineCode, message }: Extract<Behaviour, { kind: "declined" }>,
): never {
  const charge = newCharge(account, intent, 0);
  Object.assign(charge, { paid: false, status: "failed", failure_code: code, failure_message: message });
  intent.latest_charge = charge.id;
  intent.next_action = null;
  intent.status = "requires_payment_method";
  const error = { type: "card_error", code, decline_code: declineCode, message } as const;
  const method = account.store.find("payment_method", intent.payment_method ?? "");
  intent.last_payment_error = {
    ...error,
    charge: charge.id,
    ...(method ? { payment_method: method as unknown as Stripe.PaymentMethod } : {}),
  };
  intent.payment_method = null;
  account.saveCharge(charge, "charge.failed");
  account.saveIntent(intent, "payment_intent.payment_failed");
  throw new StripeFailure(402, { ...error, payment_intent: intent });
}

function newCharge(account: Account, intent: Intent, captured: number): Charge {
  const method =
    intent.payment_method === null ? undefined : account.store.find("payment_method", intent.payment_method);
  const card = method?.card && { ...method.card, expMonth: method.card.exp_month, expYear: method.card.exp_year };
  const isHeld = intent.capture_method === "manual";
  return {
    id: stripeId("ch"),
    object: "charge",
    amount: intent.amount,
    amount_captured: captured,
    amount_refunded: 0,
    captured: !isHeld,
    created: account.seconds,
    currency: intent.currency,
    disputed: false,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: intent.metadata,
    paid: true,
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    payment_method_details: card
      ? cardDetails(card, isHeld ? account.seconds + HOLD_SECONDS : undefined)
      : { type: "upi", upi: { vpa: null } },
    refunded: false,
    status: "succeeded",
  };
}

export function newCard(account: Account, card: Card, customer: string | null): PaymentMethod {
  const { brand, last4, expMonth, expYear } = card;
  const method: PaymentMethod = {
    id: stripeId("pm"),
    object: "payment_method",
    created: account.seconds,
    customer,
    livemode: false,
    metadata: {},
    type: "card",
    card: { brand, country: "US", exp_month: expMonth, exp_year: expYear, funding: "credit", last4 },
  };
  account.store.save("payment_method", method, customer);
  return method;
}

/** A card that a test token stands for, as Stripe makes one whenever the token is used; undefined for no such token. */
export function cardFromToken(account: Account, token: string, customer: string | null): PaymentMethod | undefined {
  const test = testCard(token);
  return test && newCard(account, test.card, customer);
}
