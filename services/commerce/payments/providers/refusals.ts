import type { Answer } from "../domain/operation.ts";

type Declined = Extract<Answer, { kind: "declined" }>;

/** A refusal that the provider need not be asked for, or that it has explained by a code. */
export function declined(code: string, message: string): Declined {
  return { kind: "declined", decline: { code, message } };
}

export function unsupportedMethod(provider: string): Declined {
  return declined("payment_method_unsupported", `${provider} does not take this payment method.`);
}

export function unsupportedCurrency(provider: string, currency: string): Declined {
  return declined("currency_unsupported", `${provider} does not take payments in ${currency}.`);
}

export function unsupportedAmount(message: string): Declined {
  return declined("amount_unsupported", message);
}
