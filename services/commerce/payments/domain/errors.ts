import { limits } from "#config/limits.ts";
import { DomainError, type ErrorData } from "#lib/contract/errors.ts";
import type { Decline } from "./payment.ts";

/** The provider has refused for good. */
export function paymentDeclined({ code, message }: Decline, facts: ErrorData = {}): DomainError {
  return new DomainError("PAYMENT_DECLINED", message, { declineCode: code, ...facts });
}

export function orderNotPayable(): DomainError {
  return new DomainError("ORDER_NOT_PAYABLE", "The order was cancelled or refunded.");
}

/** The order was paid with another method than the request names. */
export function alreadyCaptured(paymentId: string): DomainError {
  const detail = "The order is paid already, with another payment method.";
  return new DomainError("PAYMENT_ALREADY_CAPTURED", detail, { paymentId });
}

/** The outcome is not known yet. The operation goes on, and the same request finds its result later. */
export function providerUnavailable(): DomainError {
  return new DomainError(
    "PROVIDER_UNAVAILABLE",
    "The payment provider has not answered yet. Send the same request again.",
    { retryAfterSeconds: limits.RETRY_AFTER_SECONDS },
  );
}

/** One field of the request is wrong. */
export function invalidField(path: string, detail: string, message: string): DomainError {
  return new DomainError("VALIDATION_FAILED", detail, { errors: [{ path, message }] });
}

/** The keys of saved methods are missing or do not answer. What is wrong is in the log, because only operators can mend it. */
export function methodsUnavailable(): DomainError {
  return new DomainError(
    "SAVED_METHODS_UNAVAILABLE",
    "The shop cannot save or use saved payment methods at the moment.",
    {
      retryAfterSeconds: limits.RETRY_AFTER_SECONDS,
    },
  );
}
