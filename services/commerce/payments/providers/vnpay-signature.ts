import { createHmac } from "node:crypto";
import { equalSignatures } from "./notification-checks.ts";

// VNPay's rules of version 2.1.0: https://sandbox.vnpayment.vn/apis/docs/thanh-toan-pay/pay.html for URLs and
// notifications, https://sandbox.vnpayment.vn/apis/docs/truy-van-hoan-tien/querydr&refund.html for its API.

type Fields = Readonly<Record<string, string>>;

function hmac(secret: string, text: string): string {
  return createHmac("sha512", secret).update(text).digest("hex");
}

/** The parameters in the order of their names, encoded as a form. Empty ones are left out. */
function sortedQuery(params: Fields): string {
  const named = Object.entries(params).filter(([, value]) => value !== "");
  return new URLSearchParams(named.sort(([a], [b]) => (a < b ? -1 : 1))).toString();
}

/** The query of a URL with its signature at the end. */
export function signedQuery(params: Fields, secret: string): string {
  const query = sortedQuery(params);
  return `${query}&vnp_SecureHash=${hmac(secret, query)}`;
}

/** Whether the parameters of a notification were signed with the secret. Parameters of other names do not count. */
export function isSignedQuery(query: Fields, secret: string): boolean {
  const { vnp_SecureHash: received = "", vnp_SecureHashType: _, ...params } = query;
  const own = Object.entries(params).filter(([name]) => name.startsWith("vnp_"));
  return equalSignatures(hmac(secret, sortedQuery(Object.fromEntries(own))), received.toLowerCase());
}

const QUERY_REQUEST = "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo";
const REFUND_REQUEST =
  "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate IpAddr OrderInfo";
const REFUND_ANSWER =
  "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo";
const QUERY_ANSWER = `${REFUND_ANSWER} PromotionCode PromotionAmount`;

/** The signature of a request or an answer of VNPay's API: values in a fixed order, empty where they are absent. */
export function messageSignature(
  kind: "query" | "refund",
  direction: "request" | "answer",
  message: Fields,
  secret: string,
): string {
  const names = {
    query: { request: QUERY_REQUEST, answer: QUERY_ANSWER },
    refund: { request: REFUND_REQUEST, answer: REFUND_ANSWER },
  }[kind][direction];
  const values = names.split(" ").map((name) => message[`vnp_${name}`] ?? "");
  return hmac(secret, values.join("|"));
}
