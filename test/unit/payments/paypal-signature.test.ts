import { createSign, generateKeyPairSync } from "node:crypto";
import { expect, test } from "@jest/globals";
import { isSigned } from "#services/commerce/payments/providers/paypal-notifications.ts";

// The rule is at https://developer.paypal.com/api/rest/webhooks/rest/#link-selfverificationmethod. The body is the one whose
// CRC-32 is published as the check value of that code: 0xCBF43926, which is 3421780262.
const BODY = "123456789";
const WEBHOOK_ID = "1JE4291016473214C";
const SIGNED = `071f7d20-1584-11e7-abf0-6b62a8a99ac4|2026-03-30T20:04:05Z|${WEBHOOK_ID}|3421780262`;

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const HEADERS = {
  "paypal-transmission-id": "071f7d20-1584-11e7-abf0-6b62a8a99ac4",
  "paypal-transmission-time": "2026-03-30T20:04:05Z",
  "paypal-transmission-sig": createSign("RSA-SHA256").update(SIGNED).sign(privateKey, "base64"),
};

test("a webhook with the signature of the certificate's owner is genuine", () => {
  expect(isSigned({ body: BODY, headers: HEADERS }, WEBHOOK_ID, publicKey)).toBe(true);
});

test.each([
  ["another body", { body: `${BODY} `, headers: HEADERS }, WEBHOOK_ID],
  ["another webhook", { body: BODY, headers: HEADERS }, "1JE4291016473214D"],
  [
    "another time",
    { body: BODY, headers: { ...HEADERS, "paypal-transmission-time": "2026-03-30T20:04:06Z" } },
    WEBHOOK_ID,
  ],
  ["another id", { body: BODY, headers: { ...HEADERS, "paypal-transmission-id": "x" } }, WEBHOOK_ID],
  ["no signature", { body: BODY, headers: { ...HEADERS, "paypal-transmission-sig": undefined } }, WEBHOOK_ID],
])("with %s it is not", (_, received, webhookId) => {
  expect(isSigned(received, webhookId, publicKey)).toBe(false);
});
