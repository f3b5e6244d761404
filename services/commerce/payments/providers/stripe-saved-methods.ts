import type Stripe from "stripe";
import type { SavedCard, SavedMethods, SetupRequest, StartedSetup } from "./provider.ts";
import { isRefusal, isUnknown, type StripeError } from "./stripe-answers.ts";

/** Cards that Stripe keeps for customers of the shop. The card's data goes from the browser to Stripe, never through us. */
export function stripeSavedMethods(stripe: Stripe): SavedMethods {
  return {
    setUp: (request) => setUp(stripe, request),
    result: (setupReference) => result(stripe, setupReference),
    forget: (token) => forget(stripe, token),
  };
}

async function setUp(stripe: Stripe, request: SetupRequest): Promise<StartedSetup> {
  const { setupId, customerId } = request;
  const customerReference = request.customerReference ?? (await makeCustomer(stripe, request));
  const intent = await stripe.setupIntents.create(
    {
      customer: customerReference,
      allowed_payment_method_types: ["card"],
      usage: "off_session", // a later order is authorised when its stock is reserved, perhaps without the customer
      metadata: { setupId, customerId },
    },
    { idempotencyKey: setupId },
  );
  if (intent.client_secret === null) throw new Error(`Stripe gave ${intent.id} no client secret.`);
  return { reference: intent.id, clientSecret: intent.client_secret, customerReference };
}

async function makeCustomer(stripe: Stripe, { setupId, customerId }: SetupRequest): Promise<string> {
  const { id } = await stripe.customers.create({ metadata: { customerId } }, { idempotencyKey: `${setupId}.customer` });
  return id;
}

async function result(stripe: Stripe, setupReference: string): Promise<SavedCard | undefined> {
  const {
    status,
    payment_method: method,
    customer,
  } = await stripe.setupIntents.retrieve(setupReference, {
    expand: ["payment_method"],
  });
  if (status !== "succeeded" || typeof method !== "object" || !method?.card || customer === null) return undefined;
  const { brand, last4, exp_month: expiresMonth, exp_year: expiresYear } = method.card;
  const customerReference = typeof customer === "string" ? customer : customer.id;
  return { token: method.id, customerReference, brand, last4, expiresMonth, expiresYear };
}

/** Without a key: a method that is detached stays so, and a failure that Stripe stored would be repeated for a day. */
async function forget(stripe: Stripe, token: string): Promise<void> {
  try {
    await stripe.paymentMethods.detach(token);
  } catch (error) {
    const failure = error as StripeError;
    if (isUnknown(failure)) return;
    if (isRefusal(failure) && (await stripe.paymentMethods.retrieve(token)).customer === null) return;
    throw error;
  }
}
