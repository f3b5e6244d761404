import { limits } from "#config/limits.ts";
import { DomainError, type ErrorData } from "#lib/contract/errors.ts";
import type { Decline } from "./domain/payment.ts";

/** A definite no of the provider, with its code. */
export function isDeclined({ code, message }: Decline, facts: ErrorData = {}): DomainError {
  return new DomainError("PAYMENT_DECLINED", message, { declineCode: code, ...facts });
}

export function notPayable(): DomainError {
  return new DomainError("ORDER_NOT_PAYABLE", "The order was cancelled or refunded.");
}

/** Nothing is known yet. What was asked for goes on, and the same request again finds what became of it. */
export function providerSilent(): DomainError {
  return new DomainError(
    "PROVIDER_UNAVAILABLE",
    "The payment provider has not answered yet. Send the same request again.",
    {
      retryAfterSeconds: limits.RETRY_AFTER_SECONDS,
    },
  );
}

/** One field of the request is wrong. */
export function invalid(path: string, detail: string, message: string): DomainError {
  return new DomainError("VALIDATION_FAILED", detail, { errors: [{ path, message }] });
}
