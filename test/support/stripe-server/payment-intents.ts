import type Stripe from "stripe";
import type { Account } from "./account.ts";
import { addCharge } from "./balance.ts";
import { accept, askForUpi, attempt, cardFromToken } from "./bank.ts";
import { behaviourOf } from "./cards.ts";
import { checkAmount } from "./currencies.ts";
import { invalidParameter, missing, refused, unexpectedState } from "./failure.ts";
import { amountIn, type Form, formOf, listIn, metadataIn, required, textOf } from "./form.ts";
import { releaseHold } from "./refunds.ts";
import { type Intent, listOf, type PaymentMethod, stripeId } from "./shapes.ts";

export function createIntent(account: Account, form: Form): Intent {
  const amount = amountIn(form, "amount");
  if (amount === undefined) throw invalidParameter("amount", "Missing required param: amount.", "parameter_missing");
  const currency = required(form, "currency");
  checkAmount(amount, currency);
  const customer = textOf(form, "customer") ?? null;
  if (customer !== null && !account.store.find("customer", customer)) throw missing("customer", customer, 400);
  const id = stripeId("pi");
  const allowed = listIn(form, "allowed_payment_method_types");
  const intent: Intent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: allowed.length > 0 ? allowed : null,
    amount,
    amount_capturable: 0,
    amount_received: 0,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: (textOf(form, "capture_method") ?? "automatic") as Stripe.PaymentIntent.CaptureMethod,
    client_secret: `${id}_secret_${stripeId("s").slice(2)}`,
    confirmation_method: "automatic",
    created: account.seconds,
    currency,
    customer,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: metadataIn(form),
    next_action: null,
    payment_method: null,
    payment_method_options: null,
    payment_method_types: allowed.length > 0 ? allowed : ["card"],
    status: "requires_payment_method",
  };
  const method = chooseMethod(account, intent, form);
  if (method) {
    intent.payment_method = method.id;
    intent.status = "requires_confirmation";
  }
  account.saveIntent(intent, "payment_intent.created");
  return textOf(form, "confirm") === "true" ? confirmWith(account, intent, method, form) : intent;
}

export function confirmIntent(account: Account, id: string, form: Form): Intent {
  const intent = getIntent(account, id);
  if (!["requires_payment_method", "requires_confirmation", "requires_action"].includes(intent.status)) {
    throw unexpectedState(intent, "confirmed");
  }
  const chosen = chooseMethod(account, intent, form);
  const method =
    chosen ??
    (intent.payment_method === null ? undefined : account.store.find("payment_method", intent.payment_method));
  if (method) intent.payment_method = method.id;
  return confirmWith(account, intent, method, form);
}

function confirmWith(account: Account, intent: Intent, method: PaymentMethod | undefined, form: Form): Intent {
  if (!method) throw refused("payment_intent_unexpected_state", "You cannot confirm without a payment method.", intent);
  if (method.type === "upi") return askForUpi(account, intent);
  chooseInstalments(intent, form);
  return attempt(account, intent, behaviourOf(method.card?.last4 ?? ""), textOf(form, "return_url"));
}

function chooseMethod(account: Account, intent: Intent, form: Form): PaymentMethod | undefined {
  const method = namedMethod(account, intent, form) ?? newMethod(account, form);
  if (!method) return undefined;
  if (!intent.payment_method_types.includes(method.type)) {
    throw refused("payment_intent_invalid_parameter", `The type ${method.type} is not allowed for this PaymentIntent.`);
  }
  if (method.type === "upi" && intent.capture_method === "manual") {
    throw refused("payment_intent_invalid_parameter", "upi does not support manual capture.");
  }
  if (method.type === "upi" && intent.currency !== "inr") {
    throw refused("payment_intent_invalid_parameter", "upi takes payments in inr.");
  }
  return method;
}

function namedMethod(account: Account, intent: Intent, form: Form): PaymentMethod | undefined {
  const name = textOf(form, "payment_method");
  if (name === undefined) return undefined;
  const method = cardFromToken(account, name, null) ?? account.store.find("payment_method", name);
  if (!method) throw missing("PaymentMethod", name, 400);
  if (method.customer !== null && method.customer !== intent.customer) {
    throw refused("resource_missing", `The customer of the PaymentMethod ${name} must be given.`);
  }
  return method;
}

function newMethod(account: Account, form: Form): PaymentMethod | undefined {
  const type = textOf(formOf(form, "payment_method_data"), "type");
  if (type === undefined) return undefined;
  if (type !== "upi") throw invalidParameter("payment_method_data[type]", `No data of the type ${type} is taken here.`);
  const common = { created: account.seconds, customer: null, livemode: false, metadata: {} };
  const method: PaymentMethod = { id: stripeId("pm"), object: "payment_method", type, upi: { vpa: null }, ...common };
  account.store.save("payment_method", method);
  return method;
}

function chooseInstalments(intent: Intent, form: Form): void {
  const plan = formOf(formOf(formOf(formOf(form, "payment_method_options"), "card"), "installments"), "plan");
  if (Object.keys(plan).length === 0) return;
  const { type, count, interval } = plan;
  if (type !== "fixed_count" || interval !== "month" || !(Number(count) >= 2)) {
    throw invalidParameter("payment_method_options[card][installments][plan]", "There is no such plan.");
  }
  const chosen = { type, count: Number(count), interval } as const;
  intent.payment_method_options = {
    card: {
      installments: { available_plans: [chosen], enabled: true, plan: chosen },
      mandate_options: null,
      network: null,
      request_three_d_secure: "automatic",
    },
  };
}

export function captureIntent(account: Account, id: string, form: Form): Intent {
  const intent = getIntent(account, id);
  if (intent.status !== "requires_capture") throw unexpectedState(intent, "captured");
  const amount = amountIn(form, "amount_to_capture") ?? intent.amount_capturable;
  checkAmount(amount, intent.currency);
  if (amount > intent.amount_capturable) throw refused("amount_too_large", "You cannot capture more than is held.");
  const charge = account.store.find("charge", intent.latest_charge ?? "");
  if (!charge) throw missing("charge", String(intent.latest_charge));
  Object.assign(charge, { captured: true, amount_captured: amount });
  Object.assign(intent, { amount_received: amount, amount_capturable: 0, status: "succeeded" });
  Object.assign(intent.metadata, metadataIn(form));
  account.saveCharge(charge, "charge.captured");
  addCharge(account, charge);
  if (amount < intent.amount) releaseHold(account, charge, intent.amount - amount);
  account.saveIntent(intent, "payment_intent.succeeded");
  return intent;
}

const CANCELABLE = ["requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"];

export function cancelIntent(account: Account, id: string, form: Form): Intent {
  const intent = getIntent(account, id);
  if (!CANCELABLE.includes(intent.status)) throw unexpectedState(intent, "canceled");
  const charge = intent.amount_capturable > 0 && account.store.find("charge", intent.latest_charge ?? "");
  if (charge) releaseHold(account, charge, intent.amount_capturable);
  Object.assign(intent, {
    status: "canceled",
    amount_capturable: 0,
    canceled_at: account.seconds,
    cancellation_reason: textOf(form, "cancellation_reason") ?? null,
    next_action: null,
  });
  account.saveIntent(intent, "payment_intent.canceled");
  return intent;
}

/** The customer has done what was asked for, and their bank agrees. */
export function agree(account: Account, id: string): Intent {
  const intent = getIntent(account, id);
  if (intent.status !== "requires_action" && intent.status !== "processing") throw unexpectedState(intent, "accepted");
  return accept(account, intent);
}

export function getIntent(account: Account, id: string): Intent {
  const intent = account.store.find("payment_intent", id);
  if (!intent) throw missing("payment_intent", id);
  return intent;
}

export function listIntents(account: Account, query: Form, maxPage: number): Stripe.ApiList<Intent> {
  const created = formOf(query, "created");
  const limit = Math.min(amountIn(query, "limit") ?? 10, maxPage);
  const bound = (name: string, otherwise: number) => Number(textOf(created, name) ?? otherwise);
  const from = Math.max(bound("gte", 0), bound("gt", -1) + 1);
  const to = Math.min(bound("lte", Number.MAX_SAFE_INTEGER), bound("lt", Number.MAX_SAFE_INTEGER) - 1);
  const data = account.store.page("payment_intent", {
    from,
    to,
    after: textOf(query, "starting_after"),
    limit: limit + 1,
  });
  return listOf("/v1/payment_intents", data, limit);
}

/** Understands `metadata["name"]:"value"` only. */
export function searchIntents(account: Account, query: Form, isIndexed: boolean): Stripe.ApiSearchResult<Intent> {
  const [, name, value] = /^metadata\["(\w+)"\]:"([^"]*)"$/.exec(required(query, "query")) ?? [];
  if (name === undefined || value === undefined) throw invalidParameter("query", "This query is not understood.");
  const data = isIndexed ? account.store.intentsWith(name, value) : [];
  return { object: "search_result", data, has_more: false, next_page: null, url: "/v1/payment_intents/search" };
}
