import type { Charge } from "../domain/charge.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { Answer } from "../domain/operation.ts";
import type { PaymentProvider, ProviderRequest, RequestOf } from "./provider.ts";
import { declined, unsupportedAmount, unsupportedCurrency, unsupportedMethod } from "./refusals.ts";
import { returnUrl } from "./return-url.ts";
import { IP_ADDRESS, type Transaction, VnpayApi, type VnpayOptions, vnpayAmount } from "./vnpay-api.ts";
import { vnpayNotifications } from "./vnpay-notifications.ts";
import { fromVietnamTime, madeAt, readReference, referenceOf, requestIdOf, vietnamTime } from "./vnpay-reference.ts";
import { signedQuery } from "./vnpay-signature.ts";

const NAME = "VNPay";
const MAX_VND = 9_999_999_999; // twelve digits, two of which VNPay adds
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type Texts = ReadonlyMap<string, { en: string }>;

/** What VNPay's codes mean, in English. */
interface Wordings {
  statuses: Texts;
  refunds: Texts;
}

/** Loads VNPay's library, of which only the wordings of its codes are used, where VNPay is configured. */
export async function vnpayProvider(options: VnpayOptions): Promise<PaymentProvider> {
  const { TRANSACTION_STATUS_RESPONSE_MAP, REFUND_RESPONSE_MAP } = await import("vnpay/constants");
  return new VnpayProvider(options, { statuses: TRANSACTION_STATUS_RESPONSE_MAP, refunds: REFUND_RESPONSE_MAP });
}

/**
 * VNPay takes the money at once: the customer pays on its page, to which a signed URL leads. So a capture has nothing to
 * take; a capture of less gives the rest back, and a void gives back everything.
 *
 * VNPay has no idempotency keys and no list of refunds. What it says of a payment tells whether nothing, a part or all of it
 * was given back, and it takes the id of a request only once a day. An operation whose answer was lost is settled by that,
 * or stays in doubt: see `docs/payments.md`.
 */
class VnpayProvider implements PaymentProvider {
  readonly name = "vnpay";
  readonly notifications;
  readonly #options: VnpayOptions;
  readonly #api: VnpayApi;
  readonly #wordings: Wordings;

  constructor(options: VnpayOptions, wordings: Wordings) {
    this.#options = options;
    this.#api = new VnpayApi(options);
    this.#wordings = wordings;
    this.notifications = vnpayNotifications(options);
  }

  /** Makes the URL. VNPay is not asked, so the same request gives the same answer at any time. */
  async authorize(request: RequestOf<"authorize">): Promise<Answer> {
    const { method, currency, amountMinor } = request;
    if (method.type !== "bank_redirect") return unsupportedMethod(NAME);
    if (currency !== "VND") return unsupportedCurrency(NAME, currency);
    if (amountMinor < 1 || amountMinor > MAX_VND) {
      return unsupportedAmount(`${NAME} takes payments from 1 to ${MAX_VND} VND.`);
    }
    return this.#actionRequired(referenceOf(request), request);
  }

  async confirm(request: RequestOf<"confirm">, signal: AbortSignal): Promise<Answer> {
    const { reference } = request;
    const paid = await this.#api.query(reference, signal);
    if (!paid || isOpen(paid)) return this.#actionRequired(reference, request);
    if (paid.status === "02") return this.#failed(paid.status);
    if (paid.type === "01" && paid.amountMinor !== request.amountMinor) {
      throw new Error(`${reference} was paid with ${paid.amountMinor} VND instead of ${request.amountMinor}.`);
    }
    const until = madeAtMs(reference) + paymentLimits.VNPAY_CAPTURE_DAYS * DAY_MS;
    return { kind: "authorized", reference, last4: null, expiresAt: new Date(until).toISOString() };
  }

  async capture(request: RequestOf<"capture">, signal: AbortSignal): Promise<Answer> {
    const paid = await this.#api.query(request.reference, signal);
    if (!paid || isOpen(paid) || isReleased(paid)) return this.#failed(paid?.status ?? "01");
    const done = captured(paid, request.amountMinor);
    if (done) return done;
    const rest = paid.amountMinor - request.amountMinor;
    if (rest < 0) return declined("amount_too_high", `The customer has paid ${paid.amountMinor} VND.`);
    const refused = await this.#giveBack(request, rest, paid, signal);
    // The customer has paid more than was captured: this must not be taken for a capture that did not happen.
    if (refused) throw new Error(`VNPay does not give the rest of ${request.reference} back: ${refused.decline.code}`);
    return { kind: "captured", heldMinor: 0 };
  }

  async void(request: RequestOf<"void">, signal: AbortSignal): Promise<Answer> {
    const paid = await this.#api.query(request.reference, signal);
    if (!paid || isReleased(paid)) return { kind: "voided" };
    // VNPay has no way to end a payment that the customer has begun.
    if (isOpen(paid)) throw new Error(`${request.reference} may still be paid at VNPay.`);
    return (await this.#giveBack(request, paid.amountMinor, paid, signal)) ?? { kind: "voided" };
  }

  async refund(request: RequestOf<"refund">, signal: AbortSignal): Promise<Answer> {
    const paid = await this.#api.query(request.reference, signal);
    if (!paid) return declined("91", "VNPay does not know the payment.");
    return (await this.#giveBack(request, request.amountMinor, paid, signal)) ?? { kind: "refunded" };
  }

  async find(request: ProviderRequest, signal: AbortSignal): Promise<Answer | undefined> {
    switch (request.kind) {
      case "authorize":
      case "confirm":
        return undefined; // repeating them is enough
      case "capture": {
        const paid = await this.#api.query((request as RequestOf<"capture">).reference, signal);
        return paid && captured(paid, request.amountMinor);
      }
      case "void": {
        const paid = await this.#api.query((request as RequestOf<"void">).reference, signal);
        return isReleased(paid) ? { kind: "voided" } : undefined;
      }
      case "refund": {
        const paid = await this.#api.query((request as RequestOf<"refund">).reference, signal);
        return paid?.type === "02" ? { kind: "refunded" } : undefined;
      }
      default:
        return request satisfies never;
    }
  }

  async charge(reference: string, signal: AbortSignal): Promise<Charge | undefined> {
    const ids = readReference(reference);
    const paid = ids && (await this.#api.query(reference, signal));
    if (!paid) return undefined;
    const state = isOpen(paid) ? "waiting" : paid.status === "02" ? "declined" : "accepted";
    const capturedMinor = state === "accepted" ? paid.amountMinor : 0;
    return {
      reference,
      state,
      paymentId: ids.paymentId,
      orderId: ids.orderId,
      currency: "VND",
      amountMinor: paid.amountMinor,
      heldMinor: 0,
      capturedMinor,
      refundedMinor: paid.type === "02" && paid.status !== "09" ? capturedMinor : 0,
      fundsUnknown: true,
    };
  }

  #actionRequired(reference: string, { orderId, amountMinor }: { orderId: string; amountMinor: number }): Answer {
    const { terminal, secret } = this.#options;
    const url = this.#api.paymentPage;
    url.search = signedQuery(
      {
        vnp_Version: "2.1.0",
        vnp_Command: "pay",
        vnp_TmnCode: terminal,
        vnp_Amount: vnpayAmount(amountMinor),
        vnp_CreateDate: madeAt(reference),
        vnp_ExpireDate: vietnamTime(new Date(madeAtMs(reference) + paymentLimits.VNPAY_PAGE_MINUTES * MINUTE_MS)),
        vnp_CurrCode: "VND",
        vnp_IpAddr: IP_ADDRESS,
        vnp_Locale: "vn",
        vnp_OrderInfo: `Thanh toan don hang ${orderId.replace("_", "")}`,
        vnp_OrderType: "other",
        vnp_ReturnUrl: returnUrl(this.#options.returnUrl, orderId),
        vnp_TxnRef: reference,
      },
      secret,
    );
    return { kind: "actionRequired", reference, last4: null, action: { type: "redirect", url: url.href } };
  }

  #failed(status: string): Answer {
    return declined(status, this.#wordings.statuses.get(status)?.en ?? "The payment has failed.");
  }

  /** @returns VNPay's refusal; undefined when it gives the money back. @throws Error while that is in doubt */
  async #giveBack(
    { reference, key, since, until }: RequestOf<"capture" | "void" | "refund">,
    amountMinor: number,
    paid: Transaction,
    signal: AbortSignal,
  ): Promise<ReturnType<typeof declined> | undefined> {
    // VNPay refuses the id of a request again only on the same day, so the day after it might give the money back twice.
    if (paid.type !== "01" && vietnamTime(since).slice(0, 8) !== vietnamTime(until).slice(0, 8)) {
      throw new Error(`Whether ${key} was given back can be seen only in VNPay's portal.`);
    }
    const whole = paid.type === "01" && amountMinor === paid.amountMinor;
    const { code } = await this.#api.refund({ reference, requestId: requestIdOf(key), amountMinor, whole }, signal);
    if (code === "00") return undefined;
    const wording = this.#wordings.refunds.get(code)?.en;
    if (code === "91" || code === "95") return declined(code, wording ?? "VNPay refuses the refund.");
    throw new Error(`VNPay answers a refund with ${code}: ${wording ?? "unknown"}`);
  }
}

/** VNPay has not decided yet: the customer is on its page, or it looks into a suspicion. */
function isOpen({ type, status }: Transaction): boolean {
  return type === "01" && ["01", "04", "07"].includes(status);
}

/** The customer has paid nothing, or has got everything back. */
function isReleased(paid: Transaction | undefined): boolean {
  return paid === undefined || paid.type === "02" || (paid.type === "01" && paid.status === "02");
}

/**
 * The answer to a capture that needs nothing more. A payment is captured once, and nothing is given back before, so a part
 * that was given back is the rest of this capture.
 */
function captured(paid: Transaction, askedMinor: number): Answer | undefined {
  if (isOpen(paid) || isReleased(paid)) return undefined;
  return paid.type === "03" || paid.amountMinor === askedMinor ? { kind: "captured", heldMinor: 0 } : undefined;
}

function madeAtMs(reference: string): number {
  return fromVietnamTime(madeAt(reference))?.getTime() ?? 0;
}
