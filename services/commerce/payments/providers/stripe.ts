import type Stripe from "stripe";
import { paymentLimits } from "../domain/limits.ts";
import type { Answer } from "../domain/operation.ts";
import { type PaymentProvider, type ProviderRequest, type RequestOf, SpentKey } from "./provider.ts";

export interface StripeOptions {
  secretKey: string;
  /** Another server with Stripe's API, such as a mock; Stripe itself unless stated. */
  apiBase?: URL;
  timeoutMs?: number;
}

/** Loads Stripe's library only where it is used. */
export async function stripeProvider(options: StripeOptions): Promise<PaymentProvider> {
  const { default: Client } = await import("stripe");
  const { apiBase } = options;
  return new StripeProvider(
    new Client(options.secretKey, {
      maxNetworkRetries: 0, // the operation retries, because it records its attempts
      timeout: options.timeoutMs ?? paymentLimits.PROVIDER_TIMEOUT_MS,
      telemetry: false,
      ...(apiBase
        ? {
            host: apiBase.hostname,
            port: apiBase.port || (apiBase.protocol === "https:" ? 443 : 80),
            protocol: apiBase.protocol === "https:" ? "https" : "http",
          }
        : {}),
    }),
  );
}

const HOLD_DAYS = 7; // how long card networks keep an authorisation unless Stripe says otherwise
const DAY_MS = 86_400_000;
const PAGE = 100; // Stripe's maximum; also how many refunds of one charge are looked through
const CLOCK_SKEW_SECONDS = 60; // by how much Stripe's clock and the database's may differ

/**
 * Stripe: one PaymentIntent with manual capture for each payment. Stripe answers a repeated idempotency key with what it
 * answered first, for at least a day, errors of its own (500) included. Under any key, the operation is found by its
 * id in the metadata.
 */
class StripeProvider implements PaymentProvider {
  readonly name = "Stripe";
  readonly #stripe: Stripe;

  constructor(stripe: Stripe) {
    this.#stripe = stripe;
  }

  authorize({
    operationId,
    key,
    amountMinor,
    currency,
    methodId,
    orderId,
    paymentId,
    customerId,
  }: RequestOf<"authorize">): Promise<Answer> {
    return answer(async () =>
      fromIntent(
        await this.#stripe.paymentIntents.create(
          {
            amount: amountMinor,
            currency: currency.toLowerCase(),
            payment_method: methodId,
            allowed_payment_method_types: ["card"],
            capture_method: "manual",
            confirm: true,
            expand: ["latest_charge"],
            metadata: { operation: operationId, orderId, paymentId, customerId },
          },
          { idempotencyKey: key },
        ),
      ),
    );
  }

  /** The customer answers their bank, and the bank answers Stripe, so reading the intent is enough. */
  confirm({ reference }: RequestOf<"confirm">): Promise<Answer> {
    return answer(async () => fromIntent(await this.#intent(reference)));
  }

  capture({ operationId, key, reference, amountMinor }: RequestOf<"capture">): Promise<Answer> {
    return answer(async () => {
      const intent = await this.#stripe.paymentIntents.capture(
        reference,
        { amount_to_capture: amountMinor, metadata: { captured_by: operationId } },
        { idempotencyKey: key },
      );
      return { kind: "captured", heldMinor: intent.amount_capturable };
    });
  }

  void({ key, reference }: RequestOf<"void">): Promise<Answer> {
    return answer(async () => {
      try {
        await this.#stripe.paymentIntents.cancel(reference, {}, { idempotencyKey: key });
      } catch (error) {
        // It was cancelled before, for example by hand. Nothing is held, so the void has its effect.
        if ((error as Stripe.errors.StripeError).payment_intent?.status !== "canceled") throw error;
      }
      return { kind: "voided" };
    });
  }

  refund({ operationId, key, reference, amountMinor, reason }: RequestOf<"refund">): Promise<Answer> {
    return answer(async () =>
      fromRefund(
        await this.#stripe.refunds.create(
          {
            payment_intent: reference,
            amount: amountMinor,
            metadata: { operation: operationId, reason: (reason ?? "").slice(0, 500) },
          },
          { idempotencyKey: key },
        ),
      ),
    );
  }

  async find(request: ProviderRequest, signal: AbortSignal, complete: boolean): Promise<Answer | undefined> {
    switch (request.kind) {
      case "authorize": {
        const intent = await (complete ? this.#lookThrough(request, signal) : this.#search(request));
        return intent && fromIntent(intent);
      }
      case "confirm":
        return undefined; // `confirm` only reads, so repeating it is enough
      case "capture": {
        const intent = await this.#intent(request.reference);
        return intent.metadata.captured_by === request.operationId
          ? { kind: "captured", heldMinor: intent.amount_capturable }
          : undefined;
      }
      case "void":
        return (await this.#intent(request.reference)).status === "canceled" ? { kind: "voided" } : undefined;
      case "refund": {
        const { data } = await this.#stripe.refunds.list({ payment_intent: request.reference, limit: PAGE });
        const refund = data.find(({ metadata }) => metadata?.operation === request.operationId);
        return refund && fromRefund(refund);
      }
      default:
        return request satisfies never;
    }
  }

  /** One request, at any age. Stripe's search finds an intent only about a minute after its creation, sometimes later. */
  async #search({ operationId }: ProviderRequest): Promise<Stripe.PaymentIntent | undefined> {
    const { data } = await this.#stripe.paymentIntents.search({
      query: `metadata["operation"]:"${operationId}"`,
      expand: ["data.latest_charge"],
    });
    return data[0];
  }

  /** Lists are complete, but cannot filter by metadata: one request for each hundred intents of the period. */
  async #lookThrough({ operationId, since, until }: ProviderRequest, signal: AbortSignal) {
    const intents = this.#stripe.paymentIntents.list({
      created: { gte: secondsOf(since) - CLOCK_SKEW_SECONDS, lte: secondsOf(until) + CLOCK_SKEW_SECONDS },
      limit: PAGE,
      expand: ["data.latest_charge"],
    });
    for await (const intent of intents) {
      signal.throwIfAborted();
      if (intent.metadata.operation === operationId) return intent;
    }
    return undefined;
  }

  #intent(reference: string): Promise<Stripe.PaymentIntent> {
    return this.#stripe.paymentIntents.retrieve(reference, { expand: ["latest_charge"] });
  }
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}

function fromIntent(intent: Stripe.PaymentIntent): Answer {
  const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
  const card = charge?.payment_method_details?.card;
  const reference = intent.id;
  switch (intent.status) {
    case "requires_capture":
    case "succeeded": {
      const expiry = card?.capture_before ? card.capture_before * 1_000 : intent.created * 1_000 + HOLD_DAYS * DAY_MS;
      return { kind: "authorized", reference, last4: card?.last4 ?? null, expiresAt: new Date(expiry).toISOString() };
    }
    case "requires_action": {
      const url = intent.next_action?.redirect_to_url?.url ?? "";
      const type = intent.next_action?.type ?? "use_stripe_sdk";
      return { kind: "actionRequired", reference, last4: card?.last4 ?? null, action: { type, url } };
    }
    case "requires_payment_method":
    case "requires_confirmation":
    case "canceled":
      return { kind: "declined", reference, decline: declineOf(intent.last_payment_error ?? { code: intent.status }) };
    case "processing":
      throw new Error(`Stripe is still working on ${reference}.`);
    default:
      throw new Error(`Stripe says ${String(intent.status)} of ${reference}.`);
  }
}

function fromRefund(refund: Stripe.Refund): Answer {
  if (refund.status === "failed" || refund.status === "canceled") {
    const code = refund.failure_reason ?? refund.status;
    return { kind: "declined", decline: { code, message: "Stripe could not give the money back." } };
  }
  return { kind: "refunded" }; // also while it is pending: Stripe completes it, and reports a failure by webhook
}

const DEFINITE = new Set([400, 402, 404]); // 409 and 429 mean that Stripe is busy, 5xx that the outcome is unknown

/** Turns a definite refusal into an answer. Any other error stays an error, because the outcome is unknown. */
async function answer(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const { type, statusCode, headers, message, payment_intent: intent } = error as Stripe.errors.StripeError;
    const refused = type === "StripeCardError" || type === "StripeInvalidRequestError";
    if (!refused || !DEFINITE.has(statusCode ?? 0)) {
      throw headers?.["idempotent-replayed"] === "true" ? new SpentKey(message) : error;
    }
    return { kind: "declined", decline: declineOf(error as Facts), ...(intent ? { reference: intent.id } : {}) };
  }
}

interface Facts {
  code?: string | undefined;
  decline_code?: string | undefined;
  message?: string | undefined;
}

/** The reason of the card's issuer if there is one, otherwise Stripe's. */
function declineOf({ code, decline_code, message }: Facts): { code: string; message: string } {
  const reason = decline_code && decline_code !== "generic_decline" ? decline_code : code;
  return { code: reason ?? "card_declined", message: message ?? "The payment was declined." };
}
