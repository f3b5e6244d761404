import type { Answer } from "../domain/operation.ts";
import type { ProviderMethod } from "./provider.ts";

type Behaviour =
  | { kind: "authorized"; last4: string }
  | { kind: "actionRequired"; last4?: string; action?: "redirect" | "wait" }
  | { kind: "declined"; last4?: string; code: string; message: string };

/** Stripe's public test payment methods, with the effects they have there. */
const METHODS: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: { kind: "authorized", last4: "4242" },
  pm_card_mastercard: { kind: "authorized", last4: "4444" },
  pm_card_chargeDeclined: {
    kind: "declined",
    last4: "0002",
    code: "card_declined",
    message: "Your card was declined.",
  },
  pm_card_chargeDeclinedInsufficientFunds: {
    kind: "declined",
    last4: "9995",
    code: "insufficient_funds",
    message: "Your card has insufficient funds.",
  },
  pm_card_chargeDeclinedExpiredCard: {
    kind: "declined",
    last4: "0069",
    code: "expired_card",
    message: "Your card has expired.",
  },
  pm_card_authenticationRequired: { kind: "actionRequired", last4: "3184" },
};

const UNKNOWN: Behaviour = {
  kind: "declined",
  code: "invalid_payment_method",
  message: "There is no such payment method.",
};

/** Wallets and banks let the customer agree on a page of theirs, and UPI in an app. Instalments are a card's. */
function behaviourOf(method: ProviderMethod): Behaviour {
  switch (method.type) {
    case "card":
    case "emi":
      return (Object.hasOwn(METHODS, method.token) && METHODS[method.token]) || UNKNOWN;
    case "wallet":
    case "bank_redirect":
      return { kind: "actionRequired", action: "redirect" };
    case "upi":
      return { kind: "actionRequired", action: "wait" };
    default:
      return method satisfies never;
  }
}

/** The answer of the test provider to an authorisation. */
export function answerTo(method: ProviderMethod, reference: string, expiresAt: string): Answer {
  const behaviour = behaviourOf(method);
  switch (behaviour.kind) {
    case "authorized":
      return { kind: "authorized", reference, last4: behaviour.last4, expiresAt };
    case "actionRequired":
      return {
        kind: "actionRequired",
        reference,
        last4: behaviour.last4 ?? null,
        action: {
          type: behaviour.action ?? "redirect",
          url: `https://test-provider.invalid/authenticate/${reference}`,
          clientSecret: `${reference}_secret_test`,
        },
      };
    case "declined": {
      const decline = { code: behaviour.code, message: behaviour.message };
      return behaviour.last4
        ? { kind: "declined", decline, reference, last4: behaviour.last4 }
        : { kind: "declined", decline };
    }
    default:
      return behaviour satisfies never;
  }
}
