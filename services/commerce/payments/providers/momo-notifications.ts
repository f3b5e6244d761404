import { DomainError } from "#lib/contract/errors.ts";
import { type MomoKeys, momoSignature } from "./momo-signature.ts";
import { checkAge, equalSignatures, readObject, refuseSignature } from "./notification-checks.ts";
import type { Notifications } from "./provider.ts";

// In the order of their names, see https://developers.momo.vn/v3/docs/payment/api/result-handling/notification
const SIGNED =
  "amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId";

/** MoMo's notifications (IPN): a POST with the result and its signature. */
export function momoNotifications(options: MomoKeys & { partnerCode: string }): Notifications {
  return {
    read: ({ body }, now) => {
      const result = readObject(body);
      const fields = Object.fromEntries(SIGNED.split(" ").map((name) => [name, textOf(result[name])]));
      if (result.partnerCode !== options.partnerCode) refuseSignature();
      if (!equalSignatures(momoSignature(fields, options), textOf(result.signature))) refuseSignature();
      checkAge(new Date(Number(result.responseTime)), now);
      const { orderId: reference = "", transId = "", resultCode = "" } = fields;
      return {
        eventId: [reference, transId, resultCode].join("-"),
        type: `ipn.${resultCode}`,
        about: { kind: "charge", reference },
      };
    },
  };
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new DomainError("VALIDATION_FAILED", "The notification has a field that is neither a text nor a number.");
}
