import type Stripe from "stripe";
import type { Decline } from "../domain/payment.ts";
import type { ProviderMethod } from "./provider.ts";
import { declined, unsupportedMethod } from "./refusals.ts";

const NAME = "Stripe";

/** The part of a PaymentIntent that says with what is paid. */
type MethodParams = Pick<
  Stripe.PaymentIntentCreateParams,
  | "allowed_payment_method_types"
  | "capture_method"
  | "customer"
  | "payment_method"
  | "payment_method_data"
  | "payment_method_options"
>;

/** Kinds of instalments of Stripe that have no number of months. */
const PLANS_WITHOUT_MONTHS: ReadonlySet<string> = new Set(["bonus", "revolving"]);

export function methodParams(
  method: ProviderMethod,
): { kind: "params"; params: MethodParams } | { kind: "declined"; decline: Decline } {
  switch (method.type) {
    case "card":
      return card(method.token, method.customerReference === undefined ? {} : { customer: method.customerReference });
    case "emi": {
      if (PLANS_WITHOUT_MONTHS.has(method.plan))
        return declined(
          "payment_method_unsupported",
          `Stripe does not take instalments of the plan ${method.plan} here.`,
        );
      const plan = { type: "fixed_count", count: method.months, interval: "month" } as const;
      return card(method.token, { payment_method_options: { card: { installments: { enabled: true, plan } } } });
    }
    case "upi":
      // Without the customer's UPI address: Stripe shows them a page with a QR code instead. UPI knows no holds.
      return {
        kind: "params",
        params: {
          allowed_payment_method_types: ["upi"],
          payment_method_data: { type: "upi" },
          capture_method: "automatic",
        },
      };
    case "wallet":
    case "bank_redirect":
      return unsupportedMethod(NAME);
    default:
      return method satisfies never;
  }
}

function card(token: string, more: MethodParams): { kind: "params"; params: MethodParams } {
  return {
    kind: "params",
    params: { payment_method: token, allowed_payment_method_types: ["card"], capture_method: "manual", ...more },
  };
}
