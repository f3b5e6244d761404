import { randomUUID } from "node:crypto";
import { postJson } from "./bounded-fetch.ts";
import { type MomoKeys, momoSignature } from "./momo-signature.ts";

const API = "https://payment.momo.vn";

export interface MomoOptions extends MomoKeys {
  partnerCode: string;
  /** `https://test-payment.momo.vn` or a test server; MoMo itself unless given. */
  apiBase?: URL;
  /** Page to which the customer comes back; `{orderId}` in it is replaced. */
  returnUrl: string;
  /** Where MoMo sends its notifications. */
  notifyUrl: string;
}

/** MoMo's answer to any request. */
export interface MomoAnswer {
  resultCode: number;
  message: string;
  payUrl?: string;
  amount?: number;
  transId?: number;
  extraData?: string;
  refundTrans?: readonly MomoRefund[];
}

export interface MomoRefund {
  /** The id that we gave to the refund. */
  orderId: string;
  amount: number;
  resultCode: number;
}

/** MoMo's payment API, version 2. Each request is signed; `requestId` is its idempotency key. */
export class MomoApi {
  readonly #options: MomoOptions;

  constructor(options: MomoOptions) {
    this.#options = options;
  }

  /** Makes a payment that is held, not captured, when the customer agrees. */
  create({ orderId, amount, orderInfo, redirectUrl, extraData }: NewPayment, signal: AbortSignal): Promise<MomoAnswer> {
    const { notifyUrl: ipnUrl } = this.#options;
    const signed = { orderId, requestId: orderId, amount, orderInfo, redirectUrl, ipnUrl, extraData };
    return this.#ask("create", { ...signed, requestType: "captureWallet" }, { autoCapture: false }, signal);
  }

  query(orderId: string, signal: AbortSignal): Promise<MomoAnswer> {
    return this.#ask("query", { orderId, requestId: randomUUID() }, {}, signal);
  }

  /** Takes all that is held, or releases all of it. */
  confirm(
    requestType: "capture" | "cancel",
    { orderId, amount, requestId }: { orderId: string; amount: number; requestId: string },
    signal: AbortSignal,
  ): Promise<MomoAnswer> {
    return this.#ask("confirm", { orderId, amount, requestId, requestType, description: "" }, {}, signal);
  }

  /** @param orderId of the refund, which is its idempotency key as well; `transId` names the payment */
  refund(
    { orderId, amount, transId }: { orderId: string; amount: number; transId: number },
    signal: AbortSignal,
  ): Promise<MomoAnswer> {
    return this.#ask("refund", { orderId, requestId: orderId, amount, transId, description: "" }, {}, signal);
  }

  async #ask(
    path: string,
    fields: Readonly<Record<string, string | number>>,
    unsigned: object,
    signal: AbortSignal,
  ): Promise<MomoAnswer> {
    const { partnerCode, apiBase } = this.#options;
    const signed = { ...fields, partnerCode };
    const signature = momoSignature(signed, this.#options);
    const url = new URL(`/v2/gateway/api/${path}`, apiBase ?? API);
    const answer = await postJson(url, { ...signed, ...unsigned, lang: "en", signature }, signal);
    if (typeof answer.resultCode !== "number") throw new Error("MoMo answers without a result.");
    return { message: "", ...answer } as MomoAnswer;
  }
}

interface NewPayment {
  orderId: string;
  amount: number;
  orderInfo: string;
  redirectUrl: string;
  /** Base64 of JSON; MoMo hands it back with each answer about the payment. */
  extraData: string;
}
