import type Stripe from "stripe";
import type { Account } from "./account.ts";
import { cardFromToken } from "./bank.ts";
import { invalidParameter, missing, refused } from "./failure.ts";
import { amountIn, type Form, listIn, metadataIn, required, textOf } from "./form.ts";
import { type Customer, listOf, type PaymentMethod, type SetupIntent, stripeId } from "./shapes.ts";

// Customers, the methods that they save, and how they save them.

export function createCustomer(account: Account, form: Form): Customer {
  const customer: Customer = {
    id: stripeId("cus"),
    object: "customer",
    created: account.seconds,
    email: textOf(form, "email") ?? null,
    livemode: false,
    metadata: metadataIn(form),
  };
  account.store.save("customer", customer);
  account.emit<"customer">("customer.created", customer);
  return customer;
}

export function getCustomer(account: Account, id: string): Customer {
  const customer = account.store.find("customer", id);
  if (!customer) throw missing("customer", id);
  return customer;
}

export function getMethod(account: Account, id: string): PaymentMethod {
  const method = account.store.find("payment_method", id);
  if (!method) throw missing("PaymentMethod", id);
  return method;
}

export function listMethods(account: Account, customer: string, query: Form): Stripe.ApiList<PaymentMethod> {
  getCustomer(account, customer);
  const all = account.store.ofParent("payment_method", customer).filter((method) => method.customer === customer);
  return listOf(`/v1/customers/${customer}/payment_methods`, all, amountIn(query, "limit") ?? 10);
}

export function attachMethod(account: Account, id: string, form: Form): PaymentMethod {
  const customer = getCustomer(account, required(form, "customer")).id;
  const made = cardFromToken(account, id, customer);
  const method = made ?? getMethod(account, id);
  if (method.customer !== null && method.customer !== customer) {
    throw refused("payment_method_unexpected_state", "The PaymentMethod is attached to another customer.");
  }
  method.customer = customer;
  account.store.save("payment_method", method, customer);
  account.emit<"payment_method">("payment_method.attached", method);
  return method;
}

export function detachMethod(account: Account, id: string): PaymentMethod {
  const method = getMethod(account, id);
  if (method.customer === null) {
    throw refused("payment_method_unexpected_state", "The PaymentMethod is not attached to a customer.");
  }
  method.customer = null;
  account.store.save("payment_method", method);
  account.emit<"payment_method">("payment_method.detached", method);
  return method;
}

export function createSetup(account: Account, form: Form): SetupIntent {
  const customer = textOf(form, "customer") ?? null;
  if (customer !== null) getCustomer(account, customer);
  const id = stripeId("seti");
  const allowed = listIn(form, "allowed_payment_method_types");
  const setup: SetupIntent = {
    id,
    object: "setup_intent",
    client_secret: `${id}_secret_${stripeId("s").slice(2)}`,
    created: account.seconds,
    customer,
    last_setup_error: null,
    livemode: false,
    metadata: metadataIn(form),
    next_action: null,
    payment_method: null,
    payment_method_types: allowed.length > 0 ? allowed : ["card"],
    status: "requires_payment_method",
    usage: textOf(form, "usage") ?? "off_session",
  };
  account.store.save("setup_intent", setup, customer);
  account.emit<"setup_intent">("setup_intent.created", setup);
  return setup;
}

export function getSetup(account: Account, id: string): SetupIntent {
  const setup = account.store.find("setup_intent", id);
  if (!setup) throw missing("setupintent", id);
  return setup;
}

/** The customer has entered a card in their browser. */
export function completeSetup(account: Account, id: string, token: string): SetupIntent {
  const setup = getSetup(account, id);
  const method = cardFromToken(account, token, setup.customer);
  if (!method) throw invalidParameter("payment_method", `No such PaymentMethod: '${token}'`);
  Object.assign(setup, { payment_method: method.id, status: "succeeded" });
  account.store.save("setup_intent", setup);
  account.emit<"setup_intent">("setup_intent.succeeded", setup);
  return setup;
}
