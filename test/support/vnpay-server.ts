import { createHmac } from "node:crypto";
import { type ApiRequest, fakeApi } from "./fake-api.ts";

interface Payment {
  txnRef: string;
  amount: number;
  createDate: string;
  orderInfo: string;
  transactionNo: string;
  status: "00" | "01" | "02";
  refunded: number;
}

type Fields = Record<string, string>;

/**
 * VNPay as far as the shop meets it: the page on which customers pay, `querydr`, `refund` and notifications (IPN), all
 * signed. It has no idempotency keys; a request's id is taken once.
 */
export async function vnpayServer(options: { terminal: string; secret: string; notifyUrl?: string }) {
  const { terminal, secret } = options;
  const payments = new Map<string, Payment>();
  const requestIds = new Set<string>();
  const refunds: { txnRef: string; amount: number; requestId: string }[] = [];

  const hmac = (text: string) => createHmac("sha512", secret).update(text).digest("hex");
  const queryOf = (fields: Fields) =>
    Object.keys(fields)
      .sort()
      .map((name) => `${name}=${encodeURIComponent(fields[name] ?? "").replaceAll("%20", "+")}`)
      .join("&");
  const joined = (fields: Fields, names: string) =>
    names
      .split(" ")
      .map((name) => fields[`vnp_${name}`] ?? "")
      .join("|");

  function answer(fields: Fields) {
    const names =
      "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo";
    const promotion = fields.vnp_Command === "querydr" ? " PromotionCode PromotionAmount" : "";
    return { status: 200, body: { ...fields, vnp_SecureHash: hmac(joined(fields, names + promotion)) } };
  }

  function ask(request: Fields) {
    const isQuery = request.vnp_Command === "querydr";
    const names = isQuery
      ? "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo"
      : "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate IpAddr OrderInfo";
    if (hmac(joined(request, names)) !== request.vnp_SecureHash) {
      return { status: 200, body: { vnp_ResponseCode: "97", vnp_Message: "Invalid checksum" } };
    }
    const common = { vnp_ResponseId: "r1", vnp_Command: request.vnp_Command ?? "", vnp_TmnCode: terminal };
    const refuse = (code: string) => answer({ ...common, vnp_ResponseCode: code, vnp_Message: `code ${code}` });
    if (requestIds.has(request.vnp_RequestId ?? "")) return refuse("94");
    const payment = payments.get(request.vnp_TxnRef ?? "");
    if (payment?.createDate !== request.vnp_TransactionDate || !payment) return refuse("91");
    if (!isQuery) {
      const code = refund(payment, request);
      if (code !== "00") return refuse(code);
    }
    requestIds.add(request.vnp_RequestId ?? "");
    return answer({
      ...common,
      vnp_ResponseCode: "00",
      vnp_Message: "Success",
      vnp_TxnRef: payment.txnRef,
      vnp_Amount: String(payment.amount),
      vnp_BankCode: "NCB",
      vnp_PayDate: payment.createDate,
      vnp_TransactionNo: payment.transactionNo,
      vnp_TransactionType: payment.refunded === 0 ? "01" : payment.refunded === payment.amount ? "02" : "03",
      vnp_TransactionStatus: payment.status,
      vnp_OrderInfo: payment.orderInfo,
    });
  }

  function refund(payment: Payment, request: Fields): string {
    const amount = Number(request.vnp_Amount);
    const left = payment.amount - payment.refunded;
    const wrongType = (request.vnp_TransactionType === "02") !== (payment.refunded === 0 && amount === payment.amount);
    if (payment.status !== "00" || amount > left || wrongType) return "95";
    payment.refunded += amount;
    refunds.push({ txnRef: payment.txnRef, amount, requestId: request.vnp_RequestId ?? "" });
    return "00";
  }

  const api = await fakeApi(({ path, body }: ApiRequest) =>
    path === "/merchant_webapi/api/transaction"
      ? ask(JSON.parse(body) as Fields)
      : { status: 404, body: { message: "There is nothing here." } },
  );

  /** The customer opens the page of the signed URL. VNPay refuses one that the shop has not signed. */
  function open(url: string): Payment {
    const { vnp_SecureHash, ...fields } = Object.fromEntries(new URL(url).searchParams);
    if (hmac(queryOf(fields)) !== vnp_SecureHash) throw new Error("VNPay refuses the URL: it is not signed.");
    const txnRef = fields.vnp_TxnRef ?? "";
    const known = payments.get(txnRef);
    if (known) return known;
    const payment: Payment = {
      txnRef,
      amount: Number(fields.vnp_Amount),
      createDate: fields.vnp_CreateDate ?? "",
      orderInfo: fields.vnp_OrderInfo ?? "",
      transactionNo: String(14_000_000 + payments.size),
      status: "01",
      refunded: 0,
    };
    payments.set(txnRef, payment);
    return payment;
  }

  /** The query of the notification about a payment. */
  function notification(payment: Payment): Fields {
    const vietnam = new Date(Date.now() + 7 * 3_600_000).toISOString().replace(/\D/g, "");
    const fields = {
      vnp_Amount: String(payment.amount),
      vnp_BankCode: "NCB",
      vnp_OrderInfo: payment.orderInfo,
      vnp_PayDate: vietnam.slice(0, 14),
      vnp_ResponseCode: payment.status === "00" ? "00" : "24",
      vnp_TmnCode: terminal,
      vnp_TransactionNo: payment.transactionNo,
      vnp_TransactionStatus: payment.status,
      vnp_TxnRef: payment.txnRef,
    };
    return { ...fields, vnp_SecureHash: hmac(queryOf(fields)) };
  }

  return {
    ...api,
    payments,
    refunds,
    open,
    pay: (url: string) => Object.assign(open(url), { status: "00" as const }),
    decline: (url: string) => Object.assign(open(url), { status: "02" as const }),
    notification,
    /** Sends a notification to the shop. @returns the shop's answer */
    notify: (payment: Payment): Promise<Response> =>
      fetch(`${options.notifyUrl}?${new URLSearchParams(notification(payment))}`),
  };
}
