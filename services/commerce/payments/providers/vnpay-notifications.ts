import { checkAge, refuseSignature } from "./notification-checks.ts";
import type { Notifications } from "./provider.ts";
import { fromVietnamTime } from "./vnpay-reference.ts";
import { isSignedQuery } from "./vnpay-signature.ts";

/** VNPay's notifications (IPN): a GET with the result in its query. It is repeated until the answer says `00`. */
export function vnpayNotifications({ terminal, secret }: { terminal: string; secret: string }): Notifications {
  return {
    read: ({ query }, now) => {
      if (query.vnp_TmnCode !== terminal || !isSignedQuery(query, secret)) refuseSignature();
      checkAge(fromVietnamTime(query.vnp_PayDate ?? ""), now);
      const { vnp_TxnRef: reference = "", vnp_TransactionNo: number = "", vnp_TransactionStatus: status = "" } = query;
      return {
        eventId: [reference, number, status].join("-"),
        type: `ipn.${status}`,
        about: { kind: "charge", reference },
      };
    },
    reply: { RspCode: "00", Message: "Confirm Success" },
  };
}
