import { randomBytes } from "node:crypto";
import { postJson } from "./bounded-fetch.ts";
import { equalSignatures } from "./notification-checks.ts";
import { madeAt, vietnamTime } from "./vnpay-reference.ts";
import { messageSignature } from "./vnpay-signature.ts";

const VERSION = "2.1.0";
const PAYMENT_PAGE = "https://pay.vnpay.vn/vpcpay.html";
const API = "https://merchant.vnpay.vn/merchant_webapi/api/transaction";
/** VNPay asks for the customer's address, which the shop does not hand to it. */
export const IP_ADDRESS = "127.0.0.1";
const VND_UNITS = 100; // VNPay writes 10,000 VND as 1000000

export interface VnpayOptions {
  terminal: string;
  secret: string;
  /** `https://sandbox.vnpayment.vn` or a test server; VNPay itself unless given. */
  apiBase?: URL;
  /** Page to which the customer comes back; `{orderId}` in it is replaced. */
  returnUrl: string;
}

/** What VNPay says of a payment. */
export interface Transaction {
  /** `00` paid; `02` failed; `01`, `04`, `07`: not decided yet. Of refunds also `05`, `06`, `09`. */
  status: string;
  /** `01` a payment; `02` all of it was given back; `03` a part of it was. */
  type: string;
  amountMinor: number;
}

type Message = Record<string, string>;

/** VNPay's API for questions and refunds. Every message of it is signed. */
export class VnpayApi {
  readonly #options: VnpayOptions;
  readonly #url: URL;

  constructor(options: VnpayOptions) {
    this.#options = options;
    this.#url = options.apiBase ? new URL("/merchant_webapi/api/transaction", options.apiBase) : new URL(API);
  }

  /** The page on which the customer pays. Nothing is sent to VNPay: it learns of the payment from the customer. */
  get paymentPage(): URL {
    const { apiBase } = this.#options;
    return apiBase ? new URL("/paymentv2/vpcpay.html", apiBase) : new URL(PAYMENT_PAGE);
  }

  /** undefined when the customer has not opened the page */
  async query(reference: string, signal: AbortSignal): Promise<Transaction | undefined> {
    const answer = await this.#ask(
      "query",
      {
        vnp_RequestId: randomBytes(16).toString("hex"),
        vnp_Command: "querydr",
        vnp_TxnRef: reference,
        vnp_TransactionDate: madeAt(reference),
        vnp_OrderInfo: `Truy van ${reference}`,
      },
      signal,
    );
    if (answer.vnp_ResponseCode === "91") return undefined;
    if (answer.vnp_ResponseCode !== "00") throw new Error(`VNPay answers a question with ${answer.vnp_ResponseCode}.`);
    return {
      status: answer.vnp_TransactionStatus ?? "",
      type: answer.vnp_TransactionType ?? "",
      amountMinor: Number(answer.vnp_Amount) / VND_UNITS,
    };
  }

  /**
   * @param requestId VNPay takes each only once a day
   * @returns VNPay's code: `00` when it has taken the order to give the money back
   */
  async refund(
    { reference, requestId, amountMinor, whole }: Refund,
    signal: AbortSignal,
  ): Promise<{ code: string; message: string }> {
    const answer = await this.#ask(
      "refund",
      {
        vnp_RequestId: requestId,
        vnp_Command: "refund",
        vnp_TransactionType: whole ? "02" : "03",
        vnp_TxnRef: reference,
        vnp_Amount: vnpayAmount(amountMinor),
        vnp_TransactionNo: "0", // VNPay's own number of the payment is optional
        vnp_TransactionDate: madeAt(reference),
        vnp_CreateBy: "shop",
        vnp_OrderInfo: `Hoan tien ${requestId}`,
      },
      signal,
    );
    return { code: answer.vnp_ResponseCode ?? "", message: answer.vnp_Message ?? "" };
  }

  async #ask(kind: "query" | "refund", fields: Message, signal: AbortSignal): Promise<Message> {
    const { terminal, secret } = this.#options;
    const message: Message = {
      ...fields,
      vnp_Version: VERSION,
      vnp_TmnCode: terminal,
      vnp_CreateDate: vietnamTime(new Date()),
      vnp_IpAddr: IP_ADDRESS,
    };
    const signed = { ...message, vnp_SecureHash: messageSignature(kind, "request", message, secret) };
    const answer = textsOf(await postJson(this.#url, signed, signal));
    const genuine = equalSignatures(
      messageSignature(kind, "answer", answer, secret),
      (answer.vnp_SecureHash ?? "").toLowerCase(),
    );
    // VNPay does not sign every refusal.
    const unsignedRefusal = answer.vnp_SecureHash === undefined && answer.vnp_ResponseCode !== "00";
    if (!genuine && !unsignedRefusal) throw new Error("An answer of VNPay is not signed by it.");
    return answer;
  }
}

interface Refund {
  reference: string;
  requestId: string;
  amountMinor: number;
  /** Whether it is all that the customer has paid. */
  whole: boolean;
}

export function vnpayAmount(amountMinor: number): string {
  return String(amountMinor * VND_UNITS);
}

function textsOf(answer: Record<string, unknown>): Message {
  return Object.fromEntries(
    Object.entries(answer).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
  );
}
