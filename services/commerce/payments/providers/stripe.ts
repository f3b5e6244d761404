import type Stripe from "stripe";
import type { Charge } from "../domain/charge.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { Answer } from "../domain/operation.ts";
import type {
  Disputes,
  Held,
  Movement,
  Notifications,
  PaymentProvider,
  ProviderRequest,
  RequestOf,
  SavedMethods,
} from "./provider.ts";
import { toStripe } from "./stripe-amounts.ts";
import {
  answer,
  chargeFrom,
  EXPANDED,
  fromIntent,
  fromRefund,
  hasMoreRefunds,
  heldOf,
  isUnknown,
  type StripeError,
} from "./stripe-answers.ts";
import { stripeHeld, stripeMovements } from "./stripe-balance.ts";
import { stripeDisputes } from "./stripe-disputes.ts";
import { methodParams } from "./stripe-methods.ts";
import { stripeNotifications } from "./stripe-notifications.ts";
import { stripeSavedMethods } from "./stripe-saved-methods.ts";

export interface StripeOptions {
  secretKey: string;
  /** Signs the webhooks. Absent: webhooks are refused. */
  webhookSecret?: string;
  /** Another server with Stripe's API; Stripe itself unless stated. */
  apiBase?: URL;
  timeoutMs?: number;
}

/** Loads Stripe's library only where it is used. */
export async function stripeProvider(options: StripeOptions): Promise<PaymentProvider> {
  const { default: Client } = await import("stripe");
  const { apiBase, webhookSecret } = options;
  const client = new Client(options.secretKey, {
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
  });
  return new StripeProvider(client, webhookSecret);
}

const PAGE = 100; // Stripe's maximum; also how many refunds of one charge are looked through
const CLOCK_SKEW_SECONDS = 60; // by how much Stripe's clock and the database's may differ
const REASON_CHARS = 500; // of a value in Stripe's metadata

/**
 * Stripe: one PaymentIntent for each payment, of manual capture where the method knows it. Stripe answers a repeated
 * idempotency key with what it answered first, for at least a day, errors of its own (500) included. Under any key, the
 * operation is found by its id in the metadata.
 */
class StripeProvider implements PaymentProvider {
  readonly name = "stripe";
  readonly savedMethods: SavedMethods;
  readonly disputes: Disputes;
  readonly notifications?: Notifications;
  readonly #stripe: Stripe;

  constructor(stripe: Stripe, webhookSecret: string | undefined) {
    this.#stripe = stripe;
    this.savedMethods = stripeSavedMethods(stripe);
    this.disputes = stripeDisputes(stripe);
    if (webhookSecret !== undefined) this.notifications = stripeNotifications(stripe, webhookSecret);
  }

  async authorize(request: RequestOf<"authorize">): Promise<Answer> {
    const { operationId, key, amountMinor, currency, method, orderId, paymentId, customerId } = request;
    const charged = toStripe(amountMinor, currency);
    if (charged.kind === "declined") return charged;
    const params = methodParams(method);
    if (params.kind === "declined") return params;
    return answer(async () =>
      fromIntent(
        await this.#stripe.paymentIntents.create(
          {
            amount: charged.amount,
            currency: currency.toLowerCase(),
            confirm: true,
            expand: ["latest_charge"],
            metadata: { operation: operationId, orderId, paymentId, customerId, method: method.type },
            ...params.params,
          },
          { idempotencyKey: key },
        ),
      ),
    );
  }

  /**
   * The customer answers their bank, and the bank answers Stripe, so reading the intent is enough. One whose attempt has
   * failed is ended: the customer's browser could pay it with another card, when nobody expects that any more.
   */
  confirm({ key, reference }: RequestOf<"confirm">): Promise<Answer> {
    return answer(async () => {
      const intent = await this.#intent(reference);
      if (intent.status !== "requires_payment_method") return fromIntent(intent);
      const ended = await this.#end(reference, `${key}.end`);
      return fromIntent(ended?.status === "canceled" ? intent : await this.#intent(reference));
    });
  }

  async capture({ operationId, key, reference, currency, amountMinor }: RequestOf<"capture">): Promise<Answer> {
    const charged = toStripe(amountMinor, currency);
    if (charged.kind === "declined") return charged;
    return answer(async () => {
      try {
        const intent = await this.#stripe.paymentIntents.capture(
          reference,
          { amount_to_capture: charged.amount, metadata: { captured_by: operationId } },
          { idempotencyKey: key },
        );
        return { kind: "captured", heldMinor: heldOf(intent) };
      } catch (error) {
        // The method has taken the money with the authorisation, as UPI does, or somebody has captured it by hand.
        const { payment_intent: intent } = error as StripeError;
        if (intent?.status !== "succeeded" || intent.amount_received !== charged.amount) throw error;
        return { kind: "captured", heldMinor: 0 };
      }
    });
  }

  void({ operationId, key, reference }: RequestOf<"void">): Promise<Answer> {
    return answer(async () => {
      const intent = await this.#end(reference, key);
      if (intent.status === "canceled") return { kind: "voided" };
      const returned = await this.#refundRest(reference, operationId, `${key}.refund`);
      return returned.kind === "refunded" ? { kind: "voided" } : returned;
    });
  }

  /** @returns the intent, which is `canceled`, also if it was before, or `succeeded`: then only a refund gives it back */
  async #end(reference: string, key: string): Promise<Pick<Stripe.PaymentIntent, "status">> {
    try {
      return await this.#stripe.paymentIntents.cancel(reference, {}, { idempotencyKey: key });
    } catch (error) {
      const { payment_intent: intent } = error as StripeError;
      if (intent?.status !== "canceled" && intent?.status !== "succeeded") throw error;
      return intent;
    }
  }

  async #refundRest(reference: string, operationId: string, key: string): Promise<Answer> {
    try {
      const params = { payment_intent: reference, metadata: { operation: operationId } };
      return fromRefund(await this.#stripe.refunds.create(params, { idempotencyKey: key }));
    } catch (error) {
      if ((error as StripeError).code !== "charge_already_refunded") throw error;
      return { kind: "refunded" };
    }
  }

  async refund({ operationId, key, reference, currency, amountMinor, reason }: RequestOf<"refund">): Promise<Answer> {
    const returned = toStripe(amountMinor, currency);
    if (returned.kind === "declined") return returned;
    return answer(async () =>
      fromRefund(
        await this.#stripe.refunds.create(
          {
            payment_intent: reference,
            amount: returned.amount,
            metadata: { operation: operationId, reason: (reason ?? "").slice(0, REASON_CHARS) },
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
          ? { kind: "captured", heldMinor: heldOf(intent) }
          : undefined;
      }
      case "void": {
        const { status } = await this.#intent(request.reference);
        if (status === "canceled") return { kind: "voided" };
        const refund = status === "succeeded" && (await this.#findRefund(request));
        return refund && fromRefund(refund).kind === "refunded" ? { kind: "voided" } : undefined;
      }
      case "refund": {
        const refund = await this.#findRefund(request);
        return refund && fromRefund(refund);
      }
      default:
        return request satisfies never;
    }
  }

  async #findRefund({
    reference,
    operationId,
  }: Pick<RequestOf<"refund">, "reference" | "operationId">): Promise<Stripe.Refund | undefined> {
    const { data } = await this.#stripe.refunds.list({ payment_intent: reference, limit: PAGE });
    return data.find(({ metadata }) => metadata?.operation === operationId);
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
    const created = { gte: secondsOf(since) - CLOCK_SKEW_SECONDS, lte: secondsOf(until) + CLOCK_SKEW_SECONDS };
    for await (const intent of this.#list(created, ["data.latest_charge"], signal)) {
      if (intent.metadata.operation === operationId) return intent;
    }
    return undefined;
  }

  async charge(reference: string): Promise<Charge | undefined> {
    try {
      return await this.#chargeFrom(await this.#intent(reference));
    } catch (error) {
      if (isUnknown(error as StripeError)) return undefined;
      throw error;
    }
  }

  async *charges({ from, until }: { from: Date; until: Date }, signal: AbortSignal): AsyncGenerator<Charge> {
    const created = { gte: secondsOf(from), lt: Math.ceil(until.getTime() / 1_000) };
    const expand = EXPANDED.map((name) => `data.${name}`);
    for await (const intent of this.#list(created, expand, signal)) yield this.#chargeFrom(intent);
  }

  balance(): Promise<Held[]> {
    return stripeHeld(this.#stripe);
  }

  movements(period: { from: Date; until: Date }, signal: AbortSignal): AsyncIterable<Movement> {
    return stripeMovements(this.#stripe, period, signal);
  }

  async #chargeFrom(intent: Stripe.PaymentIntent): Promise<Charge> {
    if (!hasMoreRefunds(intent)) return chargeFrom(intent);
    const { data } = await this.#stripe.refunds.list({ payment_intent: intent.id, limit: PAGE });
    return chargeFrom(intent, data);
  }

  async *#list(created: Stripe.RangeQueryParam, expand: string[], signal: AbortSignal) {
    for await (const intent of this.#stripe.paymentIntents.list({ created, limit: PAGE, expand })) {
      signal.throwIfAborted();
      yield intent;
    }
  }

  #intent(reference: string): Promise<Stripe.PaymentIntent> {
    return this.#stripe.paymentIntents.retrieve(reference, { expand: EXPANDED });
  }
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}
