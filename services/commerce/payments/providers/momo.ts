import type { Charge } from "../domain/charge.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { Answer } from "../domain/operation.ts";
import { type MomoAnswer, MomoApi, type MomoOptions } from "./momo-api.ts";
import { momoNotifications } from "./momo-notifications.ts";
import { chargeFrom, extraDataOf, meaningOf, refundBy, restId } from "./momo-state.ts";
import { type PaymentProvider, type ProviderRequest, type RequestOf, SpentKey } from "./provider.ts";
import { declined, unsupportedAmount, unsupportedCurrency, unsupportedMethod } from "./refusals.ts";
import { returnUrl } from "./return-url.ts";

const NAME = "MoMo";
const HOUR_MS = 3_600_000;
const DUPLICATE = [40, 41]; // the id of a request, or of an order

export function momoProvider(options: MomoOptions): PaymentProvider {
  return new MomoProvider(options);
}

/**
 * MoMo: one payment with `autoCapture: false` for each of ours, named by the key of the authorisation. It is held when the
 * customer agrees in MoMo's app. MoMo takes or releases only all of it, so after a capture of less the rest is given back.
 * A repeated request gets the answer that the first one got; under any key, MoMo tells what has become of a payment and
 * of its refunds.
 */
class MomoProvider implements PaymentProvider {
  readonly name = "momo";
  readonly notifications;
  readonly #options: MomoOptions;
  readonly #api: MomoApi;

  constructor(options: MomoOptions) {
    this.#options = options;
    this.#api = new MomoApi(options);
    this.notifications = momoNotifications(options);
  }

  async authorize(request: RequestOf<"authorize">, signal: AbortSignal): Promise<Answer> {
    const { method, currency, amountMinor, key } = request;
    const { MOMO_MIN_VND, MOMO_MAX_VND } = paymentLimits;
    if (method.type !== "wallet" || method.wallet !== "momo") return unsupportedMethod(NAME);
    if (currency !== "VND") return unsupportedCurrency(NAME, currency);
    if (amountMinor < MOMO_MIN_VND || amountMinor > MOMO_MAX_VND) {
      return unsupportedAmount(`${NAME} takes payments from ${MOMO_MIN_VND} to ${MOMO_MAX_VND} VND.`);
    }
    return this.#create(key, request, signal);
  }

  /** MoMo tells its page only when the payment is made, so for a customer who has not acted yet that is repeated. */
  async confirm(request: RequestOf<"confirm">, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#query(request.reference, signal);
    return meaningOf(answer) === "waiting"
      ? this.#create(request.reference, request, signal)
      : heldOrNot(request.reference, answer, request.since);
  }

  async capture(request: RequestOf<"capture">, signal: AbortSignal): Promise<Answer> {
    const { reference, key, operationId, amountMinor } = request;
    const payment = await this.#query(reference, signal);
    const meaning = meaningOf(payment);
    const amount = payment.amount ?? 0;
    const rest = amount - amountMinor;
    if (meaning !== "held" && meaning !== "done") return refusal(payment);
    if (rest < 0) return declined("amount_too_high", `${NAME} holds ${amount} VND.`);
    if (rest > 0 && rest < paymentLimits.MOMO_MIN_VND) {
      return unsupportedAmount(`${NAME} gives back at least ${paymentLimits.MOMO_MIN_VND} VND of a payment.`);
    }
    if (meaning === "held") {
      const taken = await this.#api.confirm("capture", { orderId: reference, amount, requestId: key }, signal);
      if (meaningOf(taken) !== "done") return refusal(taken);
    }
    if (rest > 0) await this.#giveRestBack(reference, restId(operationId), rest, signal);
    return { kind: "captured", heldMinor: 0 };
  }

  async void({ reference, key }: RequestOf<"void">, signal: AbortSignal): Promise<Answer> {
    const payment = await this.#query(reference, signal);
    const released = whenReleased(payment);
    if (released) return released;
    if (meaningOf(payment) !== "held") return refusal(payment);
    const amount = payment.amount ?? 0;
    const answer = await this.#api.confirm("cancel", { orderId: reference, amount, requestId: key }, signal);
    return ["done", "cancelled"].includes(meaningOf(answer)) ? { kind: "voided" } : refusal(answer);
  }

  async refund({ reference, key, amountMinor }: RequestOf<"refund">, signal: AbortSignal): Promise<Answer> {
    const payment = await this.#query(reference, signal);
    if (meaningOf(payment) !== "done") return refusal(payment);
    const { transId = 0 } = payment;
    const answer = await this.#api.refund({ orderId: key, amount: amountMinor, transId }, signal);
    return meaningOf(answer) === "done" ? { kind: "refunded" } : refusal(answer);
  }

  async find(request: ProviderRequest, signal: AbortSignal): Promise<Answer | undefined> {
    switch (request.kind) {
      case "authorize":
        return this.#findHold(request, signal);
      case "confirm":
        return undefined; // repeating it is enough
      case "capture": {
        const payment = await this.#query((request as RequestOf<"capture">).reference, signal);
        if (meaningOf(payment) !== "done") return undefined;
        const rest = refundBy(payment, [restId(request.operationId)]);
        const isWhole = payment.amount === request.amountMinor;
        return isWhole || (rest && meaningOf(rest) === "done") ? { kind: "captured", heldMinor: 0 } : undefined;
      }
      case "void":
        return whenReleased(await this.#query((request as RequestOf<"void">).reference, signal));
      case "refund": {
        const payment = await this.#query((request as RequestOf<"refund">).reference, signal);
        const refund = refundBy(payment, [request.key, ...request.spentKeys]);
        if (!refund || meaningOf(refund) === "inDoubt" || meaningOf(refund) === "waiting") return undefined;
        return meaningOf(refund) === "done" ? { kind: "refunded" } : refusal({ ...refund, message: "" });
      }
      default:
        return request satisfies never;
    }
  }

  async charge(reference: string, signal: AbortSignal): Promise<Charge | undefined> {
    const answer = await this.#query(reference, signal);
    return meaningOf(answer) === "unknown" ? undefined : chargeFrom(reference, answer);
  }

  /** What MoMo says of a payment. @throws Error when the answer is about the question only */
  async #query(reference: string, signal: AbortSignal): Promise<MomoAnswer> {
    const answer = await this.#api.query(reference, signal);
    if (["inDoubt", "badRequest"].includes(meaningOf(answer))) throw inDoubt(answer);
    return answer;
  }

  async #create(
    key: string,
    { orderId, paymentId, amountMinor }: { orderId: string; paymentId: string; amountMinor: number },
    signal: AbortSignal,
  ): Promise<Answer> {
    const answer = await this.#api.create(
      {
        orderId: key,
        amount: amountMinor,
        orderInfo: `Order ${orderId}`,
        redirectUrl: returnUrl(this.#options.returnUrl, orderId),
        extraData: extraDataOf({ paymentId, orderId }),
      },
      signal,
    );
    if (DUPLICATE.includes(answer.resultCode)) throw new SpentKey(`${answer.resultCode} ${answer.message}`);
    if (meaningOf(answer) !== "done" || !answer.payUrl) return refusal(answer);
    return { kind: "actionRequired", reference: key, last4: null, action: { type: "redirect", url: answer.payUrl } };
  }

  /** A payment that still waits is made again under its key, because only that tells its page. */
  async #findHold(request: ProviderRequest, signal: AbortSignal): Promise<Answer | undefined> {
    for (const key of [request.key, ...request.spentKeys]) {
      const answer = await this.#query(key, signal);
      const meaning = meaningOf(answer);
      if (meaning !== "unknown" && meaning !== "waiting") return heldOrNot(key, answer, request.since);
    }
    return undefined;
  }

  /** @throws Error also for a refusal: the whole is taken, so this must not be taken for a capture that did not happen */
  async #giveRestBack(reference: string, orderId: string, amount: number, signal: AbortSignal): Promise<void> {
    const { transId = 0, ...payment } = await this.#query(reference, signal);
    const before = refundBy(payment, [orderId]);
    if (before && meaningOf(before) === "done") return;
    const answer = await this.#api.refund({ orderId, amount, transId }, signal);
    if (meaningOf(answer) !== "done") throw inDoubt(answer);
  }
}

/** What a payment at MoMo means to its authorisation. */
function heldOrNot(reference: string, answer: MomoAnswer, since: Date): Answer {
  const meaning = meaningOf(answer);
  if (meaning !== "held" && meaning !== "done") return { ...refusal(answer), reference };
  const expiresAt = new Date(since.getTime() + paymentLimits.MOMO_HOLD_HOURS * HOUR_MS).toISOString();
  return { kind: "authorized", reference, last4: null, expiresAt };
}

/** Nothing is held any more, or not yet: what a customer agrees to after that is only held, and MoMo releases it. */
function whenReleased(payment: MomoAnswer): Answer | undefined {
  return ["unknown", "waiting", "cancelled", "refused"].includes(meaningOf(payment)) ? { kind: "voided" } : undefined;
}

/** A definite refusal as an answer. @throws Error when MoMo has not decided */
function refusal(answer: Pick<MomoAnswer, "resultCode" | "message">): ReturnType<typeof declined> {
  const meaning = meaningOf(answer);
  if (meaning === "inDoubt" || meaning === "waiting") throw inDoubt(answer);
  return declined(String(answer.resultCode), answer.message || "MoMo has refused.");
}

function inDoubt({ resultCode, message }: Pick<MomoAnswer, "resultCode" | "message">): Error {
  return new Error(`MoMo answers ${resultCode}: ${message}`);
}
