import { createHmac } from "node:crypto";
import { expect, test } from "@jest/globals";
import { momoNotifications } from "#services/commerce/payments/providers/momo-notifications.ts";
import { momoSignature } from "#services/commerce/payments/providers/momo-signature.ts";
import { chargeFrom, extraDataOf, meaningOf } from "#services/commerce/payments/providers/momo-state.ts";

// MoMo publishes signed examples, but not the secrets of their shops, so no published signature can be checked. Its pages
// do publish the text that is signed: https://developers.momo.vn/v3/docs/payment/api/wallet/onetime and
// …/payment-api/{query,confirm,refund}. These are those texts, with other values.
const KEYS = { accessKey: "TESTACCESSKEY", secretKey: "a secret key of a test" };
const signed = (text: string) => createHmac("sha256", KEYS.secretKey).update(text).digest("hex");

test.each([
  [
    "create",
    "accessKey=TESTACCESSKEY&amount=50000&extraData=&ipnUrl=https://shop.example/momo?a=b&orderId=op_1&orderInfo=pay with MoMo&partnerCode=MOMO&redirectUrl=https://momo.vn/return&requestId=op_1&requestType=captureWallet",
    {
      ...{
        requestType: "captureWallet",
        requestId: "op_1",
        redirectUrl: "https://momo.vn/return",
        partnerCode: "MOMO",
      },
      ...{ orderInfo: "pay with MoMo", orderId: "op_1", ipnUrl: "https://shop.example/momo?a=b", extraData: "" },
      amount: 50_000,
    },
  ],
  [
    "query",
    "accessKey=TESTACCESSKEY&orderId=op_1&partnerCode=MOMO&requestId=1527246504579",
    { requestId: "1527246504579", partnerCode: "MOMO", orderId: "op_1" },
  ],
  [
    "confirm",
    "accessKey=TESTACCESSKEY&amount=50000&description=&orderId=op_1&partnerCode=MOMO&requestId=op_2&requestType=capture",
    {
      ...{ requestType: "capture", requestId: "op_2", partnerCode: "MOMO", orderId: "op_1" },
      ...{ description: "", amount: 50_000 },
    },
  ],
  [
    "refund",
    "accessKey=TESTACCESSKEY&amount=55000&description=&orderId=1527297954700&partnerCode=MOMO&requestId=1527314064527&transId=144492817",
    {
      ...{ partnerCode: "MOMO", orderId: "1527297954700", requestId: "1527314064527", amount: 55_000 },
      ...{ transId: 144_492_817, description: "" },
    },
  ],
])("signs %s over the published text", (_, text, fields) => {
  expect(momoSignature(fields, KEYS)).toBe(signed(text));
});

const NOTIFICATION = {
  ...{ partnerCode: "MOMO", orderId: "op_1", requestId: "op_1", amount: 1_000, orderInfo: "Order ord_1" },
  ...{ orderType: "momo_wallet", transId: 4_088_878_653, resultCode: 0, message: "Successful.", payType: "qr" },
  ...{ responseTime: 1_721_720_663_942, extraData: "eyJza3VzIjoiIn0=" },
};
const SIGNATURE = signed(
  "accessKey=TESTACCESSKEY&amount=1000&extraData=eyJza3VzIjoiIn0=&message=Successful.&orderId=op_1&orderInfo=Order ord_1&orderType=momo_wallet&partnerCode=MOMO&payType=qr&requestId=op_1&responseTime=1721720663942&resultCode=0&transId=4088878653",
);
const NOW = new Date(NOTIFICATION.responseTime + 1_000);

function read(notification: object) {
  const { read: readNotification } = momoNotifications({ ...KEYS, partnerCode: "MOMO" });
  return readNotification({ body: JSON.stringify(notification), query: {}, headers: {} }, NOW);
}

test("a notification is genuine by the published text, also with fields that are not signed", () => {
  expect(read({ ...NOTIFICATION, signature: SIGNATURE, promotionInfo: [] })).toEqual({
    eventId: "op_1-4088878653-0",
    type: "ipn.0",
    about: { kind: "charge", reference: "op_1" },
  });
});

test.each([
  ["another amount", { amount: 1_001 }],
  ["another shop", { partnerCode: "OTHER" }],
  ["no signature", { signature: undefined }],
  ["an object as the signature", { signature: { a: 1 } }],
])("with %s it is not", (_, change) => {
  expect(() => read({ ...NOTIFICATION, signature: SIGNATURE, ...change })).toThrow();
});

test("a rest that was given back after a capture counts as never captured", () => {
  const refund = (orderId: string, amount: number, resultCode = 0) => ({ orderId, amount, resultCode });
  const answer = {
    ...{ resultCode: 0, message: "", amount: 50_000 },
    extraData: extraDataOf({ paymentId: "pay_1", orderId: "ord_1" }),
    refundTrans: [refund("op_2-rest", 20_000), refund("ref_1", 10_000), refund("ref_2", 20_000, 1_080)],
  };
  expect(chargeFrom("op_1", answer)).toMatchObject({
    ...{ paymentId: "pay_1", orderId: "ord_1", state: "accepted", amountMinor: 50_000 },
    ...{ heldMinor: 0, capturedMinor: 30_000, refundedMinor: 10_000 },
  });
});

test("a code that MoMo adds later is a refusal; one that says nothing about the payment is none", () => {
  expect(meaningOf({ resultCode: 4_711 })).toBe("refused");
  expect(meaningOf({ resultCode: 99 })).toBe("inDoubt");
  expect(meaningOf({ resultCode: 20 })).toBe("badRequest");
});
