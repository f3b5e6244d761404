import { createHmac } from "node:crypto";
import { type ApiRequest, fakeApi } from "./fake-api.ts";

interface Payment {
  orderId: string;
  requestId: string;
  amount: number;
  orderInfo: string;
  extraData: string;
  ipnUrl: string;
  transId: number;
  resultCode: number;
  refundTrans: { orderId: string; amount: number; resultCode: number; transId: number }[];
}

type Body = Record<string, unknown>;

const SIGNED: Readonly<Record<string, string>> = {
  create: "amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType",
  query: "orderId partnerCode requestId",
  confirm: "amount description orderId partnerCode requestId requestType",
  refund: "amount description orderId partnerCode requestId transId",
};
const NOTIFIED =
  "amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId";

/**
 * MoMo's API, version 2, as far as the shop uses it: `create` with `autoCapture: false`, `query`, `confirm`, `refund`, and
 * notifications (IPN) to the `ipnUrl` of the payment. A request's id that is repeated gets the first answer.
 */
export async function momoServer({
  partnerCode,
  accessKey,
  secretKey,
}: Record<"partnerCode" | "accessKey" | "secretKey", string>) {
  const payments = new Map<string, Payment>();
  const answers = new Map<string, Body>();
  let transIds = 4_000_000_000;

  /** As the samples of MoMo make it: the access key first, then the fields one after the other. */
  function signatureOf(fields: Body, names: string): string {
    const text = names.split(" ").reduce((raw, name) => `${raw}&${name}=${fields[name]}`, `accessKey=${accessKey}`);
    return createHmac("sha256", secretKey).update(text).digest("hex");
  }

  function act(path: string, asked: Body): Body {
    const result = (resultCode: number, more: Body = {}) => ({ resultCode, message: `code ${resultCode}`, ...more });
    const [orderId, amount] = [String(asked.orderId), Number(asked.amount)];
    if (path === "create") {
      if (payments.has(orderId)) return result(41);
      const { orderInfo, extraData, ipnUrl, requestId } = asked as Body & Record<string, string>;
      if (asked.autoCapture !== false) return result(20);
      const state = { transId: ++transIds, resultCode: 1_000, refundTrans: [] };
      payments.set(orderId, { orderId, requestId, amount, orderInfo, extraData, ipnUrl, ...state } as Payment);
      return result(0, { payUrl: `https://test-payment.momo.invalid/pay/${orderId}` });
    }
    if (path === "refund") {
      const paid = [...payments.values()].find(({ transId }) => transId === asked.transId);
      if (paid?.resultCode !== 0) return result(1_088);
      const given = paid.refundTrans.reduce((sum, refund) => sum + refund.amount, 0);
      if (amount < 1_000 || given + amount > paid.amount) return result(1_081);
      paid.refundTrans.push({ orderId, amount, resultCode: 0, transId: ++transIds });
      return result(0, { transId: transIds });
    }
    const payment = payments.get(orderId);
    if (!payment) return result(42);
    if (path === "query") {
      const { resultCode, transId, extraData, refundTrans } = payment;
      return result(resultCode, { amount: payment.amount, transId, extraData, refundTrans });
    }
    if (payment.resultCode !== 9_000) return result(1_003);
    if (amount !== payment.amount) return result(22);
    payment.resultCode = asked.requestType === "capture" ? 0 : 1_017;
    return result(0, { transId: payment.transId });
  }

  const api = await fakeApi(({ path, body }: ApiRequest) => {
    const name = path.replace("/v2/gateway/api/", "");
    const names = SIGNED[name];
    const asked = JSON.parse(body) as Body;
    if (names === undefined) return { status: 404, body: {} };
    if (asked.partnerCode !== partnerCode || asked.signature !== signatureOf(asked, names)) {
      return { status: 400, body: { resultCode: 13, message: "Merchant authentication failed." } };
    }
    const before = answers.get(String(asked.requestId));
    const answer = before ?? act(name, asked);
    answers.set(String(asked.requestId), answer);
    return { status: 200, body: answer };
  });

  function paymentOf(orderId: string): Payment {
    const payment = payments.get(orderId);
    if (!payment) throw new Error(`MoMo does not know ${orderId}.`);
    return payment;
  }

  /** The body of the notification about a payment. */
  function notification({ orderId, requestId, amount, orderInfo, extraData, transId, resultCode }: Payment): Body {
    const fields = {
      ...{ partnerCode, orderId, requestId, amount, orderInfo, orderType: "momo_wallet", transId, resultCode },
      ...{ message: "Successful.", payType: "qr", responseTime: Date.now(), extraData },
    };
    return { ...fields, signature: signatureOf(fields, NOTIFIED) };
  }

  return {
    ...api,
    payments,
    /** The customer agrees in MoMo's app. */
    agree: (orderId: string) => Object.assign(paymentOf(orderId), { resultCode: 9_000 }),
    refuse: (orderId: string) => Object.assign(paymentOf(orderId), { resultCode: 1_006 }),
    /** The stored answers are gone, so a repeated request is carried out. */
    forget: () => answers.clear(),
    notification,
    /** Sends a notification to the shop. @returns the shop's answer */
    notify: (payment: Payment): Promise<Response> =>
      fetch(payment.ipnUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(notification(payment)),
      }),
  };
}
