import { limits } from "../../../config/limits.ts";
import { Problem, type ProblemData } from "../../../mixins/errors.ts";
import type { Decline } from "./domain/payment.ts";

/** A definite no of the provider, with its code. */
export function isDeclined({ code, message }: Decline, facts: ProblemData = {}): Problem {
  return new Problem("PAYMENT_DECLINED", message, { declineCode: code, ...facts });
}

export function notPayable(): Problem {
  return new Problem("ORDER_NOT_PAYABLE", "The order was cancelled or refunded.");
}

/** Nothing is known yet. What was asked for goes on, and the same request again finds what became of it. */
export function providerSilent(): Problem {
  return new Problem(
    "PROVIDER_UNAVAILABLE",
    "The payment provider has not answered yet. Send the same request again.",
    {
      retryAfterSeconds: limits.RETRY_AFTER_SECONDS,
    },
  );
}

/** One field of the request is wrong. */
export function invalid(path: string, detail: string, message: string): Problem {
  return new Problem("VALIDATION_FAILED", detail, { errors: [{ path, message }] });
}
