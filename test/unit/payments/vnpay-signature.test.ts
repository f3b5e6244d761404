import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { VNPay } from "vnpay";
import {
  fromVietnamTime,
  readReference,
  referenceOf,
  requestIdOf,
  vietnamTime,
} from "#services/commerce/payments/providers/vnpay-reference.ts";
import { isSignedQuery, messageSignature, signedQuery } from "#services/commerce/payments/providers/vnpay-signature.ts";

// VNPay publishes signed examples, but not their secrets. The npm package `vnpay` is the independent check: what it accepts
// and what it signs.
const SECRET = "test_secret";
const library = new VNPay({ tmnCode: "TESTSHOP", secureSecret: SECRET, vnpayHost: "https://sandbox.vnpayment.vn" });
const FIELDS = {
  vnp_Amount: "1000000",
  vnp_BankCode: "NCB",
  vnp_CardType: "ATM",
  vnp_OrderInfo: "Thanh toan don hang 5 2026-05-21T02:17:31Z",
  vnp_PayDate: "20260521091806",
  vnp_ResponseCode: "00",
  vnp_TmnCode: "TESTSHOP",
  vnp_TransactionNo: "14422574",
  vnp_TransactionStatus: "00",
  vnp_TxnRef: "5",
};
const NOTIFICATION = Object.fromEntries(new URLSearchParams(signedQuery(FIELDS, SECRET))) as typeof FIELDS & {
  vnp_SecureHash: string;
};

describe("notifications", () => {
  test("what the package takes as genuine is so here, in any order and case of its signature, beside other parameters", () => {
    expect(library.verifyIpnCall(NOTIFICATION as never)).toMatchObject({ isVerified: true, isSuccess: true });
    expect(isSignedQuery(NOTIFICATION, SECRET)).toBe(true);
    const reversed = Object.fromEntries(Object.entries(NOTIFICATION).reverse());
    const signature = NOTIFICATION.vnp_SecureHash.toUpperCase();
    const more = { vnp_SecureHashType: "SHA512", utm_source: "mail" };
    expect(isSignedQuery({ ...reversed, ...more, vnp_SecureHash: signature }, SECRET)).toBe(true);
  });

  test("a changed one is not", () => {
    const changed = { ...NOTIFICATION, vnp_Amount: "1000001" };
    expect(library.verifyIpnCall(changed as never)).toMatchObject({ isVerified: false });
    expect(isSignedQuery(changed, SECRET)).toBe(false);
    expect(isSignedQuery({ ...NOTIFICATION, vnp_Extra: "1" }, SECRET)).toBe(false);
    expect(isSignedQuery({ ...NOTIFICATION, vnp_SecureHash: "" }, SECRET)).toBe(false);
    expect(isSignedQuery(NOTIFICATION, "another secret")).toBe(false);
  });
});

test("URLs are signed as the package signs them", () => {
  const theirs = library.buildPaymentUrl({
    vnp_Amount: 18_060,
    vnp_CreateDate: 20_210_801_153_333,
    vnp_ExpireDate: 20_210_801_154_833,
    vnp_IpAddr: "127.0.0.1",
    vnp_OrderInfo: "Thanh toan don hang :5 *~'(é)",
    vnp_ReturnUrl: "https://domainmerchant.vn/ReturnUrl?a=b&c=d e",
    vnp_TxnRef: "5",
  });
  const { vnp_SecureHash, ...params } = Object.fromEntries(new URL(theirs).searchParams);
  const ours = new URLSearchParams(signedQuery(params, SECRET));
  expect(ours.get("vnp_SecureHash")).toBe(vnp_SecureHash);
  expect(Object.fromEntries(ours)).toEqual({ ...params, vnp_SecureHash });
});

test("messages are signed over their values in VNPay's order, absent ones empty", () => {
  const asked = { vnp_RequestId: "1", vnp_Version: "2.1.0", vnp_Command: "querydr", vnp_TmnCode: "T", vnp_TxnRef: "5" };
  const text = "1|2.1.0|querydr|T|5||||";
  const expected = createHmac("sha512", SECRET).update(text).digest("hex");
  expect(messageSignature("query", "request", asked, SECRET)).toBe(expected);
});

describe("times and names", () => {
  test("times are Vietnam's", () => {
    const date = new Date("2024-12-31T18:30:05.999Z");
    expect(vietnamTime(date)).toBe("20250101013005");
    expect(fromVietnamTime("20250101013005")).toEqual(new Date("2024-12-31T18:30:05.000Z"));
    for (const wrong of ["", "2025", "20251301013005", "2025010101300x"])
      expect(fromVietnamTime(wrong)).toBeUndefined();
  });

  test("a reference keeps the time and both ids, and only letters and digits", () => {
    const ids = { paymentId: "pay_01jdq8k6z9e0x8r6m0a1b2c3d4", orderId: "ord_01jdq8k6z9e0x8r6m0a1b2c3d5" };
    const reference = referenceOf({ ...ids, since: new Date("2024-12-31T18:30:05Z") });
    expect(reference).toMatch(/^[a-z\d]{1,100}$/);
    expect(readReference(reference)).toEqual({ ...ids, madeAt: "20250101013005" });
    expect(readReference("23554")).toBeUndefined();
    expect(() => referenceOf({ paymentId: "5", orderId: "6", since: new Date() })).toThrow();
  });

  test("each key has a request id of its own, of at most 32 letters and digits", () => {
    const key = "ref_01jdq8k6z9e0x8r6m0a1b2c3d4";
    const ids = [key, `${key}.1`, `${key}.11`].map(requestIdOf);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[a-z\d]{1,32}$/);
  });
});
