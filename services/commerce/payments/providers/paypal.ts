import type {
  CheckoutPaymentIntent,
  PaypalExperienceUserAction,
  PaypalWalletContextShippingPreference,
} from "@paypal/paypal-server-sdk";
import type { Charge } from "../domain/charge.ts";
import type { Answer } from "../domain/operation.ts";
import { openPaypal, type PaypalClient, type PaypalClientOptions, refusalOf } from "./paypal-client.ts";
import { takesCurrency, toPaypal } from "./paypal-money.ts";
import { paypalNotifications } from "./paypal-notifications.ts";
import {
  actionRequired,
  authorizationOf,
  authorizedAnswer,
  capturedAnswer,
  captureOf,
  chargeFrom,
  customIdOf,
  heldIn,
  type OrderLike,
  refundedBy,
  refundParts,
} from "./paypal-order.ts";
import type { Notifications, PaymentProvider, ProviderRequest, RequestOf } from "./provider.ts";
import { declined, unsupportedAmount, unsupportedCurrency, unsupportedMethod } from "./refusals.ts";
import { returnUrl } from "./return-url.ts";

export interface PaypalOptions extends PaypalClientOptions {
  /** PayPal's id of the webhook, which is a part of its signatures. Absent: webhooks are refused. */
  webhookId?: string;
  /** Page to which the customer comes back, also without having agreed; `{orderId}` in it is replaced. */
  returnUrl: string;
}

const NAME = "PayPal";
const WHOLE = "return=representation"; // answers with the object, not with its id only

export async function paypalProvider(options: PaypalOptions): Promise<PaymentProvider> {
  const { webhookId, apiBase } = options;
  const notifications = webhookId === undefined ? undefined : paypalNotifications({ webhookId, apiBase });
  return new PaypalProvider(await openPaypal(options), options.returnUrl, notifications);
}

/**
 * PayPal: one order with intent AUTHORIZE for each payment. The customer agrees on PayPal's page, and the confirmation
 * authorises the order, which holds the money.
 *
 * PayPal answers a repeated `PayPal-Request-Id` with the state of the first request: for 6 hours when an order is made, for
 * 45 days afterwards. Captures and refunds are also found in their order, by the id of their operation. Orders cannot be
 * searched; one whose answer was lost holds nothing, because nobody knows where to agree to it.
 */
class PaypalProvider implements PaymentProvider {
  readonly name = "paypal";
  declare readonly notifications?: Notifications;
  readonly #client: PaypalClient;
  readonly #returnUrl: string;

  constructor(client: PaypalClient, returnUrl: string, notifications: Notifications | undefined) {
    this.#client = client;
    this.#returnUrl = returnUrl;
    if (notifications) this.notifications = notifications;
  }

  async authorize(request: RequestOf<"authorize">, abortSignal: AbortSignal): Promise<Answer> {
    const { method, currency, amountMinor, key, orderId } = request;
    if (method.type !== "wallet" || method.wallet !== "paypal") return unsupportedMethod(NAME);
    if (!takesCurrency(currency)) return unsupportedCurrency(NAME, currency);
    const amount = toPaypal(amountMinor, currency);
    if (!amount || amountMinor === 0) return unsupportedAmount(`${NAME} takes no fractions of ${currency}, and not 0.`);
    const url = returnUrl(this.#returnUrl, orderId);
    return answer(async () => {
      const { result } = await this.#client.orders.createOrder(
        {
          paypalRequestId: key,
          prefer: WHOLE,
          body: {
            intent: "AUTHORIZE" as CheckoutPaymentIntent,
            purchaseUnits: [{ customId: customIdOf(request), amount }],
            paymentSource: {
              paypal: {
                experienceContext: {
                  returnUrl: url,
                  cancelUrl: url,
                  userAction: "PAY_NOW" as PaypalExperienceUserAction,
                  shippingPreference: "NO_SHIPPING" as PaypalWalletContextShippingPreference,
                },
              },
            },
          },
        },
        { abortSignal },
      );
      return actionRequired(result);
    });
  }

  async confirm({ reference, key }: RequestOf<"confirm">, abortSignal: AbortSignal): Promise<Answer> {
    return answer(async () => {
      const order = await this.#order(reference, abortSignal);
      const before = authorizedAnswer(order);
      if (before) return before;
      if (order.status === "VOIDED") return { ...declined("ORDER_VOIDED", "The order has ended."), reference };
      if (order.status !== "APPROVED") return actionRequired(order);
      try {
        const { result } = await this.#client.orders.authorizeOrder(
          { id: reference, paypalRequestId: key, prefer: WHOLE },
          { abortSignal },
        );
        const authorized = authorizedAnswer(result as OrderLike);
        if (!authorized) throw new Error(`PayPal has not authorised ${reference}.`);
        return authorized;
      } catch (error) {
        if (!ASK_AGAIN.has(refusalOf(error)?.code ?? "")) throw error;
        return actionRequired(order);
      }
    });
  }

  async capture(request: RequestOf<"capture">, abortSignal: AbortSignal): Promise<Answer> {
    const { reference, key, operationId, amountMinor, currency } = request;
    return answer(async () => {
      const order = await this.#order(reference, abortSignal);
      const before = captureOf(order, operationId);
      if (before) return capturedAnswer(before, heldIn(order));
      const authorizationId = authorizationOf(order)?.id;
      const amount = toPaypal(amountMinor, currency);
      if (authorizationId === undefined) return declined("AUTHORIZATION_MISSING", "Nothing is held.");
      if (!amount) return unsupportedAmount(`${NAME} takes no fractions of ${currency}.`);
      const left = heldIn(order) - amountMinor;
      const body = { amount, invoiceId: operationId, finalCapture: left <= 0 };
      const { result } = await this.#client.payments.captureAuthorizedPayment(
        { authorizationId, paypalRequestId: key, prefer: WHOLE, body },
        { abortSignal },
      );
      return capturedAnswer(result, Math.max(0, left));
    });
  }

  /** An order that the customer has not agreed to, or that was not authorised, holds nothing and ends by itself. */
  async void({ reference, key }: RequestOf<"void">, abortSignal: AbortSignal): Promise<Answer> {
    return answer(async () => {
      const order = await this.#orderOrNone(reference, abortSignal);
      const authorization = order && authorizationOf(order);
      if (authorization?.id === undefined || ENDED.has(authorization.status as string)) return { kind: "voided" };
      try {
        await this.#client.payments.voidPayment(
          { authorizationId: authorization.id, paypalRequestId: key },
          { abortSignal },
        );
      } catch (error) {
        if (refusalOf(error)?.code !== "PREVIOUSLY_VOIDED") throw error;
      }
      return { kind: "voided" };
    });
  }

  /** PayPal refunds captures, of which a payment may have several. */
  async refund(request: RequestOf<"refund">, abortSignal: AbortSignal): Promise<Answer> {
    const { reference, key, operationId, amountMinor, currency } = request;
    return answer(async () => {
      const order = await this.#order(reference, abortSignal);
      const before = refundedBy(order, operationId);
      const parts = refundParts(order, amountMinor - before);
      if (!parts) return declined("REFUND_AMOUNT_EXCEEDED", "Less than this amount is left of the captures.");
      let given = before;
      for (const part of parts) {
        const amount = toPaypal(part.amountMinor, currency);
        if (!amount) return unsupportedAmount(`${NAME} takes no fractions of ${currency}.`);
        const paypalRequestId = `${key}-${part.captureId}`;
        const refused = await this.#refundPart(
          part.captureId,
          paypalRequestId,
          { amount, customId: operationId },
          abortSignal,
        );
        if (refused && given > 0)
          throw new Error(`Only ${given} of ${amountMinor} was given back: ${refused.decline.code}`);
        if (refused) return refused;
        given += part.amountMinor;
      }
      return { kind: "refunded" };
    });
  }

  async #refundPart(
    captureId: string,
    paypalRequestId: string,
    body: { amount: NonNullable<ReturnType<typeof toPaypal>>; customId: string },
    abortSignal: AbortSignal,
  ): Promise<ReturnType<typeof declined> | undefined> {
    try {
      const { result } = await this.#client.payments.refundCapturedPayment(
        { captureId, paypalRequestId, prefer: WHOLE, body },
        { abortSignal },
      );
      const failed = result.status === "FAILED" || result.status === "CANCELLED";
      return failed ? declined(`REFUND_${result.status}`, "PayPal could not give the money back.") : undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return declined(refusal.code, refusal.message);
    }
  }

  async find(request: ProviderRequest, abortSignal: AbortSignal): Promise<Answer | undefined> {
    if (request.kind === "authorize") return undefined; // an order that is made again holds nothing twice
    const { reference, operationId } = request as RequestOf<"capture">;
    const order = await this.#orderOrNone(reference, abortSignal);
    if (!order) return undefined;
    switch (request.kind) {
      case "confirm":
        return authorizedAnswer(order);
      case "capture": {
        const capture = captureOf(order, operationId);
        return capture && capturedAnswer(capture, heldIn(order));
      }
      case "void":
        return ENDED.has(authorizationOf(order)?.status as string) ? { kind: "voided" } : undefined;
      case "refund":
        return refundedBy(order, operationId) >= request.amountMinor ? { kind: "refunded" } : undefined;
      default:
        return request satisfies never;
    }
  }

  async charge(reference: string, abortSignal: AbortSignal): Promise<Charge | undefined> {
    const order = await this.#orderOrNone(reference, abortSignal);
    return order && chargeFrom(order);
  }

  async #order(id: string, abortSignal: AbortSignal): Promise<OrderLike> {
    return (await this.#client.orders.getOrder({ id }, { abortSignal })).result;
  }

  /** undefined also for an order that nobody has agreed to for hours: PayPal has forgotten it */
  async #orderOrNone(id: string, abortSignal: AbortSignal): Promise<OrderLike | undefined> {
    try {
      return await this.#order(id, abortSignal);
    } catch (error) {
      if (refusalOf(error)?.code === "INVALID_RESOURCE_ID") return undefined;
      throw error;
    }
  }
}

/** The customer has to agree again, or has not agreed yet. */
const ASK_AGAIN = new Set(["ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED"]);
const ENDED = new Set(["VOIDED", "DENIED"]);

/** Turns a definite refusal into an answer. Any other error stays an error, because the outcome is unknown. */
async function answer(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    return declined(refusal.code, refusal.message);
  }
}
